"""A titled table of words and numbers with what to read in it: what analyses give and reports set.

In: nothing. Out: ``Section``. It lies here, below the reports, so that an analysis can say its own words.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """A table. ``left`` counts the columns at the start that hold words, set to the left; the others hold numbers.

    Every number is a string, so that all forms of a report show the same figures. ``notes`` are sentences: what to read
    in the table, what its columns mean, what could not be said and why. ``breaks`` are the numbers of the rows before
    which a line is drawn.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int
    notes: tuple[str, ...] = ()
    breaks: frozenset[int] = frozenset()
