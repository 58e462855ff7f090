"""Intervals against worked examples and against the properties that define them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.analysis.intervals import crossed, over_seeds, two_way

# A balanced table of 4 rows by 3 seeds, whose variance components statsmodels' MixedLM confirms to 1e-4.
TABLE = [[1.2, 1.6, 1.1], [0.4, 0.9, 0.2], [2.0, 2.1, 1.7], [0.9, 1.5, 1.0]]


def test_crossed_table_gives_the_worked_interval() -> None:
    found = crossed(TABLE)
    assert found.mean == pytest.approx(1.2166666666666666, abs=1e-9)
    assert found.degrees == pytest.approx(4.329172612801264, abs=1e-9)
    assert found.half == pytest.approx(0.8961302391462962, abs=1e-9)
    assert found.over == "families and seeds"


def test_two_way_table_gives_the_worked_components() -> None:
    way = two_way(TABLE)
    assert way.components == pytest.approx((0.34194444444444444, 0.07138888888888886, 0.015277777777777779), abs=1e-9)
    assert crossed(TABLE).error == pytest.approx(0.3324989557210001, abs=1e-9)


@given(st.integers(0, 10_000))
def test_components_are_those_of_the_squares_summed_by_hand(seed: int) -> None:
    table = np.random.default_rng(seed).normal(size=(4, 3))
    way = two_way(table)
    total = (way.between_families * 3 + way.between_seeds * 2 + way.rest * 6) / 11
    assert total == pytest.approx(table.var(ddof=1))


def test_over_seeds_equals_the_textbook_t_interval() -> None:
    found = over_seeds([1.0, 2.0, 3.0, 4.0])
    assert found.mean == 2.5
    assert found.deviation == pytest.approx(math.sqrt(5 / 3))
    assert found.half == pytest.approx(3.182446305284263 * math.sqrt(5 / 3) / 2)


def test_one_seed_has_no_spread_and_says_so() -> None:
    found = over_seeds([3.0])
    assert (found.mean, found.deviation, found.half, found.low) == (3.0, None, None, None)


def test_one_family_falls_back_to_seeds_and_one_seed_to_families() -> None:
    assert crossed([[1.0, 2.0]]).over == "seeds"
    assert crossed([[1.0], [2.0]]).over == "families (one seed)"


def test_incomplete_table_is_refused() -> None:
    with pytest.raises(ValueError, match="complete"):
        crossed([[1.0, float("nan")], [1.0, 2.0]])


@given(
    st.lists(st.lists(st.floats(-50, 50), min_size=3, max_size=3), min_size=2, max_size=6),
    st.floats(-20, 20),
)
def test_crossed_follows_shifts_signs_and_order(rows: list[list[float]], shift: float) -> None:
    table = np.array(rows)
    found, moved, turned = crossed(table), crossed(table + shift), crossed(-table[::-1])
    assert moved.mean == pytest.approx(found.mean + shift, abs=1e-6)
    assert turned.mean == pytest.approx(-found.mean, abs=1e-6)
    assert found.half is not None and found.half >= 0
    if found.degrees is not None and moved.degrees is not None and found.half > 1e-3:
        assert moved.half == pytest.approx(found.half, rel=1e-3)


@given(st.lists(st.lists(st.floats(-50, 50), min_size=3, max_size=3), min_size=2, max_size=5))
def test_mean_squares_that_cancel_leave_an_interval_that_can_be_read(rows: list[list[float]]) -> None:
    found = crossed(rows)
    assert found.degrees is None or found.degrees >= 1 / (1 / (len(rows) - 1) + 1 / 2) - 1e-9


def test_crossed_interval_covers_the_planted_mean() -> None:
    """Families, languages and seeds vary: about 95 of 100 intervals must hold the truth (1.0)."""
    rng = np.random.default_rng(5)
    hits, runs = 0, 600
    for _ in range(runs):
        family = rng.normal(0, 0.8, size=(9, 1))
        seed = rng.normal(0, 0.4, size=(1, 5))
        found = crossed(1.0 + family + seed + rng.normal(0, 0.4, size=(9, 5)))
        assert found.low is not None and found.high is not None
        hits += found.low <= 1.0 <= found.high
    assert 0.92 <= hits / runs <= 0.98
