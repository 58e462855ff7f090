"""Size by morphology in the calibration gap: planted interactions, closed forms, definitions of morphology."""

from __future__ import annotations

import numpy as np
import pytest

from xstilts.analysis.calibration.widening import adjusted, against_baseline, gap, interaction, regressed
from xstilts.analysis.morphology import definitions, mattr, words
from xstilts.analysis.named.calibration_size import concluded, judged
from xstilts.analysis.planted import XNLI, Truth, widenings
from xstilts.analysis.proof_questions import CONSTRUCTED_TRAIT, SIZES, XNLI_TRAIT
from xstilts.study.evidence import Evidence

CODES = {f"l{i}": float(value) for i, value in enumerate(XNLI_TRAIT)}
STILL = Truth("still", XNLI, 6, 0, 0, 0, 0, 0, 0, baseline_seed=0)


def cube(effect: float, truth: Truth = STILL, trait: np.ndarray = XNLI_TRAIT, seed: int = 0):  # type: ignore[no-untyped-def]
    rows = widenings(truth, trait, effect, SIZES, np.random.default_rng(seed))
    found = gap(against_baseline(rows, "raw", "debiased"))
    assert found is not None
    return found


def test_a_planted_interaction_comes_back_between_families_and_inside_them() -> None:
    found = interaction(cube(-2.0), CODES)
    assert found is not None and found.way == "families"
    assert found.slope == pytest.approx(-0.002, abs=1e-9)
    assert (found.low, found.high) == pytest.approx((0.002, -0.002), abs=1e-9)
    world = Truth("world", (3, 4, 4), 6, 0, 0, 0, 0, 0, 0, baseline_seed=0)
    codes = {f"l{i}": float(value) for i, value in enumerate(CONSTRUCTED_TRAIT)}
    inside = interaction(cube(-2.0, world, CONSTRUCTED_TRAIT), codes)
    assert inside is not None and inside.way == "inside families" and inside.slope == pytest.approx(-0.002, abs=1e-9)


def test_the_regression_over_one_seed_is_that_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    m, y = rng.normal(size=9), rng.normal(size=9)
    value, error, degrees = regressed(y[:, None], m - m.mean(), 7)
    theirs = stats.linregress(m, y)
    assert (value, error, degrees) == pytest.approx((theirs.slope, theirs.stderr, 7))


def test_seeds_that_disagree_make_the_interval_wider() -> None:
    quiet = Truth("q", XNLI, 6, family=0.1, language=0.1, seed=0.1, rest=0.1, slope_seed=0.0)
    loud = Truth("l", XNLI, 6, family=0.1, language=0.1, seed=0.1, rest=0.1, slope_seed=2.0)
    errors = [interaction(cube(0.0, truth), CODES) for truth in (quiet, loud)]
    assert errors[0] is not None and errors[1] is not None
    assert (errors[1].error or 0) > 5 * (errors[0].error or 1)


def test_verdicts_need_seeds_sizes_families_and_two_that_agree() -> None:
    evidence = Evidence()
    some = Truth("s", XNLI, 6, family=0.2, language=0.2, seed=0.1, rest=0.2, slope_seed=0.05)
    found = interaction(cube(-3.0, some), CODES)
    assert concluded(found, [found, found], 4, evidence) == "less"
    assert concluded(found, [found, None], 4, evidence) == "undecided"
    rising = interaction(cube(3.0, some), CODES)
    assert concluded(rising, [rising, rising], 4, evidence) == "more"
    few = interaction(cube(-3.0, Truth("f", XNLI, 3)), CODES)
    assert judged(few, 4, evidence)[0].word == "undecided"
    assert any("2 sizes, 3 are needed" in why for why in judged(found, 2, evidence)[0].why)
    assert any("too few" in why for why in judged(None, 4, evidence)[0].why)
    assert interaction(cube(-3.0, Truth("one", (3,), 6), np.array([1.0, 0, 1])), CODES) is None


def test_what_accuracy_explains_is_taken_off() -> None:
    found = cube(0.0)
    rng = np.random.default_rng(0)
    accuracy = type(found)(**{**found.__dict__, "values": rng.normal(size=found.values.shape)})
    moved = type(found)(**{**found.__dict__, "values": found.values + 0.3 * accuracy.values})
    before, after = interaction(moved, CODES), interaction(adjusted(moved, {"accuracy": accuracy}, CODES), CODES)
    assert before is not None and after is not None
    assert abs(after.slope) < 1e-9 < abs(before.slope)


def test_word_forms_are_counted_in_moving_windows() -> None:
    assert words("Der Hund, 2 Katzen: हिन्दी") == ["der", "hund", "2", "katzen", "हिन्दी"]
    assert mattr(["a b a b"], window=2) == 1.0 and mattr(["a a b b"], window=2) == pytest.approx(2 / 3)
    assert mattr(["a b"], window=3) is None
    text = " ".join(np.random.default_rng(0).choice(list("abcdefgh"), 60))
    running = text.split()
    slow = np.mean([len(set(running[i : i + 10])) / 10 for i in range(51)])
    assert mattr([text], window=10) == pytest.approx(slow)


def test_the_definition_that_decides_is_named_beforehand() -> None:
    human = ["de", "tr", "vi", "zh"]
    ratios = {"de": 0.6, "tr": 0.7, "vi": 0.3, "zh": 0.9}
    found = definitions(human, {}, ratios, dict.fromkeys(human, 1.0) | {"tr": 1.5})
    assert [one.name for one in found] == ["mattr500", "wals", "fertility"]
    assert set(found[0].values) == {"de", "tr"}  # no blanks between words, or between syllables
    traits = {"de": {"udhr_mattr500": "0.56"}, "tr": {"udhr_mattr500": "0.7", "grambank_fusion": ""}}
    assert definitions(human, traits, ratios, {})[0].name == "udhr_mattr500"
    made = definitions(["qab", "qad", "qae"], {}, {}, {})
    assert made[0].name == "affixes" and dict(made[0].values) == {"qab": 1.0, "qad": 0.0, "qae": 1.0}
