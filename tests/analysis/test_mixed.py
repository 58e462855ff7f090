"""Mixed models against closed forms, a likelihood written out in full, statsmodels, and planted variances."""

from __future__ import annotations

import math

import numpy as np
import pytest

from xstilts.analysis.mixed import Mixed, Unfit, fit, interval, usable

TABLE = np.array([[1.2, 1.6, 1.1], [0.4, 0.9, 0.2], [2.0, 2.1, 1.7], [0.9, 1.5, 1.0]])


def crossed_runs() -> tuple[np.ndarray, np.ndarray, dict[str, list[str]]]:
    rows, columns = np.indices(TABLE.shape)
    groups = {"language": [str(i) for i in rows.ravel()], "seed": [str(i) for i in columns.ravel()]}
    return TABLE.ravel(), np.ones((12, 1)), groups


def planted(seed: int = 0) -> tuple[np.ndarray, np.ndarray, dict[str, list[str]]]:
    """Ten families of three languages, four tasks, six seeds; known variances."""
    rng = np.random.default_rng(seed)
    family, language, task, run = (a.ravel() for a in np.indices((10, 3, 4, 6)))
    language = family * 3 + language
    y = 1.0 + rng.normal(0, 0.8, 10)[family] + rng.normal(0, 0.6, 30)[language] + rng.normal(0, 0.5, 4)[task]
    y = y + rng.normal(0, 0.3, 6)[run] + rng.normal(0, 0.5, y.size)
    named = {"family": family, "language": language, "task": task, "seed": run}
    return y, np.ones((y.size, 1)), {name: [f"{name}{i}" for i in place] for name, place in named.items()}


def written_out(y: np.ndarray, x: np.ndarray, groups: dict[str, list[str]], found: Mixed, w: np.ndarray) -> float:
    """The restricted log likelihood with the full covariance matrix of the runs."""
    v = found.residual**2 * np.diag(1 / w)
    for name, deviation in found.deviations.items():
        labels = np.array(groups[name])
        v = v + deviation**2 * (labels[:, None] == labels[None, :])
    inverse = np.linalg.inv(v)
    xx = x.T @ inverse @ x
    rest = y - x @ np.linalg.solve(xx, x.T @ inverse @ y)
    value = np.linalg.slogdet(v)[1] + np.linalg.slogdet(xx)[1] + rest @ inverse @ rest
    return float(-0.5 * (value + (len(y) - x.shape[1]) * math.log(2 * math.pi)))


def fitted(*arguments: object, **more: object) -> Mixed:
    found = fit(*arguments, **more)  # type: ignore[arg-type]
    assert isinstance(found, Mixed), found
    return found


def test_a_balanced_table_gives_its_analysis_of_variance() -> None:
    found = fitted(*crossed_runs())
    assert found.effects[0] == pytest.approx(1.2166666666666666)
    assert found.deviations["language"] ** 2 == pytest.approx(0.34194444444444444, rel=1e-3)
    assert found.deviations["seed"] ** 2 == pytest.approx(0.07138888888888886, rel=1e-3)
    assert found.residual**2 == pytest.approx(0.015277777777777779, rel=1e-3)
    assert found.errors[0] == pytest.approx(0.3324989557210001, rel=1e-3)


@pytest.mark.parametrize("weighed", [False, True])
def test_the_likelihood_is_that_of_the_full_covariance_and_its_largest(weighed: bool) -> None:
    y, x, groups = planted()
    w = np.random.default_rng(1).uniform(0.5, 2.0, len(y)) if weighed else np.ones(len(y))
    found = fitted(y, x, groups, w if weighed else None, confirm=False)
    best = written_out(y, x, groups, found, w)
    assert found.log_likelihood == pytest.approx(best, abs=1e-6)
    for name in found.deviations:
        for factor in (0.9, 1.1):
            other = Mixed(
                found.effects,
                found.errors,
                {**found.deviations, name: found.deviations[name] * factor},
                found.residual,
                0.0,
                found.levels,
                {},
                False,
            )
            assert written_out(y, x, groups, other, w) <= best + 1e-6


def test_planted_variances_come_back() -> None:
    found = fitted(*planted())
    assert found.residual == pytest.approx(0.5, rel=0.06)
    assert found.deviations["language"] == pytest.approx(0.6, rel=0.35)
    assert abs(found.effects[0] - 1.0) < 3 * found.errors[0]


def test_statsmodels_agrees() -> None:
    pytest.importorskip("statsmodels")
    found = fitted(*planted())
    assert found.checked
    assert fitted(*crossed_runs()).checked


def test_groupings_that_can_not_be_told_apart_are_named() -> None:
    groups = {"a": list("xxyy"), "b": list("uuvv"), "c": list("zzzz"), "d": list("1234"), "e": list("pqpq")}
    kept, left_out = usable(groups)
    assert list(kept) == ["a", "e"]
    assert left_out == {"b": "the same division as a", "c": "there is only one", "d": "every run has its own"}


@pytest.mark.parametrize(
    ("y", "x", "reason"),
    [
        (np.ones(12), np.ones((12, 1)), "no spread"),
        (np.array([*range(11), np.nan]), np.ones((12, 1)), "missing"),
        (np.arange(12.0), np.ones((12, 2)), "singular"),
        (np.arange(3.0), np.ones((3, 1)), "too few"),
    ],
)
def test_the_gate_names_what_it_refuses(y: np.ndarray, x: np.ndarray, reason: str) -> None:
    found = fit(y, x, {"a": [str(i % 3) for i in range(len(y))]})
    assert isinstance(found, Unfit) and reason in found.reason


def test_no_noise_beside_the_groupings_is_refused() -> None:
    y = np.repeat([0.0, 1.0, 3.0], 4)
    found = fit(y, np.ones((12, 1)), {"a": [str(i // 4) for i in range(12)]}, confirm=False)
    assert isinstance(found, Unfit)


def test_an_interval_with_few_levels_is_longer_than_the_normal_one() -> None:
    y, x, groups = crossed_runs()
    found = fitted(y, x, groups)
    assert found.few
    ends = interval(found, x, groups, 0, np.random.default_rng(0))
    assert ends is not None
    low, high = ends
    assert low < found.effects[0] < high and high - low > 2 * 1.96 * found.errors[0]
