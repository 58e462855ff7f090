"""How good a ranking is: by the gains it puts first, and by what is lost by following it.

In: what each choice was worth and the score that ranked it. Out: numbers. Choices with the same score are taken in
every order and averaged, so that a constant score gives the exact expectation of a random choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from xstilts.analysis.intervals import Numbers


def ndcg(worth: Sequence[float], score: Sequence[float], top: int | None = None, exponential: bool = False) -> float:
    """Normalised discounted cumulative gain, 0 to 1, of the first ``top`` places (None: all).

    The relevance of a choice is its worth less the least worth, or 2 to that power less 1 (``exponential``); place k
    counts 1 / log2(k + 1) (Järvelin and Kekäläinen 2002). 1 where all choices are worth the same.
    """
    gains = np.asarray(worth, dtype=np.float64) - min(worth)
    relevance = np.exp2(gains) - 1 if exponential else gains
    discounts = 1 / np.log2(np.arange(2, len(gains) + 2))
    if top is not None:
        discounts[top:] = 0.0
    best = float(np.sort(relevance)[::-1] @ discounts)
    return float(_averaged(relevance, score) @ discounts) / best if best > 0 else 1.0


def _averaged(relevance: Numbers, score: Sequence[float]) -> Numbers:
    """``relevance`` in the order of falling ``score``, averaged within equal scores."""
    values, place = np.unique(-np.asarray(score, dtype=np.float64), return_inverse=True)
    means = np.array([relevance[place == k].mean() for k in range(len(values))])
    return means[np.sort(place)]


def regret(performance: Sequence[float], score: Sequence[float], top: int) -> float:
    """What is lost by trying only the first ``top`` choices: 100 (max - max among them) / max, on performance.

    (Poth et al. 2021, arXiv:2104.08247.) Where equal scores straddle the last place every way to fill it counts alike.
    """
    values = np.asarray(performance, dtype=np.float64)
    scores = np.asarray(score, dtype=np.float64)
    top = min(top, len(values))
    edge = np.sort(scores)[::-1][top - 1]
    inside, tied = values[scores > edge], values[scores == edge]
    ways = [max([*inside, *more]) for more in combinations(tied.tolist(), top - len(inside))]
    best = float(values.max())
    return 100 * (best - float(np.mean(ways))) / best
