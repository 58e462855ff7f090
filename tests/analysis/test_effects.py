"""Effect sizes and paired tests against worked examples and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from xstilts.analysis import effects

BASE = np.array([62.1, 63.4, 61.8, 64.0, 62.9])
ARM = np.array([63.0, 64.9, 62.0, 65.1, 64.2])


def test_the_worked_example_of_five_pairs() -> None:
    found = effects.paired(ARM - BASE)
    assert found is not None
    assert (found.mean, found.deviation) == pytest.approx((1.0, 0.5), abs=1e-6)
    assert found.t == pytest.approx(4.47213595499958, abs=1e-6)
    assert found.p_t == pytest.approx(0.011056493393450094, abs=1e-6)
    assert (found.effect, found.correction, found.corrected) == pytest.approx((2.0, 0.8, 1.6), abs=1e-6)
    assert (found.p_flips, found.p_wilcoxon) == pytest.approx((0.0625, 0.0625), abs=1e-6)
    assert found.factor == pytest.approx(6.555401859417235, abs=1e-6)


@pytest.mark.parametrize(("t", "n", "factor"), [(2.0, 20, 1.20577), (0.0, 20, 0.232326)])
def test_bayes_factors(t: float, n: int, factor: float) -> None:
    assert effects.bayes_factor(t, n) == pytest.approx(factor, rel=1e-5)


@given(st.lists(st.floats(-9, 9).filter(lambda x: abs(x) > 1e-3), min_size=3, max_size=9, unique_by=abs))
def test_exact_tests_agree_with_scipy(differences: list[float]) -> None:
    found = effects.paired(differences)
    assert found is not None
    assert found.p_wilcoxon == pytest.approx(stats.wilcoxon(differences, method="exact").pvalue)
    turned = effects.paired([-x for x in differences])
    assert turned is not None
    assert (turned.p_flips, turned.p_wilcoxon, turned.p_t) == pytest.approx(
        (found.p_flips, found.p_wilcoxon, found.p_t)
    )
    assert turned.effect == pytest.approx(-found.effect)


def test_without_spread_or_pairs_there_is_nothing_to_say() -> None:
    assert effects.paired([1.0]) is None and effects.paired([1.0, 1.0, 1.0]) is None
    with pytest.raises(ValueError, match="missing"):
        effects.paired([1.0, float("nan")])
    assert effects.sign_flips(np.ones(17)) is None


@given(st.lists(st.integers(0, 5), min_size=1, max_size=8), st.lists(st.integers(0, 5), min_size=1, max_size=8))
def test_improvement_is_the_area_under_the_curve(arm: list[int], base: list[int]) -> None:
    found = effects.improvement(arm, base)
    expected = stats.mannwhitneyu(arm, base).statistic / (len(arm) * len(base))
    assert found == pytest.approx(expected)
    assert effects.improvement(base, arm) == pytest.approx(1 - found)


@pytest.mark.parametrize(("count", "total"), [(0, 7), (3, 7), (7, 7), (40, 48)])
def test_share_of_languages_agrees_with_scipy(count: int, total: int) -> None:
    expected = stats.binomtest(count, total).proportion_ci(method="wilson")
    assert effects.wilson(count, total) == pytest.approx((expected.low, expected.high))


def test_scales_without_a_ceiling() -> None:
    assert effects.error_reduction(90.0, 80.0) == pytest.approx(0.5)
    assert effects.logit_gain(90.0, 80.0) == pytest.approx(math.log(9) - math.log(4))
    assert effects.error_reduction(100.0, 100.0) is None and effects.logit_gain(100.0, 50.0) is None
