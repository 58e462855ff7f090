"""Gains of planted tables: what was put in must come out, and nothing that is missing may move an average."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.analysis import gains

FAMILY = {"aa": "North", "ab": "North", "ba": "South", "ca": "East"}
TYPES = {"nli": "classification", "tags": "token_classification", "find": "retrieval"}


def cell(arm: str, target: str, language: str, seed: int, score: float | None, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "study": "s",
        "backbone": "tiny",
        "arm": arm,
        "target": target,
        "task_type": TYPES[target],
        "language": language,
        "family": FAMILY[language],
        "split": "test",
        "metric": "accuracy",
        "protocol": "",
        "score": score,
        "floor": 33.0,
        "examples": 1000,
        "seed": seed,
        "self_pair": arm == "nli" and target == "nli",
        "seen": "labels+text" if language == "aa" and target != "find" else "text",
    }
    return row | more


def planted(
    effects: dict[str, float], seeds: int = 3, targets: tuple[str, ...] = ("nli", "tags", "find")
) -> pl.DataFrame:
    rows = []
    for target in targets:
        for language in FAMILY:
            if target == "find" and language == "aa":
                continue
            for seed in range(seeds):
                base = 70.0 + 3 * seed + len(language)
                rows.append(cell("baseline", target, language, seed, base))
                for arm, effect in effects.items():
                    twist = 0.5 * (seed - 1)
                    rows.append(cell(arm, target, language, seed, base + effect + twist))
    return gains.paired(pl.DataFrame(rows))


def one(lines: list[gains.Summary], **values: str) -> gains.Summary:
    found = [line for line in lines if values.items() <= line.values.items()]
    assert len(found) == 1, values
    return found[0]


def test_gains_are_paired_by_seed_so_seed_noise_of_the_baseline_cancels() -> None:
    lines = gains.by_target(planted({"nli": 4.0, "tags": -2.0}), "zero-shot")
    found = one(lines, target="tags", arm="nli")
    assert found.gain.mean == pytest.approx(4.0)
    assert found.gain.deviation == pytest.approx(0.5)
    assert found.languages == 3
    assert one(lines, target="tags", arm="tags").gain.mean == pytest.approx(-2.0)


def test_order_of_rows_and_unfinished_cells_do_not_move_a_gain() -> None:
    frame = planted({"nli": 4.0})
    extra = pl.DataFrame([cell("tags", "nli", "ba", 0, None)], schema_overrides={"score": pl.Float64})
    mixed = gains.paired(pl.concat([frame.drop("baseline", "gain"), extra]).sample(fraction=1.0, shuffle=True, seed=1))
    before, after = gains.averages(frame), gains.averages(mixed)
    assert {str(line.values): line.gain.mean for line in after} == pytest.approx(
        {str(line.values): line.gain.mean for line in before}
    )


def test_swapping_arm_and_baseline_negates_the_gain() -> None:
    frame = planted({"tags": 4.0}).drop("baseline", "gain")
    names = {"baseline": "tags", "tags": "baseline"}
    swapped = gains.paired(frame.with_columns(arm=pl.col("arm").replace(names)))
    there = one(gains.by_target(gains.paired(frame), "zero-shot"), target="nli", arm="tags").gain
    back = one(gains.by_target(swapped, "zero-shot"), target="nli", arm="tags").gain
    assert back.mean == pytest.approx(-there.mean)


def test_a_seed_that_lacks_a_cell_is_left_out_and_counted() -> None:
    frame = planted({"tags": 4.0})
    holes = frame.with_columns(
        score=pl.when((pl.col("arm") == "tags") & (pl.col("seed") == 2) & (pl.col("language") == "ba"))
        .then(None)
        .otherwise(pl.col("score"))
    )
    found = one(gains.by_target(gains.paired(holes), "zero-shot"), target="nli", arm="tags")
    assert (found.seeds, found.seeds_left_out, found.languages) == (2, 1, 3)
    assert found.gain.mean == pytest.approx(4.0 - 0.25)


def test_averages_say_what_they_average() -> None:
    lines = gains.averages(planted({"nli": 4.0}))
    everything = one(lines, self_pairs="with", retrieval="with")
    least = one(lines, self_pairs="without", retrieval="without")
    assert (everything.targets, everything.languages) == (3, 3)
    assert (least.targets, least.languages) == (1, 3)


def test_labelled_language_stays_apart() -> None:
    frame = planted({"tags": 1.0})
    assert one(gains.by_target(frame, "labelled"), target="nli", arm="tags").languages == 1
    assert not [line for line in gains.by_target(frame, "labelled") if line.values["target"] == "find"]


def test_a_target_near_its_floor_leaves_the_averages_but_not_the_lines() -> None:
    frame = planted({"tags": 4.0})
    low = pl.col("target") == "nli"
    weak = gains.paired(frame.with_columns(score=pl.when(low).then(34.0 + pl.col("seed")).otherwise(pl.col("score"))))
    flags = dict(gains.floors(weak).select("target", "clear").iter_rows())
    assert flags == {"nli": False, "tags": True, "find": True}
    assert one(gains.averages(weak), self_pairs="with", retrieval="with").targets == 2
    assert one(gains.by_target(weak, "zero-shot"), target="nli", arm="tags")


def test_floor_rule_asks_for_three_standard_errors_on_small_sets() -> None:
    rows = [cell("baseline", "nli", "aa", 0, 40.0, examples=n) for n in (100,)]
    small = gains.floors(gains.paired(pl.DataFrame(rows)))
    assert small["needed"][0] == pytest.approx(3 * (40 * 60 / 100) ** 0.5)
    assert not small["clear"][0]
    large = gains.floors(gains.paired(pl.DataFrame([cell("baseline", "nli", "aa", 0, 40.0, examples=5000)])))
    assert large["clear"][0]


def test_family_gains_leave_self_pairs_out_and_weigh_targets_alike() -> None:
    lines = gains.by_group(planted({"nli": 4.0}), "family")
    assert {line.values["family"] for line in lines} == {"North", "South", "East"}
    assert all(line.targets == 2 for line in lines)
    assert all(line.gain.mean == pytest.approx(4.0) for line in lines)


def test_primary_interval_covers_families_and_seeds() -> None:
    found = gains.over_families(planted({"nli": 4.0}), "nli", "tiny")
    assert found is not None and found.over == "families and seeds"
    assert found.mean == pytest.approx(4.0)


def test_transfer_ratio_is_one_where_nothing_is_lost_and_null_at_the_floor() -> None:
    frame = planted({"tags": 1.0}, targets=("nli",))
    ratios = gains.transfer_ratios(frame)
    assert ratios["ratio"].to_list() == pytest.approx([1.0, 1.0])
    flat = gains.transfer_ratios(frame.with_columns(score=pl.lit(33.5)))
    assert flat["ratio"].to_list() == [None, None]


def test_transfer_ratio_is_null_where_the_floors_are_of_different_kinds() -> None:
    """As of tags: the floor knows the most frequent tag of a word in the labelled language, and of none in others."""
    frame = planted({"tags": 1.0}, targets=("nli",))
    labelled = pl.col("seen") == "labels+text"
    tags = frame.with_columns(floor=pl.when(labelled).then(pl.col("score") - 5).otherwise(pl.col("score") - 45))
    assert gains.transfer_ratios(tags)["ratio"].to_list() == [None, None]


def test_labels_of_the_intermediate_phase_make_a_third_side() -> None:
    frame = planted({"tags": 1.0}, targets=("nli",))
    multilingual = (pl.col("arm") == "tags") & (pl.col("language") == "ab")
    frame = frame.with_columns(seen=pl.when(multilingual).then(pl.lit("labels")).otherwise(pl.col("seen")))
    assert one(gains.by_target(frame, "zero-shot"), arm="tags").languages == 2
    assert one(gains.by_target(frame, "zero-shot"), arm="baseline").languages == 3
    assert one(gains.by_target(frame, "intermediate"), arm="tags").languages == 1
    assert one(gains.by_target(frame, "labelled"), arm="tags").languages == 1


@given(floor=st.floats(0, 100), examples=st.integers(1, 10_000), score=st.floats(0, 100))
def test_the_least_clear_score_is_where_the_hurdle_is_met(floor: float, examples: int, score: float) -> None:
    least = gains.least_clear(floor, examples)
    if abs(score - least) > 1e-6 and score > floor:
        needed = max(gains.hurdle(one, examples)[1] for one in (score, floor))
        assert (score > least) == (score - floor > needed)
