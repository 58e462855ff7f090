"""A titled table of words and numbers with what to read in it: what analyses give and reports set.

In: nothing. Out: ``Section``. It lies here, below the reports, so that an analysis can say its own words.
"""

from __future__ import annotations

import math
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


def signed(value: float | None, digits: int = 2) -> str:
    """``+1.20``, or nothing where there is no number."""
    return "" if value is None or not math.isfinite(value) else f"{value:+.{digits}f}"


def between(low: float | None, high: float | None, digits: int = 2) -> str:
    """``-0.10 .. +2.30``, or ``undecided`` where an end is not known."""
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return "undecided"
    return f"{low:+.{digits}f} .. {high:+.{digits}f}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """``1 seed``, ``3 seeds``, ``2 families``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def few(count: int, needed: int, one: str, many: str | None = None) -> list[str]:
    """Why ``count`` is not enough for a verdict: a line, or none where it is."""
    return [f"{counted(count, one, many)}, {needed} are needed"] if count < needed else []
