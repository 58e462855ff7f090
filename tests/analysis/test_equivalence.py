"""Equivalence: two one-sided tests against statsmodels and simulation, words that turn with the sign."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.analysis.equivalence import power, seeds_for, two_one_sided, word_of
from xstilts.analysis.intervals import over_seeds


def test_two_one_sided_tests_agree_with_statsmodels() -> None:
    stats = pytest.importorskip("statsmodels.stats.weightstats")
    rng = np.random.default_rng(0)
    for _ in range(5):
        drawn = rng.normal(0.1, 0.6, 9)
        found = over_seeds(drawn)
        assert found.error is not None and found.degrees is not None
        theirs, *_ = stats.DescrStatsW(drawn).ttost_mean(-0.5, 0.5)
        assert two_one_sided(found.mean, found.error, found.degrees, 0.5) == pytest.approx(theirs, abs=1e-12)


def test_power_is_what_a_simulation_finds() -> None:
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(4000):
        one = over_seeds(rng.normal(0, 1, 11))
        found += two_one_sided(one.mean, one.error or 0.0, one.degrees or 0.0, 1.0) < 0.05
    assert power(1.0, 11) == pytest.approx(found / 4000, abs=0.025)


def test_seeds_that_equivalence_needs() -> None:
    """Published tables, which approximate, give 37, 11 and 4."""
    assert [seeds_for(ratio) for ratio in (0.5, 1.0, 2.0)] == [36, 11, 4]


@given(st.floats(-3, 3), st.floats(0.05, 2), st.floats(2, 40))
def test_words_turn_with_the_sign(estimate: float, error: float, degrees: float) -> None:
    turned = {"more": "less", "less": "more"}
    word, *_ = word_of(estimate, error, degrees, 0.5, 2.0)
    back, *_ = word_of(-estimate, error, degrees, 0.5, 2.0)
    assert back == turned.get(word, word)


def test_the_three_words() -> None:
    assert word_of(2.0, 0.2, 20, 0.5, 2.0)[0] == "more"
    assert word_of(0.0, 0.1, 20, 0.5, 2.0)[0] == "no difference"
    assert word_of(0.5, 0.3, 20, 0.5, 2.0)[0] == "undecided"
    with pytest.raises(ValueError, match="above 0"):
        two_one_sided(0.0, 0.0, 5, 0.5)
