"""The power of a paired test: published sample sizes, simulation, and what no number of seeds can do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import stats

from xstilts.analysis import gains
from xstilts.analysis.foresight import Detectable, observed
from xstilts.analysis.planted import XNLI, Truth, results
from xstilts.analysis.power import item_error, power, seeds_for, smallest_effect


@pytest.mark.parametrize(
    ("effect", "eighty", "ninety"),
    [(0.5, 34, 44), (0.8, 15, 19), (1.0, 10, 13), (1.5, 6, 7), (2.0, 5, 5), (3.0, 4, 4)],
)
def test_seeds_needed_for_an_effect(effect: float, eighty: int, ninety: int) -> None:
    assert (seeds_for(effect, 0.8), seeds_for(effect, 0.9)) == (eighty, ninety)


def test_power_is_the_share_of_simulated_tests_that_find_the_gain() -> None:
    draws = np.random.default_rng(0).normal(1.0, 1.0, (20_000, 8))
    found = stats.ttest_1samp(draws, 0.0, axis=1).pvalue < 0.05
    assert power(1.0, 8) == pytest.approx(found.mean(), abs=3 * 0.0035)


@pytest.mark.parametrize("seeds", [2, 3, 6, 8, 40])
def test_smallest_effect_is_found_with_the_wanted_power(seeds: int) -> None:
    effect = smallest_effect(seeds)
    assert effect is not None and power(effect, seeds) == pytest.approx(0.8, abs=1e-6)


def test_one_seed_and_no_effect_have_no_answer() -> None:
    assert smallest_effect(1) is None and seeds_for(0.0) is None
    with pytest.raises(ValueError, match="two seeds"):
        power(1.0, 1)


@pytest.mark.parametrize(("examples", "share", "error"), [(5010, 0.10, 0.45), (2000, 0.08, 0.63), (500, 0.15, 1.7)])
def test_noise_of_the_test_examples(examples: int, share: float, error: float) -> None:
    assert item_error(examples, share) == pytest.approx(error, abs=0.04)


def test_a_plan_says_the_smallest_gain_in_points_where_the_spread_is_known() -> None:
    one = Detectable(6, 6, 0.8, 1.43, 0.5, "0.50 points, seen in 3 arms with 6 seeds", 0.71, 0.5, 10, 500, 1.4)
    text = "\n".join(one.lines())
    assert "0.71 points on an average" in text and "needs 10 seeds" in text and "500 test examples" in text
    unknown = replace(one, deviation=None, points=None)
    assert "1.43 standard deviations" in "\n".join(unknown.lines())
    assert "one seed" in replace(one, effect=None).lines()[0]
    assert "undecided" in replace(one, seeds=3).lines()[-1]


def test_the_observed_spread_is_pooled_over_arms_with_three_seeds() -> None:
    frames = [results(Truth("t", XNLI, 6), 1.0, np.random.default_rng(k)) for k in range(2)]
    arms = [frames[0], frames[1].filter(pl.col("arm") == "arm").with_columns(arm=pl.lit("other"))]
    lines = gains.averages(pl.concat(arms))
    found, source = observed(lines)
    deviations = [
        one.gain.deviation or 0.0
        for one in lines
        if (one.values["self_pairs"], one.values["retrieval"]) == ("without", "with")
    ]
    assert len(deviations) == 2 and "2 arms with 6 seeds" in source
    assert found == pytest.approx(np.sqrt(np.mean(np.square(deviations))))
    few = gains.averages(results(Truth("t", XNLI, 2), 1.0, np.random.default_rng(0)))
    assert observed(few) == (None, "")
