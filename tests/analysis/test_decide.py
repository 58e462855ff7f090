"""Decisions on claims: worked examples, plain enumeration, and what too few seeds must not do."""

from __future__ import annotations

import itertools

import pytest

from xstilts.analysis.decide import (
    Estimate,
    all_below,
    almost_all_above,
    chance,
    decide,
    estimate_of,
    several_above,
)
from xstilts.analysis.intervals import crossed, over_seeds
from xstilts.analysis.verdict import Rule, above, near, under

# Estimate 1.0 with standard error 0.5, belief N(0, 2^2), region of practical equivalence 0.25: worked in closed form.
WORKED = Estimate(1.0, 0.5, None, 8, "seeds")


def seeded(value: float, error: float, seeds: int = 8) -> Estimate:
    return Estimate(value, error, seeds - 1.0, seeds, "seeds")


def higher(value: float) -> Rule:
    return Rule(above(value), under(value), 2.0)


def test_the_worked_posterior() -> None:
    assert chance(WORKED, above(0.25), 2.0) == pytest.approx(0.9229064821785082, abs=1e-9)
    assert chance(WORKED, under(-0.25), 2.0) == pytest.approx(0.007031048499070838, abs=1e-9)
    assert chance(WORKED, near(0, 0.25), 2.0) == pytest.approx(0.07006246932242097, abs=1e-9)
    found = decide(higher(0.25), [WORKED], 2.0)
    assert (found.word, found.points) == ("undecided", "supported")
    assert found.supports == pytest.approx(0.9229064821785082, abs=1e-9)


def test_too_few_seeds_never_decide_whatever_the_numbers_say() -> None:
    assert decide(higher(0.5), [seeded(5.0, 0.1, 6)], 2.0).word == "supported"
    assert decide(higher(0.5), [seeded(5.0, 0.1, 5)], 2.0).word == "undecided"
    single = decide(higher(0.5), [Estimate(5.0, None, None, 1, "seeds")], 2.0)
    assert (single.word, single.points, single.confidence) == ("undecided", "supported", None)
    assert decide(all_below(1.0), [seeded(-5.0, 0.1, 5)] * 3, 2.0).word == "undecided"


def test_an_estimate_carries_the_error_of_its_interval() -> None:
    table = [[1.2, 1.6, 1.1], [0.4, 0.9, 0.2], [2.0, 2.1, 1.7], [0.9, 1.5, 1.0]]
    found = estimate_of(crossed(table), 3)
    assert found.error == pytest.approx(0.3324989557210001, abs=1e-9)
    assert found.half == pytest.approx(0.8961302391462962, abs=1e-9)
    assert estimate_of(over_seeds([3.0]), 1).error is None
    assert estimate_of(over_seeds([3.0, 3.0, 3.0]), 3).error is None


def test_all_below_holds_only_if_every_part_does() -> None:
    rule = all_below(0.5)
    low = [seeded(-1.0, 0.2) for _ in range(5)]
    assert decide(rule, low, 2.0).word == "supported"
    assert decide(rule, [*low, seeded(3.0, 0.2)], 2.0).word == "refuted"
    assert decide(rule, [*low, seeded(0.6, 0.4)], 2.0).word == "undecided"


def test_almost_all_is_a_binomial_of_unequal_chances() -> None:
    parts = [seeded(value, 1.0) for value in (11, 12, 9, 10.5, 13)]
    chances = [chance(part, above(10), 20.0) for part in parts]
    supports, refutes = almost_all_above(10)(parts, 20.0)
    outcomes: dict[int, float] = {}
    for pattern in itertools.product((0, 1), repeat=len(parts)):
        weight = 1.0
        for hit, p in zip(pattern, chances, strict=True):
            weight *= p if hit else 1 - p
        outcomes[len(parts) - sum(pattern)] = outcomes.get(len(parts) - sum(pattern), 0.0) + weight
    assert supports == pytest.approx(outcomes[0] + outcomes[1])
    assert refutes == pytest.approx(sum(p for misses, p in outcomes.items() if misses >= 3))


def test_several_is_not_refuted_by_missing_evidence_nor_supported_beside_harm() -> None:
    rule = several_above(0.0, harm=0.5)
    good, vague, bad = seeded(2.0, 0.2), seeded(0.0, 3.0), seeded(-3.0, 0.2)
    assert decide(rule, [good] * 5 + [vague] * 4, 2.0).word == "supported"
    assert decide(rule, [good] * 2 + [vague] * 7, 2.0).word == "undecided"
    assert decide(rule, [good] * 2 + [bad] * 7, 2.0).word == "refuted"
    assert decide(rule, [good] * 8 + [bad], 2.0).word == "undecided"
