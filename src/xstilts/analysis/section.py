"""A titled table of words and numbers with what to read in it: what analyses give and reports set.

In: nothing. Out: ``Section``, and ``Finding``, what an analysis decides. They lie here, below the reports, so that an
analysis can say its own words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """A verdict as a value: whether the sentence ``asked`` holds ``about`` an arm, a curve or a measure.

    ``word``: supported, refuted or undecided; of a difference that may be none also more, less, no difference.
    ``value`` with ``low`` and ``high`` is the estimate in ``unit`` with its 95 % interval, None where it has none;
    ``sure`` the confidence, ``why`` the reasons for undecided.
    """

    asked: str
    about: str
    word: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    sure: float | None = None
    why: tuple[str, ...] = ()
    unit: str = "points"


@dataclass(frozen=True)
class Section:
    """A table. ``left`` counts the columns at the start that hold words, set to the left; the others hold numbers.

    Every number is a string, so that all forms of a report show the same figures. ``notes`` are sentences: what to read
    in the table, what its columns mean, what could not be said and why. ``breaks`` are the numbers of the rows before
    which a line is drawn. ``findings`` are the verdicts that the table shows. ``shades`` says of cells (row, column)
    that their number is surely not 0, and how large it is: from -1 to 1. The first ``pinned`` rows stay on top however
    the others are sorted.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int
    notes: tuple[str, ...] = ()
    breaks: frozenset[int] = frozenset()
    findings: tuple[Finding, ...] = ()
    shades: Mapping[tuple[int, int], float] = field(default_factory=dict)
    pinned: int = 0


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
