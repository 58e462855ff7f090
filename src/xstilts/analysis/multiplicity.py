"""Many comparisons at once: what is still found when chance had many tries.

In: p values, or probabilities that something holds. Out: adjusted p values, accepted findings. Holm for the secondary
comparisons of one question, Benjamini and Hochberg or expected false discoveries for exploration by language.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xstilts.analysis.intervals import Numbers

FALSE_DISCOVERIES = 0.05


def holm(p: Sequence[float] | Numbers) -> Numbers:
    """Adjusted p values [n], in the order given: max over j <= i of min(1, (n - j + 1) p_(j)) (Holm 1979). They hold
    the chance of any false finding under every dependence.
    """
    found = _shares(p)
    order = np.argsort(found, kind="stable")
    steps = np.minimum(1.0, found[order] * np.arange(found.size, 0, -1))
    return _back(np.maximum.accumulate(steps), order)


def benjamini_hochberg(p: Sequence[float] | Numbers) -> Numbers:
    """Adjusted p values [n], in the order given: min over j >= i of min(1, n p_(j) / j) (Benjamini and Hochberg 1995).
    They hold the expected share of false findings.
    """
    found = _shares(p)
    order = np.argsort(found, kind="stable")
    steps = np.minimum(1.0, found[order] * found.size / np.arange(1, found.size + 1))
    return _back(np.minimum.accumulate(steps[::-1])[::-1], order)


def expected_false(probabilities: Sequence[float] | Numbers) -> Numbers:
    """For findings sorted by falling probability: the expected share of false ones among the first 1, 2, ... n, the
    mean of 1 - P.
    """
    found = np.sort(_shares(probabilities))[::-1]
    return np.asarray(np.cumsum(1 - found) / np.arange(1, found.size + 1), dtype=np.float64)


def accepted(probabilities: Sequence[float] | Numbers, level: float = FALSE_DISCOVERIES) -> list[bool]:
    """Which findings to accept, in the order given: the most probable ones while at most the share ``level`` of them is
    expected to be false.
    """
    found = _shares(probabilities)
    count = int((expected_false(found) <= level).sum())
    kept = set(np.argsort(-found, kind="stable")[:count].tolist())
    return [i in kept for i in range(found.size)]


def _shares(values: Sequence[float] | Numbers) -> Numbers:
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 1 or not ((found >= 0) & (found <= 1)).all():
        raise ValueError("probabilities are numbers from 0 to 1 in one row")
    return found


def _back(values: Numbers, order: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Numbers:
    found = np.empty_like(values)
    found[order] = values
    return found
