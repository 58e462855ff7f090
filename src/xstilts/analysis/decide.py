"""From an estimate to a verdict: supported, refuted or undecided, and how sure.

In: an estimate with its standard error, the regions of values that support and refute a claim, what is believed
beforehand. Out: ``Verdict``. The belief about the true value is a normal distribution around 0 before the data and, by
conjugacy, a normal around a shrunk estimate after it; a claim is decided only where three beliefs of different width
agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from xstilts.analysis.intervals import Interval, quantile_t

Word = Literal["supported", "refuted", "undecided"]
Region = tuple[tuple[float, float], ...]

SURE = 0.95
FEW_DEGREES = 30.0
# The prior's standard deviation as stated, halved and doubled.
WIDTHS = (1.0, 0.5, 2.0)


@dataclass(frozen=True)
class Estimate:
    """A value with its standard error, in the quantity's unit; ``error`` is None where nothing says how sure it is.

    ``degrees``: of Student's t, None for a normal. ``over``: what varies from replication to replication. ``seeds``:
    how many there were.
    """

    value: float
    error: float | None
    degrees: float | None
    seeds: int
    over: str

    @property
    def half(self) -> float | None:
        """Half the width of the 95 % interval."""
        if self.error is None:
            return None
        return self.error * (quantile_t(self.degrees) if self.degrees is not None else 1.959963984540054)


def estimate_of(interval: Interval, seeds: int) -> Estimate:
    """The estimate behind a t interval of ``analysis.intervals``; Satterthwaite's degrees may be fractions.

    Below one degree of freedom the variance is as good as unknown, and replications that are all the same say nothing
    about it either: then there is no error.
    """
    if not interval.half or interval.degrees is None or interval.degrees < 1:
        return Estimate(interval.mean, None, None, seeds, interval.over)
    return Estimate(interval.mean, interval.half / quantile_t(interval.degrees), interval.degrees, seeds, interval.over)


def above(value: float) -> Region:
    """All values above."""
    return ((value, math.inf),)


def below(value: float) -> Region:
    """All values below."""
    return ((-math.inf, value),)


def within(value: float, tolerance: float) -> Region:
    """All values nearer than ``tolerance``."""
    return ((value - tolerance, value + tolerance),)


def outside(value: float, tolerance: float) -> Region:
    """All values farther than ``tolerance``."""
    return ((-math.inf, value - tolerance), (value + tolerance, math.inf))


def posterior(estimate: Estimate, prior: float) -> tuple[float, float]:
    """Mean and standard deviation of the true value after the data, N(0, ``prior``^2) before it.

    With estimate m and error s: m t^2 / (t^2 + s^2) and sqrt(t^2 s^2 / (t^2 + s^2)), t being ``prior`` (normal with
    known variance, conjugate prior; Gelman et al., Bayesian Data Analysis, 2.5). Without an error s is 0.
    """
    error = estimate.error or 0.0
    total = prior**2 + error**2
    return estimate.value * prior**2 / total, prior * error / math.sqrt(total)


def chance(estimate: Estimate, region: Region, prior: float) -> float:
    """The probability that the true value lies in ``region``; Student's t takes the normal's place below 30 degrees."""
    mean, deviation = posterior(estimate, prior)
    if deviation == 0:
        return float(any(low < mean < high for low, high in region))
    degrees = estimate.degrees if estimate.degrees is not None and estimate.degrees < FEW_DEGREES else None
    return sum(_between((low - mean) / deviation, (high - mean) / deviation, degrees) for low, high in region)


def _between(low: float, high: float, degrees: float | None) -> float:
    """P(low < x < high); taken on the side where both ends lie, so that small chances stay exact."""
    from scipy.special import ndtr, stdtr

    def under(x: float) -> float:
        if math.isinf(x):
            return 0.0 if x < 0 else 1.0
        return float(ndtr(x) if degrees is None else stdtr(degrees, x))

    return under(-low) - under(-high) if low > 0 else under(high) - under(low)


@dataclass(frozen=True)
class Verdict:
    """``supports`` and ``refutes``: the probabilities under the stated prior. ``confidence``: the least over the three
    priors of the larger one, not calibrated against planted truth. ``factor``: by how much the data move the odds of
    supported against refuted. ``points``: what the estimate itself, taken as exact, would give. The three
    probabilities and the factor are None where the estimate has no error."""

    word: Word
    points: Word
    supports: float | None = None
    refutes: float | None = None
    confidence: float | None = None
    factor: float | None = None

    def undecided(self, most: float = 1.0) -> Verdict:
        """The same, left undecided, with a confidence of at most ``most``."""
        return replace(self, word="undecided").capped(most)

    def capped(self, most: float) -> Verdict:
        """The same with a confidence of at most ``most``."""
        return replace(self, confidence=None if self.confidence is None else min(self.confidence, most))


# The probabilities that a claim holds and that it does not, for estimates under a prior.
Rule = Callable[[Sequence[Estimate], float], tuple[float, float]]


def one(supports: Region, refutes: Region) -> Rule:
    """The rule for a single estimate and its two regions."""

    def chances(estimates: Sequence[Estimate], prior: float) -> tuple[float, float]:
        (estimate,) = estimates
        return chance(estimate, supports, prior), chance(estimate, refutes, prior)

    return chances


def all_below(value: float) -> Rule:
    """All true values lie below ``value``; refuted where one lies above. Bounds that hold however the estimates depend
    on one another: 1 - sum of the chances to lie above, and the largest of these."""

    def chances(estimates: Sequence[Estimate], prior: float) -> tuple[float, float]:
        over = [chance(one, above(value), prior) for one in estimates]
        return max(0.0, 1.0 - sum(over)), max(over)

    return chances


def almost_all_above(value: float) -> Rule:
    """All true values but one at most lie above ``value``; refuted where three or more do not. Estimates are taken as
    independent (Poisson's binomial distribution)."""

    def chances(estimates: Sequence[Estimate], prior: float) -> tuple[float, float]:
        misses = [1.0]
        for one in estimates:
            miss = 1.0 - chance(one, above(value), prior)
            misses = [
                (misses[k] * (1 - miss) if k < len(misses) else 0.0) + (misses[k - 1] * miss if k else 0.0)
                for k in range(len(misses) + 1)
            ]
        return sum(misses[:2]), sum(misses[3:])

    return chances


def several_above(value: float, harm: float, enough: float = 5 / 9, few: float = 2 / 9) -> Rule:
    """At least the share ``enough`` of the values surely lie above ``value`` and none surely below ``value - harm``;
    refuted where at most the share ``few`` can lie above. So missing evidence refutes nothing."""

    def chances(estimates: Sequence[Estimate], prior: float) -> tuple[float, float]:
        over = sorted((chance(one, above(value), prior) for one in estimates), reverse=True)
        worst = max(chance(one, below(value - harm), prior) for one in estimates)
        least, most = math.ceil(enough * len(over) - 1e-9), math.floor(few * len(over) + 1e-9)
        return 0.0 if worst >= SURE else over[least - 1], 1.0 - over[most]

    return chances


def decide(rule: Rule, estimates: Sequence[Estimate], prior: float, seeds: int = 6) -> Verdict:
    """The verdict on ``estimates``: supported or refuted where its probability is .95 or more under a prior of half,
    once and twice the standard deviation ``prior``, and the estimates rest on at least ``seeds`` seeds."""
    exact = [replace(one, error=None) for one in estimates]
    points = _word([rule(exact, prior)])
    if any(one.error is None for one in estimates):
        return Verdict("undecided", points)
    found = [rule(estimates, prior * width) for width in WIDTHS]
    word = _word(found) if min(one.seeds for one in estimates) >= seeds else "undecided"
    supports, refutes = found[0]
    return Verdict(word, points, supports, refutes, min(max(pair) for pair in found), _factor(rule, estimates, prior))


def _word(chances: Sequence[tuple[float, float]]) -> Word:
    if all(supports >= SURE for supports, _ in chances):
        return "supported"
    return "refuted" if all(refutes >= SURE for _, refutes in chances) else "undecided"


def _factor(rule: Rule, estimates: Sequence[Estimate], prior: float) -> float | None:
    """Odds after over odds before. Before the data every estimate is the prior itself: 0 with an error without end."""
    nothing = [replace(one, value=0.0, error=prior * 1e6, degrees=None) for one in estimates]
    (s, r), (s0, r0) = rule(estimates, prior), rule(nothing, prior)
    if min(s0, r0, r) <= 0:
        return None
    return (s / r) / (s0 / r0)
