"""The analyses that studies name, on tables whose truth is known and on tables that can not answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.analysis import gains
from xstilts.analysis.gains import BASELINE
from xstilts.analysis.material import Material
from xstilts.analysis.named import get_analysis, names
from xstilts.analysis.named.gains import judged
from xstilts.analysis.planted import XNLI, Truth, curve, results
from xstilts.analysis.scaling.curves import curves, name_of
from xstilts.analysis.section import Section
from xstilts.catalogue.errors import Problem
from xstilts.study.evidence import Evidence

TRUTH = Truth("test", XNLI, 6)
SIZES = (300, 1000, 3000, 10_000, 30_000, 100_000, 300_000)


class Nothing:
    """A reader whose store is empty."""

    def predictions(self, score: str) -> pa.Table | None:
        return None

    counts = gold = predictions


def told(name: str, frame: pl.DataFrame, **more: Any) -> list[Section]:
    return list(get_analysis(name).run(Material(frame, Nothing(), Evidence(), **more)))


def text(sections: list[Section]) -> str:
    return "\n".join(" ".join([one.title, *(" ".join(row) for row in one.rows), *one.notes]) for one in sections)


def planted(effect: float, truth: Truth = TRUTH, seed: int = 0) -> pl.DataFrame:
    return results(truth, effect, np.random.default_rng(seed))


def rising(slope: float, sizes: tuple[int, ...] = SIZES, truth: Truth = TRUTH, seed: int = 0) -> pl.DataFrame:
    return curve(truth, slope, sizes, np.random.default_rng(seed))


@pytest.mark.parametrize(("effect", "word"), [(4.0, "supported"), (-3.0, "refuted"), (0.5, "undecided")])
def test_gains_give_a_verdict(effect: float, word: str) -> None:
    (primary, *_) = told("gains", planted(effect))
    (row,) = primary.rows
    assert row[:3] == ("arm", "all", word)
    found = dict(zip(primary.columns, row, strict=True))
    low, high = (float(part) for part in found["95 %"].split(" .. "))
    assert low < float(found["gain"]) < high


@pytest.mark.parametrize(
    ("truth", "reason"),
    [
        (Truth("few", XNLI, 3), "3 seeds, 6 are needed"),
        (Truth("one", XNLI, 1), "1 seed, 6 are needed"),
        (Truth("single", (5,), 6), "1 family, 2 are needed"),
        (Truth("same", XNLI, 6, 0, 0, 0, 0), "no spread"),
    ],
)
def test_what_gains_can_not_say_is_undecided_with_the_reason(truth: Truth, reason: str) -> None:
    (primary, *_) = told("gains", planted(4.0, truth))
    assert primary.rows[0][2] == "undecided" and reason in text([primary])


def test_runs_without_score_or_partner_and_runs_that_did_not_learn_are_counted() -> None:
    frame = planted(1.0).drop("baseline", "gain")
    lost = (pl.col("arm") == BASELINE) & (pl.col("language") == "l3") & (pl.col("seed") == 0)
    flat = (pl.col("language") == "source") & (pl.col("seed") < 2)
    scores = pl.when(lost).then(None).when(flat).then(35.0).otherwise(pl.col("score"))
    sections = {one.title: one for one in told("gains", gains.paired(frame.with_columns(score=scores)))}
    rows = {row[0]: row[1:] for row in sections["Runs that are missing or did not learn"].rows}
    assert rows["baseline (planted)"] == ("1", "0", "2 of 6") and rows["arm (planted)"] == ("0", "1", "0 of 0")


def test_gains_are_also_told_without_the_pairs_of_runs_that_did_not_learn() -> None:
    """Baselines of seeds 0 and 1 that stay near the floor make a gain of thirty points; without them it is one."""
    frame = planted(1.0, Truth("test", XNLI, 8)).drop("baseline", "gain")
    unlearned = (pl.col("arm") == BASELINE) & (pl.col("seed") < 2)
    near = pl.when(unlearned).then(pl.col("floor") + 1).otherwise(pl.col("score"))
    sections = {one.title: one for one in told("gains", gains.paired(frame.with_columns(score=near)))}
    (row,) = (
        dict(zip(one.columns, row, strict=True))
        for one in (sections["Gains without runs that did not learn"],)
        for row in one.rows
    )
    left_out = frame.filter((pl.col("arm") == "arm") & (pl.col("seed") < 2)).height
    assert row["scores left out"] == f"{left_out} of {left_out * 4}"
    assert float(row["gain"]) > 5 > 3 > float(row["gain without"]) and abs(float(row["median of seeds"])) < 3
    assert "Gains without runs that did not learn" not in text(told("gains", planted(1.0)))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(-3, 3))
def test_swapping_arm_and_baseline_negates_every_gain(seed: int, effect: float) -> None:
    frame = planted(effect, seed=seed)
    names = pl.when(pl.col("arm") == BASELINE).then(pl.lit("arm")).otherwise(pl.lit(BASELINE))
    # The labelled language is in both, so that both count as learned.
    own = frame.filter(pl.col("language") == "source")
    both = pl.concat([frame, own.with_columns(arm=pl.lit("arm"))])
    there, back = (
        gains.averaged(gains.paired(one.drop("baseline", "gain")), "arm", "planted")
        for one in (both, both.with_columns(arm=names))
    )
    joined = there.join(back, on=["language", "seed"], suffix="_back")
    assert joined["gain"].to_numpy() == pytest.approx(-joined["gain_back"].to_numpy(), abs=1e-9)
    one, other = judged(there, Evidence())[0], judged(back, Evidence())[0]
    assert one is not None and other is not None
    assert (one.mean, one.error) == pytest.approx((-other.mean, other.error))


def test_scaling_follows_a_planted_slope() -> None:
    slopes, followed = told("scaling", rising(1.5))
    assert slopes.rows[0][:4] == ("arm", "same", "all", "supported")
    assert abs(float(slopes.rows[0][4]) - 1.5) < 0.6
    assert [row[0] for row in followed.rows] == ["logarithmic", "saturating"]
    flat, _ = told("scaling", rising(0.0, seed=1))
    assert flat.rows[0][3] != "supported"


def test_scaling_tells_groups_of_languages_apart() -> None:
    frame = rising(1.0)
    frame = frame.with_columns(
        score=pl.when(pl.col("language").is_in(["l0", "l1"]) & (pl.col("arm") != BASELINE))
        .then(pl.col("score") + 3 * pl.col("intermediate_examples").log10())
        .otherwise(pl.col("score"))
    )
    few = {"little": ("l0", "l1"), "much": ("l2", "l3", "l4")}
    (slopes, _) = told("scaling", gains.paired(frame.drop("baseline", "gain")), groups=few)
    found = {row[2]: float(row[4]) for row in slopes.rows}
    assert found["little"] > found["much"] + 2
    assert found["little less much"] == pytest.approx(found["little"] - found["much"], abs=0.02)
    assert "1 family, 2 are needed" in text([slopes])


@pytest.mark.parametrize(
    ("sizes", "truth", "reason"),
    [
        (SIZES[:3], TRUTH, "3 sizes, 4 are needed"),
        (SIZES, Truth("few", XNLI, 2), "2 seeds, 6 are needed"),
        (SIZES, Truth("single", (5,), 6), "1 family, 2 are needed"),
    ],
)
def test_too_few_sizes_seeds_or_families_leave_a_slope_undecided(
    sizes: tuple[int, ...], truth: Truth, reason: str
) -> None:
    (slopes, *_) = told("scaling", rising(2.0, sizes, truth))
    assert slopes.rows[0][3] == "undecided" and reason in text([slopes])


def test_a_study_without_sizes_says_so() -> None:
    assert "Nothing can be said" in text(told("scaling", planted(1.0)))


def test_curves_are_named_by_what_comes_before_the_number() -> None:
    assert [name_of(arm) for arm in ("nli 300", "nli same updates 1000", "nli", "300", "nli 300 b")] == [
        "nli",
        "nli same updates",
        None,
        None,
        "nli",
    ]


def test_a_curve_keeps_seeds_and_languages_that_have_every_cell() -> None:
    frame = rising(1.0)
    lost = (pl.col("arm") == "arm 300") & (pl.col("language") == "l2") & (pl.col("seed") == 4)
    gone = (pl.col("arm") == "arm 300") & (pl.col("language") == "l5")
    kept = frame.filter(~lost & ~gone)
    (found,) = curves(kept)
    assert found.errors.shape == (13, 7, 5) and found.left_out == 2
    assert "l5" not in found.languages


def test_variance_names_the_parts_and_finds_the_rest() -> None:
    (section,) = told("variance", planted(1.0, Truth("many", (3,) * 12, 6)))
    found = dict(zip(section.columns, section.rows[0], strict=True))
    assert float(found["rest"]) == pytest.approx(0.5, rel=0.15) and float(found["language"]) > 0.4
    assert "no deviation for target: there is only one" in text([section])


class Counted(Nothing):
    """A reader with accuracy counts that fit the scores of the table."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._scores = dict(frame.select("job", "score").iter_rows())

    def counts(self, score: str) -> pa.Table | None:
        right = np.arange(2000) < round(20 * self._scores[score])
        return pa.table({"correct": right.astype(float)})


def test_bootstrap_reads_counts_and_centres_on_the_gain() -> None:
    frame = planted(4.0, Truth("small", (2, 1), 3)).with_columns(job=pl.int_range(pl.len()).cast(pl.String))
    material = Material(frame, Counted(frame), Evidence())
    (section,) = get_analysis("bootstrap").run(material)
    found = dict(zip(section.columns, section.rows[0], strict=True))
    mean = frame.filter(pl.col("arm") == "arm")["gain"].mean()
    assert isinstance(mean, float) and float(found["gain"]) == pytest.approx(mean, abs=0.06)
    both, examples = (found[name].split(" .. ") for name in ("95 %, seeds and examples", "95 %, examples"))
    assert float(both[0]) <= float(examples[0]) + 0.3 and float(examples[1]) <= float(both[1]) + 0.3
    assert "not in the store" in text(told("bootstrap", frame))


@pytest.mark.parametrize("name", names())
def test_every_analysis_says_something_about_a_table_without_results(name: str) -> None:
    frame = planted(1.0).with_columns(score=pl.lit(None, dtype=pl.Float64)).drop("baseline", "gain")
    found = told(name, gains.paired(frame))
    assert found and text(found).strip()
    assert get_analysis(name).name == name


def test_an_unknown_analysis_has_a_nearest_name() -> None:
    with pytest.raises(Problem, match="did you mean 'scaling'"):
        get_analysis("scalling")
