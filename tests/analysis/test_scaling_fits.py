"""Curves: planted parameters come back, too little data is refused, forms are told apart where they can be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.analysis.mixed import Unfit
from xstilts.analysis.scaling.choose import (
    candidates,
    chosen,
    half_size,
    limit,
    multiplier,
    profile,
    resample,
    size_for,
)
from xstilts.analysis.scaling.fit import Fit, fit
from xstilts.analysis.scaling.forms import FORMS, sigmoid

N = 1000.0 * 2 ** np.arange(10)
ERR = [
    0.3873752814401237,
    0.3297783939885893,
    0.2845887920057665,
    0.24913374889976023,
    0.2213162858885439,
    0.19949114676611251,
    0.1823674896762686,
    0.16893254062574012,
    0.15839169324464242,
    0.15012151201107654,
]


def found_of(form: str, x: Any, y: Any, **more: Any) -> Fit:
    found = fit(FORMS[form], x, y, **more)
    assert isinstance(found, Fit), found
    return found


def test_the_planted_power_law_comes_back() -> None:
    values = found_of("saturating", N, ERR).values
    assert (values["e"], values["a"], values["b"]) == pytest.approx((0.12, 3.0, 0.35), abs=1e-6)


def test_the_planted_chinchilla_law_comes_back_under_huber_loss() -> None:
    sizes = [44e6, 117e6, 278e6, 560e6, 1.2e9, 3.5e9, 10.7e9]
    tokens = [1e8, 1e9, 1e10, 1e11, 1e12]
    x = np.array([(n, d) for n in sizes for d in tokens])
    planted = {"a": 6.178, "b": 7.643, "e": 0.5971, "alpha": 0.3478, "beta": 0.3659}
    y = np.exp(planted["e"])
    y = y + np.exp(planted["a"]) * x[:, 0] ** -planted["alpha"] + np.exp(planted["b"]) * x[:, 1] ** -planted["beta"]
    found = found_of("additive", x, y, loss="huber")
    assert found.free == pytest.approx(list(planted.values()), abs=1e-4)


def test_the_multiplicative_law_comes_back() -> None:
    x = np.array([(n, d) for n in (1e6, 3e6, 1e7, 3e7) for d in (1e3, 1e4, 1e5, 1e6)])
    y = 0.08 + 25 * x[:, 0] ** -0.22 * x[:, 1] ** -0.15
    values = found_of("multiplicative", x, y).values
    assert list(values.values()) == pytest.approx([0.08, 25, 0.22, 0.15], rel=1e-4)


def test_a_planted_break_comes_back() -> None:
    x = np.geomspace(10, 1e6, 25)
    y = 0.05 + 0.9 * x**-0.08 * (1 + (x / 3000) ** (1 / 0.4)) ** (-0.5 * 0.4)
    values = found_of("broken", x, y).values
    assert list(values.values()) == pytest.approx([0.05, 0.9, 0.08, 0.5, 3000, 0.4], rel=1e-3)


def test_a_shift_and_a_sigmoid_come_back() -> None:
    shifted = found_of("shifted", N, 0.1 + 40 * (N + 5000.0) ** -0.6).values
    assert list(shifted.values()) == pytest.approx([0.1, 40, 0.6, 5000], rel=1e-3)
    y = 1 - (1 / 3 + 2 / 3 / (1 + np.exp(-(0.5 * np.log(N) - 4))))
    found = fit(sigmoid(1 / 3), N, y)
    assert isinstance(found, Fit)
    assert list(found.values.values()) == pytest.approx([0.5, -4.0], rel=1e-6)


@settings(max_examples=12, deadline=None)
@given(st.floats(0.02, 0.3), st.floats(0.5, 10), st.floats(0.15, 0.9))
def test_any_planted_saturating_curve_comes_back(e: float, a: float, b: float) -> None:
    y = e + a * N**-b
    if np.ptp(y) < 0.02 * e:
        return
    assert list(found_of("saturating", N, y).values.values()) == pytest.approx([e, a, b], rel=1e-3)


def test_points_weigh_by_their_errors() -> None:
    """A wild point that seeds call uncertain hardly moves the fit."""
    y, errors = np.array(ERR), np.full(10, 1e-4)
    y[4], errors[4] = 0.5, 5.0
    plain, weighed = found_of("saturating", N, y), found_of("saturating", N, y, errors=errors)
    assert abs(weighed.values["b"] - 0.35) < 0.01 < abs(plain.values["b"] - 0.35)


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        (N[:5], ERR[:5], "needs 7 sizes"),
        (N, [0.2] * 10, "the same at every size"),
        (N, [*ERR[:9], float("nan")], "missing"),
        (N, [*ERR[:9], -0.1], "above 0"),
    ],
)
def test_what_can_not_be_fitted_says_why(x: Any, y: Any, reason: str) -> None:
    found = fit(FORMS["saturating"], x, y)
    assert isinstance(found, Unfit) and reason in found.reason


def test_gains_shrink_while_the_multiplier_stays() -> None:
    """An arm with .8 of the reducible error: points fall from 2.50 to .59, the parameter multiplier is 2.1039."""
    sizes = np.array([86e6, 303e6, 3.5e9, 10.7e9])
    base = Fit(FORMS["saturating"], np.array([np.log(0.1), np.log(30.0), 0.3]), 0.0, 0.0, 4, False)
    arm = 0.1 + 0.8 * 30 * sizes**-0.3
    points = 100 * (base.error_at(sizes) - arm)
    assert points == pytest.approx(
        [2.4992040444276, 1.712846568035134, 0.8221117153436125, 0.5879442089588904], abs=1e-9
    )
    less = (base.error_at(sizes) - arm) / base.error_at(sizes)
    expected = [0.11109538575041691, 0.09226594940827762, 0.0582621666515788, 0.04543716258824727]
    assert less == pytest.approx(expected, abs=1e-9)
    for size, error in zip(sizes, arm, strict=True):
        assert multiplier(base, float(size), float(error)) == pytest.approx(2.103940126984261, abs=1e-9)


def test_a_saturating_truth_is_chosen_and_a_straight_one_too() -> None:
    rng = np.random.default_rng(0)
    noise = np.exp(rng.normal(0, 0.002, 10))
    forms = [FORMS["logarithmic"], FORMS["saturating"]]
    curved, _ = chosen(candidates(forms, N, np.array(ERR) * noise))
    straight, _ = chosen(candidates(forms, N, (0.6 - 0.08 * np.log10(N)) * noise))
    assert curved is not None and curved.form.name == "saturating"
    assert straight is not None and straight.form.name == "logarithmic"


def test_criteria_that_disagree_leave_the_choice_open() -> None:
    straight, curved = candidates([FORMS["logarithmic"], FORMS["saturating"]], N, np.array(ERR))
    assert chosen([straight, curved])[0] is curved
    found, why = chosen([straight, replace(curved, ahead=9.0)])
    assert found is None and "logarithmic foretells" in why
    assert chosen([straight])[0] is None


def test_noise_does_not_make_a_straight_line_saturate() -> None:
    forms = [FORMS["logarithmic"], FORMS["saturating"]]
    found = [
        chosen(candidates(forms, N[:8], (0.6 - 0.06 * np.log10(N[:8])) * np.exp(rng.normal(0, 0.05, 8))))[0]
        for rng in np.random.default_rng(2).spawn(20)
    ]
    assert sum(one is not None and one.form.name == "saturating" for one in found) <= 2


def test_sizes_that_a_reader_asks_for() -> None:
    found = found_of("saturating", N, ERR)
    assert limit(found) == pytest.approx(0.12, abs=1e-6)
    half = half_size(found, 0.42)
    assert half is not None and found.error_at([half])[0] == pytest.approx((0.42 + 0.12) / 2)
    assert size_for(found, 0.119) is None and half_size(found, 0.1) is None
    flat = found_of("logarithmic", N, 0.6 - 0.08 * np.log10(N))
    assert limit(flat) is None and half_size(flat, 0.5) is None


def test_bootstrap_and_profile_hold_the_planted_exponent() -> None:
    """Six seeds with half a point of error each: both intervals are short and hold .35."""
    rng = np.random.default_rng(4)
    errors = np.array(ERR)[None, :, None] + rng.normal(0, 0.005, (4, 10, 6))
    means = errors.mean(axis=(0, 2))
    point = found_of("saturating", N, means)
    draws = resample(point, N, errors, ["A", "A", "B", "C"], np.random.default_rng(0), draws=200)
    low, high = draws.interval(lambda one: one.values["b"]) or (0.0, 0.0)
    assert low < 0.35 < high < low + 0.15 and draws.bound == 0.0
    ends = profile(point, N, means, 2)
    assert ends is not None and ends[0] < 0.35 < ends[1] < ends[0] + 0.2
