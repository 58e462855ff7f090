"""Planted truth: the tables hold what was planted, the primary interval holds the truth, the usual ones do not."""

from __future__ import annotations

import numpy as np
import pytest
from typer.testing import CliRunner

from xstilts.analysis import gains
from xstilts.analysis.calibration.binned import debiased_square, equal_mass
from xstilts.analysis.planted import INTERVALS, PRIMARY, TRUTHS, XNLI, Truth, curve, gains_of, results
from xstilts.analysis.proof import study_of
from xstilts.analysis.scaling.curves import curves
from xstilts.analysis.table import COLUMNS
from xstilts.cli import app


def test_a_planted_study_is_a_results_table_that_gives_its_gains_back() -> None:
    truth = Truth("t", XNLI, 4)
    assert results(truth, 1.0, np.random.default_rng(0)).columns == list(COLUMNS)
    study = study_of(truth, 1.0, np.random.default_rng(0))
    assert study.gains == pytest.approx(gains_of(truth, 1.0, np.random.default_rng(0)))
    table = gains.families_by_seeds(study.rows)
    expected = [study.gains[truth.member == k].mean(axis=0) for k in range(len(XNLI))]
    assert table is not None and table == pytest.approx(np.array(expected))


def test_without_any_spread_a_planted_curve_has_its_slope() -> None:
    still = Truth("still", (2, 1), 3, 0, 0, 0, 0, 0, 0)
    (found,) = curves(curve(still, 0.7, (100, 1000, 10_000), np.random.default_rng(0)))
    assert found.slopes() == pytest.approx(np.full((2, 3), 0.7))
    assert found.gains.mean() == pytest.approx(1.0)


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda truth: truth.name)
def test_the_primary_interval_holds_the_truth_where_the_usual_ones_fail(truth: Truth) -> None:
    """700 studies: a coverage of .95 has a Monte Carlo error of .008."""
    generator = np.random.default_rng(11)
    held = dict.fromkeys((PRIMARY, "every run a replication (t)"), 0)
    for _ in range(700):
        table = gains_of(truth, 1.0, generator)
        for name in held:
            ends = INTERVALS[name](table, truth.member, generator)
            held[name] += ends is not None and ends[0] <= 1.0 <= ends[1]
    assert 0.92 <= held[PRIMARY] / 700 <= 0.99
    assert held["every run a replication (t)"] / 700 < 0.75


def test_calibration_error_of_planted_confidences() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1.0, 20_000)
    right = (rng.uniform(size=20_000) < confidence).astype(float)
    boastful = (rng.uniform(size=20_000) < confidence - 0.1).astype(float)
    assert abs(debiased_square(equal_mass(confidence, right))) < 2e-4
    assert debiased_square(equal_mass(confidence, boastful)) == pytest.approx(0.01, rel=0.15)


def test_the_command_writes_a_page() -> None:
    done = CliRunner().invoke(app, ["planted", "--replicates", "2", "--claims", "60"])
    assert done.exit_code == 0, done.output
    assert "`xstilts planted --replicates 2 --claims 60 --seed 0`" in done.stdout
    assert done.stdout.count("\n## ") == 8 and "| XNLI | 0.5 (edge) |" in done.stdout
