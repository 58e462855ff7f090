"""Quantities of claims on planted gains: what was put in comes out, and what is not there is said to be missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pytest

from xstilts.analysis.arms import EFFECTS
from xstilts.analysis.chosen import Missing
from xstilts.analysis.claims import judge
from xstilts.analysis.quantities import MEASURES
from xstilts.catalogue.claim import claim_from_table, claims
from xstilts.catalogue.errors import Problem

FAMILY = {"de": "A", "fr": "A", "ar": "B", "sw": "C", "yo": "C", "te": "D"}
TARGETS = {"xnli": False, "udpos": False, "tatoeba": True}
ARMS: Mapping[str, Mapping[str, Any]] = {
    "mnli": {"tasks": "mnli"},
    "squad": {"tasks": "squad"},
    "hellaswag": {"tasks": "hellaswag"},
    "qqp": {"tasks": "qqp"},
    "ccg": {"tasks": "ccg"},
    "both": {"tasks": "mnli+squad"},
    "mnli+mlm": {"tasks": "mnli", "mlm": True},
    "squad+mlm": {"tasks": "squad", "mlm": True},
    "shuffled": {"tasks": "mnli", "shuffled": True},
}
SEEDS = 8
WHERE = {"kind": "own", "group": "little", "than": "much", "comparison": "above", "value": 0.0}


def planted(effects: Mapping[str, float], noise: float = 0.3, seeds: int = SEEDS, **more: Any) -> pl.DataFrame:
    """Rows of every arm in ``effects`` with that mean gain, a little noise a seed."""
    draws = np.random.default_rng(1)
    rows = []
    for arm, effect in effects.items():
        for seed in range(seeds):
            shift = draws.normal(0, noise)
            for target, retrieval in TARGETS.items():
                for language, family in FAMILY.items():
                    rows.append(
                        {
                            "backbone": "tiny",
                            "arm": arm,
                            "mlm": False,
                            "sources": "en",
                            "shuffled": False,
                            "examples": 1000,
                            "target": target,
                            "retrieval": retrieval,
                            "language": language,
                            "family": family,
                            "side": "zero-shot",
                            "split": "test",
                            "seed": seed,
                            "score": 50.0,
                            "gain": effect + shift,
                            "self_pair": arm == "mnli" and target == "xnli",
                            **ARMS[arm],
                            **more,
                        }
                    )
    return pl.DataFrame([{name: row.get(name) for name in EFFECTS} for row in rows], schema=dict(EFFECTS))


def only(name: str, effects: pl.DataFrame, **asked: Any) -> float:
    (estimate,) = MEASURES[name](effects, asked).estimates
    return estimate.value


def test_a_mean_gain_takes_the_arm_that_is_asked_for_and_no_control() -> None:
    effects = planted({"shuffled": 9.0, "mnli": 3.0, "squad": 1.0}, noise=0.0)
    assert only("mean_gain", effects, intermediate=["mnli"]) == pytest.approx(3.0)
    assert only("mean_gain", effects, intermediate=["squad_v2", "squad"]) == pytest.approx(1.0)
    with pytest.raises(Missing, match="no arm with the intermediate task xcopa"):
        only("mean_gain", effects, intermediate="xcopa")


def test_a_mean_score_is_that_of_the_arm_the_baseline_too() -> None:
    effects = planted({"mnli": 3.0}, noise=0.0)
    scores = effects.with_columns(score=pl.when(pl.col("arm") == "mnli").then(63.0).otherwise(60.0))
    assert only("mean_score", scores, intermediate="mnli") == pytest.approx(63.0)
    arm = str(effects["arm"][0])
    assert only("mean_score", scores, arm=arm) == pytest.approx(63.0 if arm == "mnli" else 60.0)


def test_parts_can_be_left_out() -> None:
    effects = planted({"mnli": 3.0}, noise=0.0)
    more = pl.when(pl.col("retrieval")).then(30.0).when(pl.col("self_pair")).then(12.0).otherwise(0.0)
    effects = effects.with_columns(gain=more)
    assert only("mean_gain", effects, intermediate="mnli") == pytest.approx(14.0)
    assert only("mean_gain", effects, intermediate="mnli", retrieval=False) == pytest.approx(6.0)
    assert only("mean_gain", effects, intermediate="mnli", self_pairs=False) == pytest.approx(15.0)
    neither = {"retrieval": False, "self_pairs": False}
    assert only("mean_gain", effects, intermediate="mnli", **neither) == pytest.approx(0.0)
    assert only("mean_gain", effects, intermediate="mnli", targets=["xnli"]) == pytest.approx(12.0)


def test_a_seed_without_all_cells_does_not_count() -> None:
    effects = planted({"mnli": 3.0}, noise=0.0)
    odd = (pl.col("seed") == 0) & (pl.col("target") == "xnli")
    holes = effects.filter(~odd).with_columns(gain=pl.when(pl.col("seed") == 0).then(99.0).otherwise(pl.col("gain")))
    (found,) = MEASURES["mean_gain"](holes, {"intermediate": "mnli"}).estimates
    assert (found.value, found.seeds) == (pytest.approx(3.0), SEEDS - 1)


def test_families_and_seeds_may_both_vary() -> None:
    effects = planted({"mnli": 3.0})
    narrow = MEASURES["mean_gain"](effects, {"intermediate": "mnli"}).estimates[0]
    by_family = pl.col("family").replace_strict({"A": -2.0, "B": -1.0, "C": 1.0, "D": 2.0}, return_dtype=pl.Float64)
    wide = MEASURES["mean_gain"](
        effects.with_columns(gain=pl.col("gain") + by_family), {"intermediate": "mnli", "over": "families"}
    ).estimates[0]
    assert wide.over == "families and seeds" and wide.value == pytest.approx(narrow.value)
    assert wide.error is not None and narrow.error is not None and wide.error > 3 * narrow.error


def test_the_winner_is_not_judged_by_its_own_luck() -> None:
    """Five arms without effect: joint less best is 0 on average if the best is chosen on other seeds."""
    found = []
    for seed in range(40):
        draws = np.random.default_rng(seed)
        effects = planted({"mnli": 0.0, "squad": 0.0, "qqp": 0.0, "ccg": 0.0, "both": 0.0}, noise=0.0)
        noise = pl.DataFrame(
            [{"arm": arm, "seed": s, "noise": draws.normal(0, 1)} for arm in ARMS for s in range(SEEDS)]
        )
        noisy = effects.join(noise, on=["arm", "seed"]).with_columns(gain=pl.col("noise"))
        found.append(only("joint_over_best", noisy.select(list(EFFECTS))))
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(len(found))


def test_best_per_target_gets_the_best_of_each() -> None:
    effects = planted({"mnli": 0.0, "squad": 0.0}, noise=0.0)
    good = ((pl.col("arm") == "mnli") & (pl.col("target") == "xnli")) | (
        (pl.col("arm") == "squad") & (pl.col("target") != "xnli")
    )
    effects = effects.with_columns(gain=pl.when(good).then(3.0).otherwise(-3.0))
    assert only("best_per_target", effects) == pytest.approx(3.0)


def test_difference_and_pairs_alongside_mlm() -> None:
    effects = planted({"mnli": 3.0, "squad": 1.0, "mnli+mlm": 2.5, "squad+mlm": 0.0}, noise=0.0)
    assert only("gain_difference", effects, first=["mnli"], second=["squad"]) == pytest.approx(2.0)
    found = MEASURES["alone_over_mlm"](effects, {})
    assert found.estimates[0].value == pytest.approx(0.75)
    assert found.cells.startswith("2 intermediate tasks")
    with pytest.raises(Missing):
        MEASURES["alone_over_mlm"](planted({"mnli": 3.0}), {})


def test_each_intermediate_and_its_worst_target() -> None:
    effects = planted({"mnli": 3.0, "squad": 1.0, "hellaswag": 2.0, "qqp": -1.0, "ccg": 0.0}, noise=0.0)
    parts = dict(MEASURES["gain_of_each"](effects, {}).parts)
    assert {name: part.value for name, part in parts.items()} == pytest.approx(
        {"mnli": 3.0, "squad": 1.0, "hellaswag": 2.0, "qqp": -1.0, "ccg": 0.0}
    )
    lower = effects.with_columns(gain=pl.col("gain") - pl.col("retrieval").cast(pl.Float64) * 5)
    assert dict(MEASURES["smallest_gain_of_each"](lower, {}).parts)["mnli"].value == pytest.approx(-2.0)
    few = judge(claims()["C7"], planted({"mnli": 3.0}).with_columns(target=pl.lit("tydiqa")))
    assert few.word == "undecided" and few.why == ("only 1 intermediate task: 'several above' needs 5 or more",)


def test_slopes_over_sizes_of_data_and_of_backbones() -> None:
    sizes = [planted({"mnli": 0.4 * power}, noise=0.0, examples=10**power) for power in (2, 3, 4, 5)]
    named = [part.with_columns(arm=pl.lit(f"n{i}")) for i, part in enumerate(sizes)]
    assert only("size_slope", pl.concat(named)) == pytest.approx(0.4)
    with pytest.raises(Missing, match="three sizes"):
        only("size_slope", pl.concat(named[:2]))
    longer = [part.with_columns(arm=pl.col("arm") + " longer", gain=pl.col("gain") * 3) for part in named]
    alike = pl.concat([*longer, *(part.with_columns(updates=pl.lit(700, pl.Int64)) for part in named)])
    assert only("size_slope", alike) == pytest.approx(0.4)
    assert "4 sizes under equal updates" in MEASURES["size_slope"](alike, {}).cells
    little = pl.concat(named).with_columns(group=pl.when(pl.col("family") == "C").then(pl.lit("little")))
    assert "2 languages" in MEASURES["size_slope"](little, {"group": "little", "languages": ["te"]}).cells
    assert "1 language" in MEASURES["size_slope"](pl.concat(named), {"group": "little", "languages": ["te"]}).cells
    ladder = [planted({"mnli": -0.3 * power}, noise=0.0, parameters=10**power) for power in (6, 7, 8)]
    named = [part.with_columns(backbone=pl.lit(f"b{i}")) for i, part in enumerate(ladder)]
    assert only("scale_slope", pl.concat(named)) == pytest.approx(-0.3)
    assert only("scale_slope", pl.concat(named), targets=["xcopa"], else_all=True) == pytest.approx(-0.3)
    with pytest.raises(Missing, match="no scores"):
        only("scale_slope", pl.concat(named), targets=["xcopa"])


def test_several_languages_against_one_in_unseen_ones() -> None:
    one, several = planted({"mnli": 1.0}, noise=0.0), planted({"mnli": 2.5}, noise=0.0, sources="en+de+fr")
    several = several.with_columns(
        arm=pl.lit("several"),
        side=pl.when(pl.col("language").is_in(["de", "fr"])).then(pl.lit("intermediate")).otherwise(pl.col("side")),
    )
    found = MEASURES["multilingual_over_english"](pl.concat([one, several]), {})
    assert found.estimates[0].value == pytest.approx(1.5) and "4 languages" in found.cells
    more = several.with_columns(examples=pl.lit(5000, pl.Int64))
    with pytest.raises(Missing, match="as many rows and updates"):
        MEASURES["multilingual_over_english"](pl.concat([one, more]), {})


def test_slopes_of_one_group_less_another_are_taken_in_shared_families() -> None:
    sizes = [planted({"mnli": 0.4 * power}, noise=0.0, examples=10**power) for power in (2, 3, 4)]
    steep = pl.col("gain") + pl.when(pl.col("language") == "yo").then(pl.col("examples").log10()).otherwise(0.0)
    named = [part.with_columns(arm=pl.lit(f"n{i}"), gain=steep) for i, part in enumerate(sizes)]
    group = pl.when(pl.col("language") == "yo").then(pl.lit("little")).otherwise(pl.lit("much"))
    frame = pl.concat(named).with_columns(group=group)
    assert only("slope_difference", frame, group="little", than="much") == pytest.approx(1.0)
    apart = frame.filter(pl.col("language") != "sw")
    with pytest.raises(Missing, match="no family has languages both in little and in much"):
        only("slope_difference", apart, group="little", than="much")
    known = claim_from_table({"id": "a", "text": "b", "quantity": "slope_difference", **WHERE}, "here")
    assert known.rules[0].arguments == {"group": "little", "than": "much"}
    with pytest.raises(Problem, match="than: is missing"):
        claim_from_table({"id": "a", "text": "b", "quantity": "slope_difference", **WHERE, "than": None}, "here")


@pytest.mark.parametrize(("effect", "word"), [(3.0, "supported"), (-3.0, "refuted"), (0.55, "undecided")])
def test_a_claim_is_decided_by_what_was_planted(effect: float, word: str) -> None:
    table = {
        "id": "a",
        "text": "b",
        "kind": "own",
        "quantity": "mean_gain",
        "intermediate": "mnli",
        "comparison": "above",
        "value": 0.5,
    }
    claim = claim_from_table(table, "here")
    assert judge(claim, planted({"mnli": effect})).word == word
    few = judge(claim, planted({"mnli": effect}, seeds=5))
    assert few.word == "undecided" and few.why == ("5 seeds with all scores: a verdict needs 6",)
    other = judge(claim, planted({"mnli": effect}), ["another encoder"])
    assert (other.stated, other.word) == ("undecided", word)
    controlled = judge(claim, planted({"mnli": effect}), controlled=False)
    assert controlled.confidence is not None and controlled.confidence <= 0.9


def test_seeds_that_are_all_the_same_decide_nothing() -> None:
    claim = claims()["C3"]
    found = judge(claim, planted({"hellaswag": 7.0}, noise=0.0))
    assert found.word == "undecided" and "no spread" in found.why[0]


def test_a_number_is_refuted_when_the_gain_is_elsewhere() -> None:
    found = judge(claims()["C3"], planted({"hellaswag": 2.0}))
    assert [one.decision.word for one in found.outcomes] == ["refuted", "supported"]
    assert found.word == "refuted" and found.confidence is not None and found.confidence > 0.95
