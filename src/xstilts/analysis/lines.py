"""From rows of numbers to the lines of a section.

In: a frame with a column ``arm``. Out: groups in the order in which arms first appear, means that skip what is not
known, numbers as text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import polars as pl


def grouped(rows: pl.DataFrame, keys: Sequence[str]) -> Iterator[tuple[tuple[str, ...], pl.DataFrame]]:
    """Rows by ``keys``, of which one is ``arm``: arm by arm, otherwise in the order of the rows."""
    arms = list(rows["arm"].unique(maintain_order=True))
    found = [(tuple(map(str, names)), group) for names, group in rows.group_by(keys, maintain_order=True)]
    yield from sorted(found, key=lambda item: arms.index(item[0][list(keys).index("arm")]))


def mean(values: pl.Series) -> float:
    """The mean of what is a number; NaN where nothing is."""
    found = values.drop_nulls().cast(pl.Float64).drop_nans().mean()
    return float(found) if isinstance(found, float) else math.nan


def number(value: float, form: str = ".1f") -> str:
    """The number as text, nothing for NaN."""
    return "" if math.isnan(value) else f"{value:{form}}"


def breaks(lines: Sequence[tuple[str, ...]]) -> frozenset[int]:
    """The lines at which the first column changes."""
    return frozenset(i for i in range(1, len(lines)) if lines[i][0] != lines[i - 1][0])
