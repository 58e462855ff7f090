"""Several languages against one: how arms are alike, what a language was to them, verdicts on planted differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from analysis_reading import Nothing, text
from xstilts.analysis.material import Material
from xstilts.analysis.multilingual import PARALLEL, TOKEN, UNIQUE, Phase, differences, families_of, matching, pairs
from xstilts.analysis.named import get_analysis
from xstilts.analysis.planted import XNLI, Truth, languages_table
from xstilts.analysis.section import Section
from xstilts.study.evidence import Evidence

TRUTH = Truth("test", XNLI, 6)
QUIET = Truth("quiet", XNLI, 8, family=0.1, language=0.1, seed=0.1, rest=0.2)
ONE = Phase("b", "one", "nli", ("en",), 4000, 250, 1000.0)


def planted(effect: float, truth: Truth = TRUTH, seed: int = 0) -> pl.DataFrame:
    return languages_table(truth, effect, np.random.default_rng(seed))


def told(frame: pl.DataFrame) -> list[Section]:
    return list(get_analysis("multilingual").run(Material(frame, Nothing(), Evidence())))


def primary(frame: pl.DataFrame) -> dict[str, dict[str, str]]:
    section = told(frame)[0]
    return {row[0].strip(): dict(zip(section.columns, row, strict=True)) for row in section.rows if row[1]}


@pytest.mark.parametrize(
    ("examples", "updates", "tokens", "how"),
    [
        (4000, 250, 1400.0, UNIQUE),
        (3000, 190, 1020.0, TOKEN),
        (16_000, 250, 5000.0, PARALLEL),
        (3000, 190, 1100.0, ""),
        (16_000, 1000, 5000.0, ""),
    ],
)
def test_how_two_arms_are_alike_is_read_off_what_they_did(
    examples: int, updates: float, tokens: float, how: str
) -> None:
    several = Phase("b", "several", "nli", ("en", "de", "sw", "tr"), examples, updates, tokens)
    assert matching(several, ONE) == how
    assert matching(several, replace(ONE, examples=0, updates=0, tokens=0)) == ""


def test_languages_are_told_apart_by_what_they_were_to_the_arm() -> None:
    frame = planted(1.0)
    (pair,) = pairs(frame)
    assert (pair.matching, pair.count) == (UNIQUE, 2)
    rows = differences(frame, pair, families_of(frame))
    places = dict(rows.select("language", "place").unique().iter_rows())
    assert places["l0"] == "seen" and places["l1"] == "unseen language" and places["l9"] == "unseen family"


def test_planted_differences_come_back_with_their_verdict() -> None:
    rows = primary(planted(3.0))
    assert rows["unseen, all"]["verdict"] == "more"
    assert abs(float(rows["unseen, all"]["difference"]) - 3.0) < 1.0
    assert primary(planted(-4.0))["unseen, all"]["verdict"] == "less"
    same = primary(planted(0.0, QUIET))["unseen, all"]
    assert same["verdict"] == "no difference" and float(same["TOST"]) < 0.05


def test_no_evidence_of_a_difference_is_no_evidence_of_none() -> None:
    loud = Truth("loud", XNLI, 6, family=2.0, language=1.0)
    assert primary(planted(0.0, loud))["unseen, all"]["verdict"] == "undecided"


def test_few_seeds_and_one_family_are_undecided_with_the_reason() -> None:
    sections = told(planted(4.0, Truth("few", XNLI, 2)))
    assert "2 seeds, 6 are needed" in text(sections[:1])
    assert sections[0].rows[1][1] == "undecided"
    assert "1 family, 2 are needed" in text(told(planted(4.0, Truth("one", (3,), 6)))[:1])


def test_arms_that_are_alike_in_no_way_are_named() -> None:
    frame = planted(1.0)
    other = frame.with_columns(
        intermediate_examples=pl.when(pl.col("arm") == "several").then(700).otherwise(pl.col("intermediate_examples")),
        updates=pl.when(pl.col("arm") == "several").then(800).otherwise(pl.col("updates")),
        tokens=pl.when(pl.col("arm") == "several").then(80_000).otherwise(pl.col("tokens")),
    )
    (only,) = told(other)
    assert "several: alike to no arm in one language; nearest one (-40 % tokens" in text([only])


def test_a_family_is_judged_by_the_arm_that_left_it_out() -> None:
    frame = planted(2.0, QUIET)
    renamed = frame.with_columns(arm=pl.when(pl.col("arm") == "several").then(pl.lit("without f3")).otherwise("arm"))
    section = next(one for one in told(renamed) if one.title.startswith("One family left out"))
    assert section.rows[-1][0].startswith("together") and abs(float(section.rows[-1][4]) - 2.0) < 0.5


def test_self_pairs_stand_apart() -> None:
    rows = primary(planted(2.0).with_columns(self_pair=pl.col("arm") != "baseline"))
    assert set(rows) == {"self-pairs, unseen"}
