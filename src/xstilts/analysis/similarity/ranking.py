"""How well a score ranks choices whose gains are known: pure functions of arrays.

In: gains (or performances) and scores of the same choices, one number each. Out: one number a ranking. Higher is better
but for regret.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from math import factorial

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Given = Numbers | Sequence[float]

MOST = 5_040  # orders of up to 7 choices are counted out, of more drawn
DRAWS = 10_000


def ndcg(gains: Given, scores: Given, first: int | None = None, exponential: bool = False) -> float:
    """Normalised discounted cumulative gain of the ranking by ``scores``, of its ``first`` choices where stated.

    A choice is worth its gain less the smallest one (``exponential``: 2 to that less 1, as some code has it), divided
    by log2(place + 1); ties share their places' worth (Jaervelin, Kekaelaeinen 2002; McSherry, Najork 2008). 1 is the
    best order; 1, too, where all gains are equal.
    """
    gains, scores = np.asarray(gains, np.float64), np.asarray(scores, np.float64)
    worth = gains - gains.min()
    worth = 2**worth - 1 if exponential else worth
    discount = 1 / np.log2(np.arange(len(gains)) + 2)
    if first is not None:
        discount[first:] = 0
    best = float(np.sort(worth)[::-1] @ discount)
    return 1.0 if best == 0 else float(_tied(worth, scores) @ discount) / best


def _tied(values: Numbers, scores: Numbers) -> Numbers:
    """``values`` in the order of falling ``scores``, those of equal scores replaced by their mean."""
    _, group, sizes = np.unique(-scores, return_inverse=True, return_counts=True)
    means: Numbers = np.bincount(group, weights=values) / sizes
    return np.repeat(means, sizes)


def regret(performances: Given, scores: Given, first: int = 1) -> float:
    """100 x (best - best among the ``first`` by score) / best, of performances above 0 (Renggli et al. 2022).

    Of choices tied at the edge the expected loss: the mean over all ways to take them.
    """
    performances, scores = np.asarray(performances, np.float64), np.asarray(scores, np.float64)
    order = np.argsort(-scores, kind="stable")
    edge = scores[order[min(first, len(order)) - 1]]
    sure, tied = performances[scores > edge], np.sort(performances[scores == edge])[::-1]
    take = min(first, len(order)) - len(sure)
    # The best of `take` drawn from the tied ones is the k-th best with the share of draws that hold it and none better.
    left, found, chance = len(tied), 0.0, 1.0
    highest = sure.max(initial=-np.inf)
    for k, value in enumerate(tied):
        if left - k < take:
            break
        held = take / (left - k)
        found += chance * held * max(value, highest)
        chance *= 1 - held
    best = performances.max()
    return float(100 * (best - found) / best)


def weighted_tau(gains: Numbers, scores: Numbers) -> float:
    """Kendall's tau in which the first places weigh most: hyperbolic weights by both orders, averaged (Vigna 2015). NaN
    where either has no order."""
    from scipy.stats import weightedtau

    return float(weightedtau(gains, scores).statistic) if _orders(gains, scores) else float("nan")


def tau_b(gains: Numbers, scores: Numbers) -> float:
    """Kendall's tau-b; NaN where either has no order."""
    from scipy.stats import kendalltau

    return float(kendalltau(gains, scores).statistic) if _orders(gains, scores) else float("nan")


def spearman(gains: Numbers, scores: Numbers) -> float:
    """Spearman's rank correlation; NaN where either has no order."""
    from scipy.stats import spearmanr

    return float(spearmanr(gains, scores).statistic) if _orders(gains, scores) else float("nan")


def _orders(*values: Numbers) -> bool:
    return all(np.ptp(one) > 0 for one in values)


def ndcgs(
    gains: Numbers, use: npt.NDArray[np.bool_], scores: Numbers, orders: npt.NDArray[np.intp] | None = None
) -> Numbers:
    """The NDCG of every ranking [rankings, orders] when tasks take each other's scores as ``orders`` say [orders,
    choices] (None: as they are). ``gains``, ``scores`` and ``use``, which choices count: [rankings, choices]."""
    choices = gains.shape[1]
    taken = np.arange(choices)[None, :] if orders is None else orders
    steps = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(choices) + 2))])
    found = np.ones((len(gains), len(taken)))
    for place, here in enumerate(use):
        worth = gains[place, here] - gains[place, here].min(initial=np.inf)
        best = float(np.sort(worth)[::-1] @ np.diff(steps)[: len(worth)])
        if best == 0:
            continue
        asked = scores[place][taken][:, here]
        above = (asked[:, None, :] > asked[:, :, None]).sum(axis=2)
        tied = (asked[:, None, :] == asked[:, :, None]).sum(axis=2)
        found[place] = ((steps[above + tied] - steps[above]) / tied) @ worth / best
    return found


def against_chance(
    gains: Numbers,
    use: Sequence[npt.NDArray[np.bool_]],
    scores: Sequence[Numbers],
    weights: Numbers,
    rng: np.random.Generator,
    draws: int = DRAWS,
) -> Numbers:
    """The p of each measure's mean NDCG against chance, corrected for the number of measures.

    ``gains`` [rankings, choices]; ``scores`` and ``use`` hold the same for each measure, ``use``: which choices of
    which rankings count (none of a ranking that it is not known for); ``weights`` [rankings] are those of the mean.
    Under chance the choices' names mean nothing: one permutation moves a choice's scores in all rankings together, as
    choices and not rankings are drawn. Every measure's mean is standardised by its own mean and spread over the
    permutations; p is the share of permutations (with the one seen) in which the best of all measures lies as high as
    this one (max-T; Westfall, Young 1993). Up to 7 choices all orders are taken.
    """
    choices = gains.shape[1]
    if factorial(choices) <= MOST:
        orders = np.array(list(permutations(range(choices))))
    else:
        orders = np.array([np.arange(choices), *(rng.permutation(choices) for _ in range(draws))])
    lines = []
    for here, one in zip(use, scores, strict=True):
        known = here.any(axis=1)
        means = np.average(ndcgs(gains[known], here[known], one[known], orders), axis=0, weights=weights[known])
        spread = float(means.std())
        lines.append((means - means.mean()) / spread if spread > 1e-12 else np.zeros_like(means))
    if not lines:
        return np.zeros(0)
    heights = np.array(lines)
    found: Numbers = (heights.max(axis=0)[None, :] >= heights[:, :1] - 1e-9).mean(axis=1)
    return found
