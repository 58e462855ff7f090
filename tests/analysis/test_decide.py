"""Verdicts against worked examples, SciPy's distributions and the symmetries that they must have."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from xstilts.analysis.decide import (
    Estimate,
    above,
    all_below,
    almost_all_above,
    below,
    chance,
    decide,
    estimate_of,
    one,
    outside,
    posterior,
    several_above,
    within,
)
from xstilts.analysis.intervals import crossed, over_seeds

# Estimate 1.0 with standard error 0.5, belief N(0, 2^2), region of practical equivalence 0.25: worked in closed form.
WORKED = Estimate(1.0, 0.5, None, 8, "seeds")


def seeded(value: float, error: float, seeds: int = 8) -> Estimate:
    return Estimate(value, error, seeds - 1.0, seeds, "seeds")


def test_the_worked_posterior() -> None:
    mean, deviation = posterior(WORKED, 2.0)
    assert mean == pytest.approx(0.9411764705882353, abs=1e-9)
    assert deviation == pytest.approx(0.48507125007266594, abs=1e-9)
    assert chance(WORKED, above(0.25), 2.0) == pytest.approx(0.9229064821785082, abs=1e-9)
    assert chance(WORKED, below(-0.25), 2.0) == pytest.approx(0.007031048499070838, abs=1e-9)
    assert chance(WORKED, within(0, 0.25), 2.0) == pytest.approx(0.07006246932242097, abs=1e-9)
    assert decide(one(above(0.25), below(0.25)), [WORKED], 2.0).word == "undecided"


def test_few_degrees_take_students_t() -> None:
    few = Estimate(1.0, 0.5, 7.0, 8, "seeds")
    mean, deviation = posterior(few, 2.0)
    assert chance(few, above(0.25), 2.0) == pytest.approx(stats.t.sf((0.25 - mean) / deviation, 7), abs=1e-12)
    many = Estimate(1.0, 0.5, 30.0, 31, "seeds")
    assert chance(many, above(0.25), 2.0) == pytest.approx(stats.norm.sf((0.25 - mean) / deviation), abs=1e-12)


@settings(deadline=None)
@given(st.floats(-20, 20), st.floats(0.01, 10), st.floats(0, 5), st.integers(2, 60))
def test_regions_that_share_nothing_and_leave_nothing_out_add_up(m: float, s: float, edge: float, seeds: int) -> None:
    found = seeded(m, s, seeds)
    assert chance(found, above(edge), 2.0) + chance(found, below(edge), 2.0) == pytest.approx(1)
    assert chance(found, within(1, edge), 2.0) + chance(found, outside(1, edge), 2.0) == pytest.approx(1)


@settings(deadline=None)
@given(st.floats(-20, 20), st.floats(0.01, 10), st.floats(-2, 2))
def test_a_change_of_sign_changes_for_into_against(m: float, s: float, edge: float) -> None:
    there = decide(one(above(edge), below(edge)), [seeded(m, s)], 2.0)
    back = decide(one(above(-edge), below(-edge)), [seeded(-m, s)], 2.0)
    assert there.supports is not None and back.refutes == pytest.approx(there.supports, abs=1e-12)
    opposite = {"supported": "refuted", "refuted": "supported", "undecided": "undecided"}
    assert back.word == opposite[there.word]


@settings(deadline=None)
@given(st.floats(-20, 20), st.floats(0.01, 10), st.floats(1, 3))
def test_more_doubt_decides_nothing_that_less_left_open(m: float, s: float, more: float) -> None:
    rule = one(above(0), below(0))
    sure, unsure = decide(rule, [seeded(m, s)], 2.0), decide(rule, [seeded(m, s * more)], 2.0)
    assert sure.word == unsure.word or unsure.word == "undecided"


def test_too_few_seeds_never_decide_whatever_the_numbers_say() -> None:
    rule = one(above(0.5), below(0.5))
    assert decide(rule, [seeded(5.0, 0.1, 6)], 2.0).word == "supported"
    assert decide(rule, [seeded(5.0, 0.1, 5)], 2.0).word == "undecided"
    single = decide(rule, [Estimate(5.0, None, None, 1, "seeds")], 2.0)
    assert (single.word, single.points, single.confidence) == ("undecided", "supported", None)


def test_a_narrow_belief_around_nothing_can_leave_a_claim_open() -> None:
    rule = one(above(0.5), below(0.5))
    found = decide(rule, [Estimate(1.6, 0.6, None, 8, "seeds")], 1.0)
    assert found.supports is not None and found.confidence is not None
    assert found.word == "undecided" and found.confidence < found.supports


def test_the_data_move_the_odds_by_what_they_say() -> None:
    flat = decide(one(above(0), below(0)), [seeded(0.0, 1.0)], 2.0)
    assert flat.factor == pytest.approx(1.0)
    moved = decide(one(above(0), below(0)), [WORKED], 2.0)
    supports = stats.norm.sf(0, *posterior(WORKED, 2.0))
    assert moved.factor == pytest.approx(supports / (1 - supports))


def test_an_estimate_carries_the_error_of_its_interval() -> None:
    table = [[1.2, 1.6, 1.1], [0.4, 0.9, 0.2], [2.0, 2.1, 1.7], [0.9, 1.5, 1.0]]
    found = estimate_of(crossed(table), 3)
    assert found.error == pytest.approx(0.3324989557210001, abs=1e-9)
    assert found.half == pytest.approx(0.8961302391462962, abs=1e-9)
    assert estimate_of(over_seeds([3.0]), 1).error is None


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
    import itertools

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
