"""From the estimates of a claim to its verdict, also where a claim is about several quantities at once.

In: estimates with standard errors, the rule of a claim. Out: ``Decision``. A claim about one number is decided by
``analysis.verdict``; here stand the rules over many (all, almost all, several of them), the number of seeds that a
verdict needs, and what the bare estimates would give.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from xstilts.analysis.intervals import Interval, quantile_t
from xstilts.analysis.verdict import ENOUGH, PRIORS, Region, Rule, Word, above, posterior, under, verdict

SEEDS = 6


@dataclass(frozen=True)
class Estimate:
    """A value with its standard error, in the quantity's unit; ``error`` is None where nothing says how sure it is.

    ``degrees``: of Student's t. ``over``: what varies from replication to replication. ``seeds``: how many there were.
    """

    value: float
    error: float | None
    degrees: float | None
    seeds: int
    over: str

    @property
    def half(self) -> float | None:
        """Half the width of the 95 % interval."""
        return None if self.error is None or self.degrees is None else self.error * quantile_t(self.degrees)


def estimate_of(interval: Interval, seeds: int) -> Estimate:
    """The estimate behind a t interval of ``analysis.intervals``; Satterthwaite's degrees may be fractions.

    Below one degree of freedom the variance is as good as unknown, and replications that are all the same say nothing
    about it either: then there is no error.
    """
    if not interval.half or interval.degrees is None or interval.degrees < 1:
        return Estimate(interval.mean, None, None, seeds, interval.over)
    return Estimate(interval.mean, interval.half / quantile_t(interval.degrees), interval.degrees, seeds, interval.over)


@dataclass(frozen=True)
class Decision:
    """``supports`` and ``refutes``: the probabilities under the stated prior. ``confidence``: the least over the three
    priors of the larger one. ``factor``: by how much the data move the odds of supported against refuted. ``points``:
    what the estimates themselves, taken as exact, would give. The probabilities and the factor are None where an
    estimate has no error."""

    word: Word
    points: Word
    supports: float | None = None
    refutes: float | None = None
    confidence: float | None = None
    factor: float | None = None


# The probabilities that a claim about several values holds and that it does not, under a prior of a given width.
Each = Callable[[Sequence[Estimate], float], tuple[float, float]]


def chance(estimate: Estimate, region: Region, prior: float) -> float:
    """The probability that the true value lies in ``region``; an estimate without an error is taken as exact."""
    return region.holds(posterior(estimate.value, estimate.error or 0.0, prior, estimate.degrees))


def all_below(value: float) -> Each:
    """All true values lie below ``value``; refuted where one lies above. Bounds that hold however the estimates depend
    on one another: 1 - sum of the chances to lie above, and the largest of these."""

    def chances(estimates: Sequence[Estimate], prior: float) -> tuple[float, float]:
        over = [chance(one, above(value), prior) for one in estimates]
        return max(0.0, 1.0 - sum(over)), max(over)

    return chances


def almost_all_above(value: float) -> Each:
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


def several_above(value: float, harm: float, enough: float = 5 / 9, few: float = 2 / 9) -> Each:
    """At least the share ``enough`` of the values surely lie above ``value`` and none surely below ``value - harm``;
    refuted where at most the share ``few`` can lie above. So missing evidence refutes nothing."""

    def chances(estimates: Sequence[Estimate], prior: float) -> tuple[float, float]:
        over = sorted((chance(one, above(value), prior) for one in estimates), reverse=True)
        worst = max(chance(one, under(value - harm), prior) for one in estimates)
        least, most = math.ceil(enough * len(over) - 1e-9), math.floor(few * len(over) + 1e-9)
        return 0.0 if worst >= ENOUGH else over[least - 1], 1.0 - over[most]

    return chances


def decide(rule: Rule | Each, estimates: Sequence[Estimate], prior: float, seeds: int = SEEDS) -> Decision:
    """The decision on ``estimates``, a single one for a ``Rule``: supported or refuted where its probability is .95 or
    more under a prior of half, once and twice the width ``prior``, from ``seeds`` seeds on."""
    exact = [replace(one, error=None) for one in estimates]
    points = _word([_chances(rule, exact, prior)])
    if any(one.error is None for one in estimates):
        return Decision("undecided", points)
    enough = min(one.seeds for one in estimates) >= seeds
    if isinstance(rule, Rule):
        (one,) = estimates
        missing = () if enough else ("too few seeds",)
        found = verdict(one.value, one.error, replace(rule, prior=prior), one.degrees, missing=missing)
        return Decision(found.word, points, found.support, found.refutation, found.confidence, found.factor)
    pairs = [rule(estimates, prior * width) for width in PRIORS]
    supports, refutes = rule(estimates, prior)
    word = _word(pairs) if enough else "undecided"
    return Decision(word, points, supports, refutes, min(max(pair) for pair in pairs))


def _chances(rule: Rule | Each, estimates: Sequence[Estimate], prior: float) -> tuple[float, float]:
    if isinstance(rule, Rule):
        return chance(estimates[0], rule.supported, prior), chance(estimates[0], rule.refuted, prior)
    return rule(estimates, prior)


def _word(chances: Sequence[tuple[float, float]]) -> Word:
    if all(supports >= ENOUGH for supports, _ in chances):
        return "supported"
    return "refuted" if all(refutes >= ENOUGH for _, refutes in chances) else "undecided"
