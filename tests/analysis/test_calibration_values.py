"""Calibration against worked values, other libraries where they are right, and the properties that define it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from xstilts.analysis.calibration import binned, proper, rescale, selective, smooth
from xstilts.analysis.calibration.binned import equal_mass, equal_width, expected_error

# Worked values; each was computed independently of this package (see docs/science.md, "Calibration").
SURE = np.array([0.55, 0.62, 0.71, 0.78, 0.83, 0.86, 0.91, 0.93, 0.97, 0.99])
RIGHT = np.array([0.0, 1, 1, 0, 1, 1, 1, 0, 1, 1])
LOGITS = np.array([[2.0, 0, 0], [0, 3, 0], [1, 0, 0], [0, 0, 2], [2, 1, 0], [0, 1, 3]])
LABELS = np.array([0, 1, 2, 2, 1, 2])


@pytest.mark.parametrize(("bins", "value"), [(5, 0.115), (9, 0.249), (10, 0.253), (15, 0.319)])
def test_expected_error_of_bins_of_equal_width(bins: int, value: float) -> None:
    assert expected_error(equal_width(SURE, RIGHT, bins)) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(("bins", "value"), [(5, 0.18615853458813006), (10, 0.2783882181415011)])
def test_root_mean_square_error(bins: int, value: float) -> None:
    assert math.sqrt(binned.squared_error(equal_width(SURE, RIGHT, bins))) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("bins", [5, 10])
def test_largest_error(bins: int) -> None:
    assert binned.largest_error(equal_width(SURE, RIGHT, bins)) == pytest.approx(0.55, abs=1e-12)


@pytest.mark.parametrize(("bins", "value"), [(2, 0.115), (5, 0.185)])
def test_expected_error_of_bins_of_equal_mass(bins: int, value: float) -> None:
    assert expected_error(equal_mass(SURE, RIGHT, bins)) == pytest.approx(value, abs=1e-12)


def test_debiased_square_keeps_its_sign() -> None:
    bins = equal_mass(SURE, RIGHT, 5)
    assert binned.squared_error(bins) == pytest.approx(0.053615, abs=1e-12)
    assert binned.debiased_square(bins) == pytest.approx(-0.096385, abs=1e-12)
    assert binned.signed_root(binned.debiased_square(bins)) == 0
    assert math.isnan(binned.signed_root(math.nan))  # what is not known is not perfect


def test_smooth_error_is_that_of_its_authors_package() -> None:
    assert smooth.smooth_error(SURE, RIGHT) == pytest.approx(0.11522748480047738, abs=1e-6)


def test_brier_and_log_loss_of_being_right() -> None:
    pairs = np.stack([1 - SURE, SURE], axis=1)
    right = RIGHT.astype(np.int64)
    assert proper.brier(pairs, right) / 2 == pytest.approx(0.20619, abs=1e-12)  # both classes of two: twice the square
    assert proper.log_loss(pairs, right) == pytest.approx(0.6264394266405631, abs=1e-12)


def test_brier_decomposition() -> None:
    parts = proper.decomposed(SURE, RIGHT, 5)
    assert parts.reliability == pytest.approx(0.034655, abs=1e-12)
    assert parts.resolution == pytest.approx(0.06, abs=1e-12)
    assert parts.uncertainty == pytest.approx(0.21, abs=1e-12)
    assert parts.within_variance == pytest.approx(0.0032016666666666678, abs=1e-12)
    assert parts.within_covariance == pytest.approx(-0.01833333333333335, abs=1e-12)
    assert parts.brier == pytest.approx(0.20619, abs=1e-12)


def test_areas_under_risk_and_coverage() -> None:
    assert selective.risk_coverage_area(SURE, RIGHT) == pytest.approx(0.2007936507936508, abs=1e-12)
    assert selective.excess_area(SURE, RIGHT) == pytest.approx(0.1360714285714286, abs=1e-12)
    assert selective.auroc(SURE, RIGHT) == pytest.approx(2 / 3, abs=1e-12)


def test_full_confidence_belongs_to_the_last_bin() -> None:
    error = expected_error(equal_width(np.array([0.95, 1.0]), np.array([1.0, 0.0]), 10))
    assert error == pytest.approx(0.475, abs=1e-12)


@pytest.mark.parametrize("bins", [5, 10])
def test_bins_hold_their_upper_edge(bins: int) -> None:
    error = expected_error(equal_width(np.array([0.75, 0.8, 0.85]), np.array([1.0, 0.0, 1.0]), bins))
    assert error == pytest.approx(0.2333333333333333, abs=1e-12)


def test_temperature() -> None:
    found = rescale.temperature(LOGITS, LABELS)
    assert found == pytest.approx(0.9077181757175858, abs=1e-6)
    assert proper.log_loss(rescale.probabilities(LOGITS), LABELS) == pytest.approx(0.6171515311329078, abs=1e-6)
    assert proper.log_loss(rescale.probabilities(LOGITS, found), LABELS) == pytest.approx(0.6144519651800319, abs=1e-6)


def test_brier_over_classes_and_classwise_error() -> None:
    shares = rescale.probabilities(LOGITS)
    assert proper.brier(shares, LABELS) == pytest.approx(0.3677638803039253, abs=1e-12)
    assert binned.classwise_error(shares, LABELS, 5) == pytest.approx(0.1990182931728168, abs=1e-12)


def three_classes(size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of a perfect model of three classes, and labels drawn from them."""
    shares = rescale.probabilities(rng.normal(0, 2, (size, 3)))
    return shares, (rng.random((size, 1)) > shares.cumsum(axis=1)).sum(axis=1)


def test_errors_of_a_perfect_model_shrink_with_size_unless_debiased() -> None:
    rng = np.random.default_rng(0)
    plain, debiased = {}, {}
    for size in (250, 500, 1000, 2000):
        tops = [rescale.top(*three_classes(size, rng)) for _ in range(200)]
        plain[size] = np.mean([expected_error(equal_width(*top)) for top in tops])
        squares = np.array([binned.debiased_square(equal_mass(*top)) for top in tops])
        debiased[size] = (squares.mean(), squares.std() / math.sqrt(len(squares)))
    # It falls like 1 / sqrt(n), so sets of different size may not be compared by it.
    for size, error in {250: 0.060, 500: 0.042, 1000: 0.030, 2000: 0.021}.items():
        assert plain[size] == pytest.approx(error, rel=0.1)
    for mean, error in debiased.values():
        assert abs(mean) < 3 * error


def test_agrees_with_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    isotonic = pytest.importorskip("sklearn.isotonic")
    rng = np.random.default_rng(1)
    shares, labels = three_classes(400, rng)
    sure, right = rescale.top(shares, labels)
    assert proper.log_loss(shares, labels) == pytest.approx(metrics.log_loss(labels, shares), abs=1e-12)
    assert proper.brier(shares, labels) == pytest.approx(metrics.brier_score_loss(labels, shares, scale_by_half=False))
    assert selective.auroc(sure, right) == pytest.approx(metrics.roc_auc_score(right, sure), abs=1e-12)
    theirs = isotonic.IsotonicRegression(out_of_bounds="clip").fit(sure, right)
    fresh = rng.random(300)
    assert rescale.isotonic(sure, right)(fresh) == pytest.approx(theirs.predict(fresh), abs=1e-9)


def test_agrees_with_torchmetrics_away_from_its_last_bin() -> None:
    metrics = pytest.importorskip("torchmetrics.functional.classification")
    torch = pytest.importorskip("torch")
    shares, labels = three_classes(500, np.random.default_rng(2))
    sure, right = rescale.top(shares, labels)
    measures = {
        "l1": expected_error(equal_width(sure, right)),
        "l2": math.sqrt(binned.squared_error(equal_width(sure, right))),
        "max": binned.largest_error(equal_width(sure, right)),
    }
    for norm, mine in measures.items():
        theirs = metrics.multiclass_calibration_error(
            torch.tensor(shares), torch.tensor(labels), num_classes=3, n_bins=15, norm=norm
        )
        assert mine == pytest.approx(float(theirs), abs=1e-6)  # it works in single precision
    last = metrics.binary_calibration_error(torch.tensor([0.95, 1.0]), torch.tensor([1, 0]), n_bins=10)
    assert float(last) == pytest.approx(0.525)  # 1.0 in a bin of its own: docs/science.md says why it is not followed


def test_agrees_with_netcal() -> None:
    metrics = pytest.importorskip("netcal.metrics")
    shares, labels = three_classes(500, np.random.default_rng(3))
    sure, right = rescale.top(shares, labels)
    assert expected_error(equal_width(sure, right)) == pytest.approx(metrics.ECE(15).measure(shares, labels), abs=1e-9)
    assert binned.largest_error(equal_width(sure, right)) == pytest.approx(
        metrics.MCE(15).measure(shares, labels), abs=1e-9
    )


def test_agrees_with_uncertainty_calibration() -> None:
    calibration = pytest.importorskip("calibration")
    shares, labels = three_classes(600, np.random.default_rng(4))
    sure, right = rescale.top(shares, labels)
    bins = equal_mass(sure, right)
    for debias, mine in ((False, binned.squared_error(bins)), (True, binned.debiased_square(bins))):
        theirs = calibration.lower_bound_scaling_ce(
            sure,
            right.astype(np.int64),
            p=2,
            debias=debias,
            num_bins=15,
            binning_scheme=calibration.get_equal_bins,
            mode="top-label",
        )
        assert binned.signed_root(mine) == pytest.approx(theirs, abs=1e-9)


def confident(least: int = 30, most: int = 60) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    """Confidences, many of them equal, and whether each was right."""
    return st.integers(least, most).flatmap(
        lambda size: st.tuples(
            hnp.arrays(np.float64, size, elements=st.integers(0, 40).map(lambda n: n / 40)),
            hnp.arrays(np.float64, size, elements=st.sampled_from([0.0, 1.0])),
        )
    )


logits = st.integers(3, 30).flatmap(
    lambda size: st.tuples(
        hnp.arrays(np.float64, (size, 3), elements=st.floats(-20, 20)),
        hnp.arrays(np.int64, size, elements=st.integers(0, 2)),
    )
)


@settings(deadline=None)
@given(confident(), st.randoms(use_true_random=False))
def test_no_error_depends_on_the_order_of_the_examples(pair: tuple[np.ndarray, np.ndarray], random) -> None:  # type: ignore[no-untyped-def]
    order = list(range(len(pair[0])))
    random.shuffle(order)
    mixed = tuple(part[order] for part in pair)
    for measure in (
        lambda c, y: expected_error(equal_width(c, y)),
        lambda c, y: expected_error(equal_mass(c, y)),
        lambda c, y: binned.debiased_square(equal_mass(c, y)),
        smooth.smooth_error,
        selective.risk_coverage_area,
        selective.excess_area,
        lambda c, y: proper.decomposed(c, y).brier,
    ):
        assert measure(*mixed) == pytest.approx(measure(*pair), abs=1e-9)


@settings(deadline=None)
@given(confident(1))
def test_smooth_error_lies_between_the_gap_and_the_mean_residual(pair: tuple[np.ndarray, np.ndarray]) -> None:
    sure, right = pair
    found = smooth.smooth_error(sure, right)
    assert abs(binned.gap(sure, right)) * 0.9 - 1e-3 <= found <= np.abs(sure - right).mean() * 1.05 + 1e-3


@settings(deadline=None)
@given(confident())
def test_parts_of_the_brier_score_make_it_up(pair: tuple[np.ndarray, np.ndarray]) -> None:
    sure, right = pair
    assert proper.decomposed(sure, right).brier == pytest.approx(((sure - right) ** 2).mean(), abs=1e-12)


@settings(deadline=None)
@given(confident())
def test_no_order_has_less_risk_than_the_best_one(pair: tuple[np.ndarray, np.ndarray]) -> None:
    assert selective.excess_area(*pair) >= -1e-12


@settings(deadline=None)
@given(logits, st.floats(-3, 4))
def test_a_temperature_keeps_predictions_and_none_fits_better(pair: tuple[np.ndarray, np.ndarray], log: float) -> None:
    values, labels = pair
    found = rescale.temperature(values, labels)
    ties = np.sort(values, axis=1)
    clear = ties[:, -1] - ties[:, -2] > 1e-6
    said = rescale.probabilities(values, found).argmax(axis=1)
    assert (said == values.argmax(axis=1))[clear].all()
    loss = proper.log_loss(rescale.probabilities(values, found), labels)
    assert loss <= proper.log_loss(rescale.probabilities(values, math.exp(log)), labels) + 1e-9


@settings(max_examples=25, deadline=None)
@given(confident(40, 80))
def test_an_isotonic_map_rises_and_fits_what_it_was_learned_on(pair: tuple[np.ndarray, np.ndarray]) -> None:
    sure, right = pair
    found = rescale.isotonic(sure, right)
    assert (np.diff(found.values) >= -1e-12).all()
    assert found(sure).mean() == pytest.approx(right.mean(), abs=1e-9)
    assert ((found(sure) - right) ** 2).mean() <= ((sure - right) ** 2).mean() + 1e-12


def test_too_few_examples_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        equal_mass(SURE, RIGHT, 6)
    with pytest.raises(ValueError, match="no examples"):
        smooth.smooth_error(np.zeros(0), np.zeros(0))


def test_a_temperature_that_fits_nothing_ends_at_a_bound() -> None:
    assert rescale.at_bound(
        rescale.temperature(np.eye(3) * 4, np.arange(3))
    )  # every one is right: the sharper, the better
    assert rescale.at_bound(rescale.temperature(np.eye(3) * 4, np.array([1, 2, 0])))  # every one is wrong
    assert not rescale.at_bound(rescale.temperature(LOGITS, LABELS))
