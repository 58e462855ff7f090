"""When labels look like placeholders: test sets are published so, with the true labels withheld.

In: how many rows there are and how many different labels. Out: whether they are to be believed. One meaning for rows
that train, for files of one's own and for references of a benchmark.
"""

from __future__ import annotations

ENOUGH = 10  # by chance alone, two equally frequent labels come out alike in ten rows once in 512 times


def withheld(rows: int, kinds: int) -> bool:
    """Whether ``rows`` rows with labels of ``kinds`` different values look as if their labels had been taken away."""
    return rows >= ENOUGH and kinds == 1
