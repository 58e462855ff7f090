"""One file a task: each defines ``TASK``, and its file is called like the task, with ``_`` for ``/`` and ``-``."""
