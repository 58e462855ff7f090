"""xstilts: a laboratory for intermediate-task training and zero-shot cross-lingual transfer.

Importing the package loads nothing heavy; every room is imported by name (``xstilts.study``, ``xstilts.analysis`` ...).
"""

__version__ = "0.1.0"
