"""How small a gain a study can see, before it is run.

In: the number of paired seeds, a standard deviation, examples. Out: the power of a paired t test, the smallest gain it
finds with a stated power, the seeds a gain needs, the noise that the choice of test examples leaves however many seeds
there are.
"""

from __future__ import annotations

import math

import numpy as np

from xstilts.analysis.intervals import quantile_t

MOST = 10_000
POINTS = 400  # nodes of the integral


def power(effect: float, seeds: int, level: float = 0.95) -> float:
    """The chance that a two-sided paired t test at 1 - ``level`` finds a gain of ``effect`` standard deviations.

    Exact for normal differences: the mean of Phi(shift - t u) + Phi(-shift - t u) over u, the sample's standard
    deviation in units of the true one, where shift is effect sqrt(seeds) and t the quantile at seeds - 1 degrees of
    freedom. It is integrated over the quantiles of u, since the library's noncentral t distribution gives no number at
    few degrees.
    """
    from scipy.special import gammaincinv, ndtr

    if seeds < 2:
        raise ValueError("a spread needs two seeds")
    degrees, shift = seeds - 1, abs(effect) * math.sqrt(seeds)
    edge = quantile_t(degrees, level)
    nodes, weights = np.polynomial.legendre.leggauss(POINTS)
    spread = np.sqrt(2 * gammaincinv(degrees / 2, (nodes + 1) / 2) / degrees)
    found = ndtr(shift - edge * spread) + ndtr(-shift - edge * spread)
    return float(weights @ found / 2)


def smallest_effect(seeds: int, wanted: float = 0.8, level: float = 0.95) -> float | None:
    """The smallest gain, in standard deviations of the paired gain over seeds, that is found with power ``wanted``.

    None with fewer than two seeds, where there is no spread to hold a gain against.
    """
    if seeds < 2:
        return None
    low, high = 0.0, 1.0
    while power(high, seeds, level) < wanted:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if power(middle, seeds, level) >= wanted else (middle, high)
    return high


def seeds_for(effect: float, wanted: float = 0.8, level: float = 0.95) -> int | None:
    """The fewest paired seeds that find a gain of ``effect`` standard deviations with power ``wanted``; None if more
    than 10,000 are needed.
    """
    if power(effect, MOST, level) < wanted:
        return None
    low, high = 1, MOST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(effect, middle, level) >= wanted else (middle, high)
    return high


def item_error(examples: int, discordant: float) -> float:
    """The standard error, in points, of a difference of two accuracies on the same ``examples`` of which the share
    ``discordant`` is right in one of the two only: 100 sqrt(discordant / examples). More seeds do not make it smaller.
    """
    return 100 * math.sqrt(discordant / examples)
