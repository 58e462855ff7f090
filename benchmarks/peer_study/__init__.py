"""Row 8's other side: a study as users write it with Trainer. It knows nothing of xstilts.

``script.py`` is the one script that starts everything; ``run.py`` is one run in one process; ``tasks.py`` reads,
encodes and scores the four tasks.
"""
