"""Whether an effect is as good as none: a claim of its own, not the lack of a finding.

In: an estimate with its standard error, the half width of what counts as none. Out: the p value of two one-sided tests,
the word for an effect that may be larger, none, or smaller, and the seeds that such a statement needs.
"""

from __future__ import annotations

import math
from typing import Literal

from xstilts.analysis.verdict import ENOUGH, PRIORS, near, posterior

Word = Literal["more", "no difference", "less", "undecided"]
MOST = 2_000


def two_one_sided(estimate: float, error: float, degrees: float, width: float) -> float:
    """The p value of "the effect lies within +- ``width``": the larger one of the two one-sided t tests (Schuirmann
    1987, doi:10.1007/BF01068419)."""
    from scipy.special import stdtr

    if error <= 0 or degrees <= 0 or width <= 0:
        raise ValueError("equivalence needs an error, degrees of freedom and a width above 0")
    above = float(stdtr(degrees, -(estimate + width) / error))
    below = float(stdtr(degrees, (estimate - width) / error))
    return max(above, below)


def word_of(estimate: float, error: float, degrees: float, width: float, prior: float) -> tuple[Word, float, float]:
    """The verdict, and the probabilities of more than ``width`` and of less than that either way, at the prior's own
    width: an end is reached where its probability is .95 or more under half, once and twice the ``prior``."""
    beliefs = [posterior(estimate, error, prior * factor, degrees) for factor in PRIORS]
    chances = {
        "more": [1 - belief.below(width) for belief in beliefs],
        "no difference": [near(0.0, width).holds(belief) for belief in beliefs],
        "less": [belief.below(-width) for belief in beliefs],
    }
    middle = PRIORS.index(1.0)
    found: Word = "undecided"
    for name, sure in chances.items():
        if min(sure) >= ENOUGH:
            found = name  # type: ignore[assignment]
    return found, chances["more"][middle], chances["no difference"][middle]


def power(ratio: float, seeds: int, level: float = 0.05) -> float:
    """The chance that two one-sided tests over ``seeds`` paired differences without any effect find equivalence, where
    the width is ``ratio`` standard deviations of a difference. Integrated over the sample's standard deviation."""
    import numpy as np
    from scipy.special import gammaincinv, ndtr, stdtrit

    if seeds < 2:
        raise ValueError("a spread needs two seeds")
    degrees = seeds - 1
    nodes, weights = np.polynomial.legendre.leggauss(400)
    spread = np.sqrt(2 * gammaincinv(degrees / 2, (nodes + 1) / 2) / degrees)
    room = ratio * math.sqrt(seeds) - float(stdtrit(degrees, 1 - level)) * spread
    return float(weights @ np.where(room > 0, 2 * ndtr(np.maximum(room, 0)) - 1, 0.0) / 2)


def seeds_for(ratio: float, wanted: float = 0.8, level: float = 0.05) -> int | None:
    """The fewest paired seeds with that power; None where more than 2,000 are needed."""
    return next((seeds for seeds in range(2, MOST + 1) if power(ratio, seeds, level) >= wanted), None)
