"""The multi-bootstrap: what is drawn, that draws are kept together, and the spread of known statistics."""

from __future__ import annotations

import numpy as np
import pytest

from xstilts.analysis.resample import Sample, multibootstrap, samples, whole

SIZES = {"aa": 40, "ab": 40, "ba": 40}
FAMILY = {"aa": "A", "ab": "A", "ba": "B"}


def test_draws_are_inside_what_there_is_and_follow_the_seed() -> None:
    one, same = (samples(5, SIZES, np.random.default_rng(3), FAMILY) for _ in range(2))
    for _ in range(50):
        found, again = next(one), next(same)
        assert set(found.seeds) <= set(range(5)) and len(found.seeds) == 5
        assert set(found.languages) <= set(SIZES)
        assert all(found.examples[name].max() < 40 for name in SIZES)
        assert (found.seeds == again.seeds).all() and found.languages == again.languages


def test_languages_stay_in_their_families() -> None:
    """Two families are drawn, so A's two languages or B's one come twice, or each once."""
    counts = {
        tuple(sorted(FAMILY[language] for language in next(source).languages))
        for source in [samples(2, SIZES, np.random.default_rng(0), FAMILY)]
        for _ in range(200)
    }
    assert counts == {("A", "A", "A", "A"), ("A", "A", "B"), ("B", "B")}


def test_parallel_examples_are_the_same_in_every_language() -> None:
    found = next(samples(2, SIZES, np.random.default_rng(0), parallel=True))
    assert (found.examples["aa"] == found.examples["ba"]).all()
    with pytest.raises(ValueError, match="parallel"):
        next(samples(2, {"aa": 3, "ba": 4}, np.random.default_rng(0), parallel=True))


def test_the_spread_of_a_mean_is_its_standard_error() -> None:
    """Seeds fixed in effect: the draws of a mean of 400 values spread by sd / 20."""
    values = np.random.default_rng(1).normal(size=400)

    def mean(sample: Sample) -> float:
        return float(values[sample.examples["aa"]].mean())

    found = multibootstrap(mean, 3, {"aa": 400}, np.random.default_rng(2), draws=1500)
    assert found.estimate == pytest.approx(values.mean())
    assert found.values.std() == pytest.approx(values.std() / 20, rel=0.08)
    assert found.low < found.estimate < found.high and found.failed == 0


def test_draws_without_a_value_are_counted_and_none_at_all_is_refused() -> None:
    def share(sample: Sample) -> float:
        return 1.0 if 0 in sample.seeds else float("nan")

    found = multibootstrap(share, 2, {"aa": 5}, np.random.default_rng(0), draws=400)
    assert found.failed == pytest.approx(100, abs=40) and len(found.values) + found.failed == 400
    assert found.short
    with pytest.raises(ValueError, match="no value"):
        multibootstrap(lambda sample: float("nan"), 2, {"aa": 5}, np.random.default_rng(0), draws=5)


def test_everything_once_is_the_estimate() -> None:
    found = whole(3, SIZES)
    assert found.languages == tuple(SIZES) and (found.seeds == np.arange(3)).all()
