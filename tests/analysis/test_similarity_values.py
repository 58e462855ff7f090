"""Measures of similarity against worked values, other libraries and what must not change them."""

from __future__ import annotations

import numpy as np
import pytest

from xstilts.analysis.similarity.alike import cka, cosine, fused
from xstilts.analysis.similarity.transfer import h_score, ledoit_wolf, leep, logme, nce, regularised_h_score

FEATURES = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [2.0, 1.0], [0.0, 2.0], [1.0, 2.0]])
LABELS = np.array([0, 0, 1, 0, 1, 1])


def draws(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def turn(width: int, seed: int = 9) -> np.ndarray:
    return np.linalg.qr(draws(seed, width, width))[0]


def test_worked_values() -> None:
    assert logme(FEATURES, LABELS) == pytest.approx(-0.7807330115115124, abs=1e-7)
    assert h_score(FEATURES, LABELS) == pytest.approx(0.8181818181818181, abs=1e-10)
    theta = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.2, 0.8]])
    assert leep(theta, np.array([0, 0, 1, 1])) == pytest.approx(-0.3839808833246151, abs=1e-12)
    z, y = np.array([0, 0, 1, 1, 1, 0]), np.array([0, 0, 1, 1, 0, 1])
    assert nce(z, y) == pytest.approx(-0.6365141682948128, abs=1e-12)
    one = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 1.0], [0.0, 3.0]])
    other = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [3.0, 1.0, 0.0], [0.0, 2.0, 2.0]])
    assert cka(one, other) == pytest.approx(0.5407649721582575, abs=1e-12)


@pytest.mark.parametrize(("rows", "width"), [(60, 5), (20, 30), (12, 12)])
def test_logme_is_the_largest_evidence_of_a_linear_model(rows: int, width: int) -> None:
    """Maximised directly over both precisions, with the density of scipy; also with fewer rows than features."""
    stats, optimize = pytest.importorskip("scipy.stats"), pytest.importorskip("scipy.optimize")
    features = draws(1, rows, width)
    labels = (features[:, 0] + draws(2, rows) > 0).astype(np.int64)

    def most(target: np.ndarray) -> float:
        def less(logs: np.ndarray) -> float:
            spread = np.eye(rows) / np.exp(logs[1]) + features @ features.T / np.exp(logs[0])
            return -float(stats.multivariate_normal(np.zeros(rows), spread).logpdf(target))

        starts = [(a, b) for a in (-1.0, 2.0, 5.0) for b in (0.0, 2.0, 4.0)]
        found = [optimize.minimize(less, s, method="L-BFGS-B", bounds=[(-9, 12), (-9, 12)]).fun for s in starts]
        return -min(found) / rows

    expected = np.mean([most((labels == one).astype(float)) for one in (0, 1)])
    assert logme(features, labels) == pytest.approx(expected, abs=2e-5)


@pytest.mark.parametrize(("rows", "width"), [(80, 6), (15, 40)])
def test_logme_ignores_rotations_and_empty_columns(rows: int, width: int) -> None:
    features, labels = draws(3, rows, width), np.arange(rows) % 3
    plain = logme(features, labels)
    assert logme(features @ turn(width), labels) == pytest.approx(plain, abs=1e-8)
    assert logme(np.pad(features, ((0, 0), (0, 25))), labels) == pytest.approx(plain, abs=1e-8)
    assert logme(7 * features, labels) == pytest.approx(plain, abs=1e-6)  # the precision takes the scale up


def test_features_that_hold_the_label_have_more_evidence_and_score() -> None:
    labels = np.arange(200) % 4
    noise = draws(4, 200, 10)
    told = noise + 3 * np.eye(4, 10)[labels]
    for measure in (logme, h_score, regularised_h_score):
        assert measure(told, labels) > measure(noise, labels) + 0.05
    assert np.isfinite(logme(np.zeros((8, 3)), np.arange(8) % 2))


@pytest.mark.parametrize(("rows", "width"), [(50, 4), (20, 45)])
def test_covariance_is_scikit_learns(rows: int, width: int) -> None:
    theirs = pytest.importorskip("sklearn.covariance").LedoitWolf()
    features = draws(5, rows, width) @ draws(6, width, width)
    centred = features - features.mean(axis=0)
    covariance, shrinkage = ledoit_wolf(centred)
    theirs.fit(features)
    assert shrinkage == pytest.approx(theirs.shrinkage_, abs=1e-10)
    np.testing.assert_allclose(covariance, theirs.covariance_, rtol=1e-9, atol=1e-9)


def test_the_regularised_score_does_not_saturate_with_more_features_than_rows() -> None:
    features, labels = draws(7, 30, 100), np.arange(30) % 2
    assert h_score(features, labels) == pytest.approx(1, abs=1e-6)  # any labels are told apart
    assert regularised_h_score(features, labels) < 0.5


@pytest.mark.parametrize("width", [3, 300])
def test_alignment_of_independent_features_is_nothing(width: int) -> None:
    found = [cka(draws(2 * k, 100, width), draws(2 * k + 1, 100, width)) for k in range(20)]
    assert np.mean(found) == pytest.approx(0, abs=0.015)


def test_alignment_ignores_rotation_scale_and_shift() -> None:
    one, other = draws(10, 40, 8), draws(11, 40, 5)
    other[:, 0] += 2 * one[:, 0]
    assert cka(one, one @ turn(8) * 3 + 5) == pytest.approx(1)
    assert cka(one @ turn(8) + 1, 0.1 * other) == pytest.approx(cka(one, other))
    assert np.isnan(cka(one[:3], other[:3])) and np.isnan(cka(one, np.ones((40, 2))))


def test_a_cosine_of_nothing_is_unknown() -> None:
    assert cosine(np.array([1.0, 0.0]), np.array([2.0, 2.0])) == pytest.approx(np.sqrt(0.5))
    assert np.isnan(cosine(np.zeros(2), np.ones(2)))


def test_fused_ranks_are_sums_of_reciprocal_places() -> None:
    values = np.array([[0.9, 0.5, 0.1], [0.2, 0.3, 0.3]])
    expected = [1 / 61 + 1 / 63, 1 / 62 + 1 / 61.5, 1 / 63 + 1 / 61.5]
    np.testing.assert_allclose(fused(values), expected)
    assert np.isnan(fused(np.array([[0.9, np.nan, 0.1]])))[1]


def test_source_classes_that_are_the_target_classes_leave_nothing_open() -> None:
    labels = np.array([0, 1, 2, 1, 0])
    assert nce(2 - labels, labels) == pytest.approx(0)
    assert leep(np.eye(3)[labels], labels) == pytest.approx(0)
    assert leep(np.full((5, 3), 1 / 3), labels) == pytest.approx(nce(np.zeros(5, dtype=int), labels))
