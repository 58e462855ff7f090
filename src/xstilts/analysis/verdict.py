"""From an estimate to a verdict: supported, refuted or undecided, with its confidence.

In: an estimate with its standard error, a hypothesis, what was believed before. Out: ``Verdict``. A claim says that a
quantity lies in a region; it is decided only if the data decide it under half, all and twice the prior's width, so that
no verdict hangs on the prior.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Word = Literal["supported", "refuted", "undecided"]
ENOUGH = 0.95
PRIORS = (0.5, 1.0, 2.0)  # the prior's width, and how it is varied
NORMAL = 30.0  # degrees of freedom from which a t distribution counts as normal
SCOPE_CAP, CONTROL_CAP, PILOT_ENOUGH = 0.6, 0.9, 0.99


@dataclass(frozen=True)
class Posterior:
    """What is believed of a quantity after the data: its mean and standard deviation; t at few ``degrees``."""

    mean: float
    deviation: float
    degrees: float | None

    def below(self, value: float) -> float:
        """The probability that the quantity is less than ``value``."""
        from scipy.special import ndtr, stdtr

        if self.deviation == 0:
            return float(self.mean < value)
        away = (value - self.mean) / self.deviation
        few = self.degrees is not None and self.degrees < NORMAL
        return float(stdtr(self.degrees, away) if few else ndtr(away))

    def between(self, low: float, high: float) -> float:
        """The probability of the open interval from ``low`` to ``high``; either may be infinite."""
        below_high = 1.0 if high == math.inf else self.below(high)
        below_low = 0.0 if low == -math.inf else self.below(low)
        return max(0.0, below_high - below_low)


def posterior(estimate: float, error: float, prior: float, degrees: float | None = None) -> Posterior:
    """Normal data with standard error ``error`` and a normal prior N(0, ``prior``^2).

    mean = m t^2 / (t^2 + s^2), variance = t^2 s^2 / (t^2 + s^2) with m the estimate, s its error, t the prior's width.
    """
    if not (math.isfinite(estimate) and math.isfinite(error)) or error < 0 or prior <= 0:
        raise ValueError("an estimate needs a finite error of at least 0, and a prior wider than 0")
    total = prior**2 + error**2
    return Posterior(estimate * prior**2 / total, math.sqrt(prior**2 * error**2 / total), degrees)


@dataclass(frozen=True)
class Region:
    """Values from ``low`` to ``high``; ``outside``: all others."""

    low: float = -math.inf
    high: float = math.inf
    outside: bool = False

    def holds(self, belief: Posterior) -> float:
        """The probability of the region."""
        inside = belief.between(self.low, self.high)
        return 1.0 - inside if self.outside else inside

    def turned(self) -> Region:
        """The region of the negated quantity."""
        return Region(-self.high, -self.low, self.outside)


def above(value: float) -> Region:
    """More than ``value``."""
    return Region(low=value)


def under(value: float) -> Region:
    """Less than ``value``."""
    return Region(high=value)


def near(value: float, width: float) -> Region:
    """Less than ``width`` away from ``value``."""
    return Region(value - width, value + width)


@dataclass(frozen=True)
class Rule:
    """``supported`` and ``refuted``: where the quantity lies if the claim is right, or wrong. ``prior``: the width of
    what is believed beforehand, in the unit of the quantity.
    """

    supported: Region
    refuted: Region
    prior: float

    def turned(self) -> Rule:
        """The rule of the negated quantity: the same verdicts for negated estimates."""
        return Rule(self.supported.turned(), self.refuted.turned(), self.prior)


@dataclass(frozen=True)
class Verdict:
    """``word`` with its ``confidence`` (0 to 1), the probabilities behind it at the stated prior, and ``why`` where
    something keeps it undecided or lowers the confidence. ``factor``: by how much the data raised the odds of support
    against refutation (None where either had no chance before).
    """

    word: Word
    confidence: float
    support: float
    refutation: float
    factor: float | None
    why: tuple[str, ...] = ()


def verdict(
    estimate: float | None,
    error: float | None,
    rule: Rule,
    degrees: float | None = None,
    *,
    missing: Sequence[str] = (),
    beyond: Sequence[str] = (),
    controls: Sequence[str] = (),
    few: bool = False,
) -> Verdict:
    """The verdict of ``rule`` on an estimate with its standard error.

    Supported if the probability of its region is at least .95 under all three priors, refuted likewise; the confidence
    is the smallest of the larger of the two over the priors. ``missing``: what keeps it undecided (too few seeds, no
    spread, ...). ``beyond``: how the runs differ from what the claim is about (scale, model, data): undecided, at most
    .6. ``controls``: required arms that were not run: at most .9. ``few``: three seeds of a large model: decided only
    at .99.
    """
    if estimate is None or error is None or not math.isfinite(estimate) or not math.isfinite(error):
        return Verdict("undecided", 0.5, 0.5, 0.5, None, tuple(missing) or ("there is no estimate with a spread",))
    beliefs = [posterior(estimate, error, rule.prior * factor, degrees) for factor in PRIORS]
    support = [rule.supported.holds(belief) for belief in beliefs]
    refutation = [rule.refuted.holds(belief) for belief in beliefs]
    enough = PILOT_ENOUGH if few else ENOUGH
    word: Word = "undecided"
    if not missing and not beyond:
        word = "supported" if min(support) >= enough else "refuted" if min(refutation) >= enough else "undecided"
    confidence = min(max(pair) for pair in zip(support, refutation, strict=True))
    why = [*missing, *beyond, *(f"control not run: {name}" for name in controls)]
    if beyond:
        confidence = min(confidence, SCOPE_CAP)
    if controls:
        confidence = min(confidence, CONTROL_CAP)
    if missing:
        confidence = min(confidence, SCOPE_CAP)
    middle = PRIORS.index(1.0)
    factor = _factor(support[middle], refutation[middle], rule)
    return Verdict(word, confidence, support[middle], refutation[middle], factor, tuple(why))


def _factor(support: float, refutation: float, rule: Rule) -> float | None:
    """(posterior odds of support against refutation) / (prior odds)."""
    before = Posterior(0.0, rule.prior, None)
    prior_support, prior_refutation = rule.supported.holds(before), rule.refuted.holds(before)
    if min(prior_support, prior_refutation, refutation) <= 0:
        return None
    return (support / refutation) / (prior_support / prior_refutation)
