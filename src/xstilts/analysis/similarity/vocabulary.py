"""How much the words of two sets of texts have in common.

In: texts. Out: a divergence in bits, from 0 (the same words as often) to 1 (none in common). Nothing but counting: the
simplest thing that a similarity of tasks has to beat.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable

import numpy as np


def words(texts: Iterable[str]) -> Counter[str]:
    """How often each word (a run of letters, marks and digits, in lower case) is there."""
    found: Counter[str] = Counter()
    for text in texts:
        kept = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in text.casefold())
        found.update(kept.split())
    return found


def divergence(first: Counter[str], second: Counter[str]) -> float:
    """Jensen-Shannon divergence of the two distributions of words, in bits (Lin 1991); NaN where one has no words."""
    totals = first.total(), second.total()
    if not all(totals):
        return float("nan")
    names = list(first | second)
    one, other = (
        np.array([counts[name] for name in names]) / total
        for counts, total in zip((first, second), totals, strict=True)
    )
    middle = (one + other) / 2
    return float((_against(one, middle) + _against(other, middle)) / 2)


def _against(one: np.ndarray, middle: np.ndarray) -> float:
    there = one > 0
    return float((one[there] * np.log2(one[there] / middle[there])).sum())
