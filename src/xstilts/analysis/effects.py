"""How large a gain is, on several scales, and how far paired seeds speak for it.

In: scores of two arms under the same seeds, or their differences. Out: standardised effects, tests that pair by seed,
gains on scales that do not shrink where scores are near their ceiling. All functions are pure; points are 0 to 100.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from xstilts.analysis.intervals import Numbers

EXACT = 16  # differences up to which all sign flips are tried
WIDTH = math.sqrt(2) / 2  # of the Cauchy prior of effects (Rouder et al. 2009)


@dataclass(frozen=True)
class Paired:
    """What n differences show. ``deviation`` is their standard deviation, ``t`` and ``p_t`` the paired t test,
    ``effect`` the mean in standard deviations (d_z), ``correction`` Hedges' factor 1 - 3 / (4 (n - 1) - 1) for it.
    ``p_flips`` and ``p_wilcoxon`` are exact two-sided tests of sign flips and of signed ranks; None beyond 16
    differences. ``factor``: the Bayes factor for an effect against none (``bayes_factor``).
    """

    count: int
    mean: float
    deviation: float
    t: float
    p_t: float
    effect: float
    correction: float
    p_flips: float | None
    p_wilcoxon: float | None
    factor: float

    @property
    def corrected(self) -> float:
        """d_z without its bias in few seeds."""
        return self.effect * self.correction


def paired(differences: Sequence[float] | Numbers) -> Paired | None:
    """What ``differences`` (an arm minus the baseline, one a seed) show; None with fewer than two or without spread."""
    found = np.asarray(differences, dtype=np.float64)
    if not np.isfinite(found).all():
        raise ValueError("a difference is missing: leave its pair out")
    if found.size < 2 or not float(found.std(ddof=1)):
        return None
    mean, deviation = float(found.mean()), float(found.std(ddof=1))
    degrees = found.size - 1
    t = mean / deviation * math.sqrt(found.size)
    return Paired(
        count=found.size,
        mean=mean,
        deviation=deviation,
        t=t,
        p_t=_two_sided(t, degrees),
        effect=mean / deviation,
        correction=1 - 3 / (4 * degrees - 1),
        p_flips=sign_flips(found),
        p_wilcoxon=sign_flips(_signed_ranks(found)),
        factor=bayes_factor(t, found.size),
    )


def sign_flips(differences: Sequence[float] | Numbers) -> float | None:
    """The share of all 2^n sign flips whose mean is as far from zero as the observed one; None beyond 16 differences.

    The smallest value is 2^(1 - n): five seeds can never fall below .0625.
    """
    found = np.asarray(differences, dtype=np.float64)
    if found.size > EXACT:
        return None
    sums = np.array(list(product((-1.0, 1.0), repeat=found.size))) @ found
    seen = abs(float(found.sum()))
    return float((np.abs(sums) >= seen - 1e-9 * max(1.0, seen)).mean())


def bayes_factor(t: float, count: int) -> float:
    """The odds that ``count`` paired differences with the statistic ``t`` give to an effect against none.

    Jeffreys, Zellner and Siow: effects are Cauchy with width sqrt(2) / 2 (Rouder et al. 2009, doi:10.3758/PBR.16.2.225,
    equation 1): the mean over g ~ inverse gamma(1/2, 1/2) of the t density with its scale widened by n g r^2.
    """
    from scipy.integrate import quad

    degrees = count - 1

    def density(log_g: float) -> float:
        g = math.exp(log_g)
        wide = 1 + count * g * WIDTH**2
        likelihood = -0.5 * math.log(wide) - (degrees + 1) / 2 * math.log1p(t * t / (wide * degrees))
        prior = -0.5 * math.log(2 * math.pi) - 1.5 * log_g - 1 / (2 * g)
        return math.exp(likelihood + prior + log_g)

    # Below g = e^-6 the prior is less than e^-200; above e^60 less than e^-30 is left of it.
    area = quad(density, -6.0, 60.0, epsabs=0.0, epsrel=1e-10, limit=400)[0]
    return float(area / math.exp(-(degrees + 1) / 2 * math.log1p(t * t / degrees)))


def improvement(arm: Sequence[float] | Numbers, baseline: Sequence[float] | Numbers) -> float:
    """The probability that a run of the arm is better than a run of the baseline, over all pairs of runs, ties half
    (Agarwal et al. 2021, arXiv:2108.13264).
    """
    away = np.asarray(arm, dtype=np.float64)[:, None] - np.asarray(baseline, dtype=np.float64)[None, :]
    if not away.size:
        raise ValueError("there is no pair of runs to compare")
    return float((away > 0).mean() + 0.5 * (away == 0).mean())


def wilson(count: int, total: int, level: float = 0.95) -> tuple[float, float]:
    """The interval of a share of which ``count`` of ``total`` were seen (Wilson 1927)."""
    from scipy.special import ndtri

    if not 0 <= count <= total or not total:
        raise ValueError("a share is of at least one")
    z = float(ndtri(0.5 + level / 2))
    share, wide = count / total, 1 + z * z / total
    middle = (share + z * z / (2 * total)) / wide
    half = z / wide * math.sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2)
    return max(0.0, middle - half), min(1.0, middle + half)


def error_reduction(arm: float, baseline: float) -> float | None:
    """Which share of the baseline's errors an arm avoids; None where the baseline makes none. In and out of points:
    (E_b - E_a) / E_b with E = 100 - score.
    """
    return (arm - baseline) / (100 - baseline) if baseline < 100 else None


def logit_gain(arm: float, baseline: float) -> float | None:
    """The gain on the scale of log odds, which has no ceiling; None where a score is 0 or 100."""
    if not (0 < arm < 100 and 0 < baseline < 100):
        return None
    return math.log(arm / (100 - arm)) - math.log(baseline / (100 - baseline))


def _two_sided(t: float, degrees: float) -> float:
    from scipy.special import stdtr

    return float(2 * stdtr(degrees, -abs(t)))


def _signed_ranks(differences: Numbers) -> Numbers:
    """Ranks of the sizes, middle ranks for ties, with the signs; differences of zero are left out."""
    from scipy.stats import rankdata

    kept = differences[differences != 0]
    return np.asarray(rankdata(np.abs(kept)) * np.sign(kept), dtype=np.float64)
