"""Claims whose truth is known because they were planted, and how a verifier does on them.

In: sentences written for this (``*.txt`` beside this). Out: documents, claims with the label that is
right, and tables of precision, recall and calibration. No sentence is anyone else's, no number is a result.
"""
