"""The analysis ``calibration`` finds what was planted, and says what it can not."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from xstilts.analysis.calibration.table import calibrated
from xstilts.analysis.material import Material
from xstilts.analysis.named import get_analysis
from xstilts.analysis.section import Section
from xstilts.analysis.table import frame
from xstilts.data.random import stream
from xstilts.study.evidence import Evidence

# Logits of a perfect model times this: too sure above 1, the same as a temperature of 1 over it.
SHARPNESS = {"en": 1.0, "de": 1.25, "sw": 2.0, "tr": 2.0}


def table(arms: tuple[str, ...] = ("baseline", "mnli"), seeds: int = 3, examples: int = 1500) -> pl.DataFrame:
    """The results table, scores left at 70: calibration does not read them."""
    rows = [
        {
            "study": "made@full",
            "backbone": "base",
            "arm": arm,
            "target": "xnli",
            "task_type": "classification",
            "language": language,
            "split": "test",
            "metric": "accuracy",
            "protocol": "xtreme",
            "score": 70.0,
            "floor": 33.3,
            "examples": examples,
            "seed": seed,
            "status": "done",
            "self_pair": False,
            "seen": "labels" if language == "en" else "nothing",
            "job": f"{arm}/{language}/{seed}/{examples}",
        }
        for arm in arms
        for language in SHARPNESS
        for seed in range(seeds)
    ]
    return frame(rows)


class Made:
    """Predictions drawn so that labels fit the logits before they are sharpened, and sharpened again by an arm."""

    def __init__(self, arm: float = 1.5, dev: int | None = 1200, logits: bool = True) -> None:
        self.arm, self.dev, self.logits = arm, dev, logits

    def predictions(self, score: str) -> pa.Table | None:
        return self._made(*score.split("/"))[0]

    def gold(self, score: str) -> pa.Table | None:
        return self._made(*score.split("/"))[1]

    def counts(self, score: str) -> pa.Table | None:
        return None

    def trained_on(self, score: str) -> dict[str, list[str]]:
        return {}

    def labelled(self, score: str, split: str) -> tuple[pa.Table, pa.Table] | None:
        arm, _, seed, _ = score.split("/")
        return self._made(arm, "en", f"dev {seed}", str(self.dev)) if self.dev else None

    def changed(self, score: str, change: str) -> pa.Table | None:
        return None

    def _made(self, arm: str, language: str, seed: str, examples: str) -> tuple[pa.Table, pa.Table]:
        rng = stream(0, language, seed, examples)  # the same for both arms, as a parallel test set is
        true = rng.normal(0, 1.5, (int(examples), 3))
        shares = np.exp(true) / np.exp(true).sum(axis=1, keepdims=True)
        labels = (rng.random((len(true), 1)) > shares.cumsum(axis=1)).sum(axis=1)
        said = true * SHARPNESS[language] * (1.0 if arm == "baseline" else self.arm)
        columns = {"prediction": pa.array(said.argmax(axis=1), pa.int16())}
        if self.logits:
            columns["logits"] = pa.array(said.astype(np.float32).tolist(), pa.list_(pa.float32()))
        return pa.table(columns), pa.table({"label": pa.array(labels, pa.int16())})


def material(rows: pl.DataFrame | None = None, made: Made | None = None) -> Material:
    return Material(table() if rows is None else rows, made or Made(), Evidence())


@pytest.fixture(scope="module")
def told() -> dict[str, Section]:
    return {section.title: section for section in get_analysis("calibration").run(material())}


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    return calibrated(material()).rows


def lines(section: Section) -> dict[tuple[str, ...], dict[str, str]]:
    return {row[: section.left]: dict(zip(section.columns, row, strict=True)) for row in section.rows}


def test_planted_sharpness_comes_back_as_each_languages_temperature(rows: pl.DataFrame) -> None:
    own = rows.filter((pl.col("scaling") == "own") & (pl.col("arm") == "baseline"))
    found = own.group_by("language").agg(pl.col("temperature").log().mean().exp())
    for language, temperature in found.iter_rows():
        assert temperature == pytest.approx(SHARPNESS[language], rel=0.1)


def test_a_temperature_from_english_mends_what_an_arm_did_to_all_but_not_what_differs(rows: pl.DataFrame) -> None:
    means = rows.group_by("arm", "language", "scaling").agg(pl.col("debiased").mean())
    found = {tuple(names): 100 * value**0.5 if value > 0 else 0.0 for *names, value in means.iter_rows()}
    for language in ("en", "sw"):
        before, arm = found["baseline", language, "raw"], found["mnli", language, "raw"]
        mended = found["mnli", language, "dev"]
        assert arm > before + 2  # points
        assert mended == pytest.approx(before, abs=1.5)
    assert found["mnli", "sw", "dev"] > 8 > 3 > found["mnli", "sw", "own"]
    assert found["baseline", "en", "isotonic"] < 3


def test_errors_by_language_are_shown_with_dev_and_own_temperature(told: dict[str, Section]) -> None:
    found = lines(told["Calibration by language (points): xnli"])
    assert list(found) == [(arm, language) for arm in ("baseline", "mnli") for language in SHARPNESS]
    swahili = found["mnli", "sw"]
    assert float(swahili["error raw"]) > float(swahili["error dev"]) > float(swahili["error own"])
    assert float(swahili["own / dev"]) == pytest.approx(2.0, rel=0.15)
    assert float(found["mnli", "en"]["T dev"]) == pytest.approx(1.5, rel=0.1)
    assert "Means over languages and seeds (0, 1, 2)." in told["Calibration (points): xnli"].notes


def test_means_of_each_side_are_shown_for_both_errors(told: dict[str, Section]) -> None:
    found = lines(told["Calibration (points): xnli"])
    assert list(found) == [(arm, side) for arm in ("baseline", "mnli") for side in ("labelled", "zero-shot")]
    row = found["mnli", "zero-shot"]
    for measure in ("error", "smooth"):
        assert float(row[f"{measure} raw"]) > float(row[f"{measure} dev"]) > float(row[f"{measure} own"])


def test_a_target_that_was_not_learned_is_marked() -> None:
    near = table(seeds=1).with_columns(score=pl.col("score") - 36.0)
    for rows, marked in ((near, True), (table(seeds=1), False)):
        notes = get_analysis("calibration").run(material(rows))[0].notes
        assert any("did not clearly learn" in note for note in notes) is marked


def test_columns_have_names_of_their_own(told: dict[str, Section]) -> None:
    assert all(len(set(section.columns)) == len(section.columns) for section in told.values())


def test_degradation_has_a_sign_and_an_interval(told: dict[str, Section]) -> None:
    section = told["What intermediate training changes in calibration: xnli"]
    found = lines(section)
    assert set(found) == {
        ("mnli", one, of) for one in ("error²", "smooth") for of in ("labelled", "zero-shot", "widening")
    }
    change = found["mnli", "smooth", "zero-shot"]
    assert float(change["raw"]) > 2
    low, high = (
        float(end) for end in section.rows[list(found).index(("mnli", "smooth", "zero-shot"))][4].split(" .. ")
    )
    assert low < float(change["raw"]) < high


def test_swapping_the_arms_negates_the_change() -> None:
    rows = table()
    names = {"baseline": "mnli", "mnli": "baseline"}
    swapped = rows.with_columns(pl.col("arm").replace(names))
    title = "What intermediate training changes in calibration: xnli"
    there, back = (
        next(one for one in get_analysis("calibration").run(material(each)) if one.title == title)
        for each in (rows, swapped)
    )
    for one, other in zip(there.rows, back.rows, strict=True):
        assert float(one[3]) == -float(other[3])


def test_without_development_rows_it_says_how_to_get_them_and_shows_the_rest() -> None:
    told = get_analysis("calibration").run(material(made=Made(dev=None)))
    assert "24 scores without 'dev'" in " ".join(told[-1].notes)
    assert 'analyses = ["calibration"]' in " ".join(told[-1].notes)
    row = lines(told[1])["baseline", "sw"]
    assert row["error dev"] == row["T dev"] == row["own / dev"] == ""
    assert float(row["error raw"]) > 5


def test_an_arm_of_which_a_seed_lacks_development_rows_has_no_dev_at_all() -> None:
    class Partly(Made):
        def labelled(self, score: str, split: str) -> tuple[pa.Table, pa.Table] | None:
            return None if score.startswith("mnli/") and score.split("/")[2] == "1" else super().labelled(score, split)

    found = calibrated(material(table(examples=200), Partly(dev=200)))
    assert found.without_dev == 12  # 4 languages x 3 seeds of the one arm
    ways = found.rows.group_by("arm", "scaling").agg(pl.col("seed").n_unique())
    assert set(ways.iter_rows()) == {
        *(("baseline", way, 3) for way in ("raw", "dev", "own")),
        *(("mnli", way, 3) for way in ("raw", "own")),
    }


def test_isotonic_needs_a_thousand_rows() -> None:
    assert "isotonic" not in set(calibrated(material(made=Made(dev=999))).rows["scaling"])


def test_predictions_without_logits_or_too_few_are_counted() -> None:
    (nothing,) = get_analysis("calibration").run(material(made=Made(logits=False)))
    assert not nothing.rows
    assert "24 scores left out: predictions without logits." in nothing.notes
    (few,) = get_analysis("calibration").run(material(table(examples=29)))
    assert "24 scores left out: fewer than 30 examples." in few.notes


def test_a_lone_arm_and_seed_give_no_interval() -> None:
    told = get_analysis("calibration").run(material(table(arms=("baseline",), seeds=1)))
    assert not any(one.title.startswith("What intermediate") for one in told)
    told = get_analysis("calibration").run(material(table(seeds=1)))
    labelled = next(one for one in told if one.title.startswith("What intermediate")).rows[0]
    assert labelled[2] == "labelled"
    assert (labelled[4], labelled[6], labelled[7]) == ("undecided", "undecided", "1")
