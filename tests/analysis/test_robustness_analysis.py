"""The analysis ``robustness`` on predictions whose weaknesses are made."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from xstilts.analysis.material import Material
from xstilts.analysis.named import get_analysis
from xstilts.analysis.section import Section
from xstilts.analysis.table import frame
from xstilts.data.random import stream
from xstilts.study.evidence import Evidence

SIZE = 400
LANGUAGES = {"en": 0.9, "de": 0.8, "zh": 0.7}  # the share that is right


def table(task_type: str = "classification") -> pl.DataFrame:
    rows = [
        {
            "study": "made@full",
            "backbone": "base",
            "arm": arm,
            "target": "pawsx",
            "task_type": task_type,
            "language": language,
            "split": "test",
            "metric": "accuracy",
            "protocol": "xtreme",
            "score": 80.0,
            "examples": SIZE,
            "seed": seed,
            "status": "done",
            "self_pair": False,
            "seen": "labels" if language == "en" else "nothing",
            "job": f"{arm}/{language}/{seed}",
        }
        for arm in ("baseline", "robust")
        for language in LANGUAGES
        for seed in range(3)
    ]
    return frame(rows)


class Made:
    """Labels alike in all languages. After a change the baseline errs on a fifth more of the rows, the arm
    ``robust`` on none. ``mixed`` is there but in English; shuffled pairs are always found to differ."""

    def __init__(self, changes: bool = True) -> None:
        self.changes = changes
        self.labels = (np.arange(SIZE) % 2).astype(np.int64)

    def said(self, score: str) -> np.ndarray:
        _, language, seed = score.split("/")  # both arms are right on the same rows
        wrong = stream(0, language, seed).random(SIZE) > LANGUAGES[language]
        return np.where(wrong, 1 - self.labels, self.labels)

    def predictions(self, score: str) -> pa.Table | None:
        return pa.table({"prediction": pa.array(self.said(score), pa.int16())})

    def gold(self, score: str) -> pa.Table | None:
        texts = [f"w{i} the cat saw {'a' * (i % 7)} dog" for i in range(SIZE)]
        return pa.table({"text_a": texts, "text_b": texts[::-1], "label": pa.array(self.labels, pa.int16())})

    def counts(self, score: str) -> pa.Table | None:
        return None

    def trained_on(self, score: str) -> dict[str, list[str]]:
        return {}

    def labelled(self, score: str, split: str) -> tuple[pa.Table, pa.Table] | None:
        return None

    def changed(self, score: str, change: str) -> pa.Table | None:
        arm, language, seed = score.split("/")
        if not self.changes or (change == "mixed" and language == "en"):
            return None
        said = self.said(score)
        fifth = stream(1, language, seed, change).random(SIZE) < 0.2
        now = np.where(fifth, 1 - said, said) if arm == "baseline" and change != "recased" else said
        moved = np.full(SIZE, change != "recased")
        if change == "shuffled":
            now = np.zeros(SIZE, dtype=np.int64)
        return pa.table({"prediction": pa.array(now, pa.int16()), "changed": moved})


@pytest.fixture(scope="module")
def told() -> dict[str, Section]:
    material = Material(table(), Made(), Evidence())
    return {section.title.split(" (")[0]: section for section in get_analysis("robustness").run(material)}


def lines(section: Section) -> dict[tuple[str, ...], dict[str, str]]:
    return {row[: section.left]: dict(zip(section.columns, row, strict=True)) for row in section.rows}


def test_planted_shares_come_back_by_language(told: dict[str, Section]) -> None:
    found = lines(told["The same words, another meaning"])
    assert list(found) == [(arm, language) for arm in ("baseline", "robust") for language in LANGUAGES]
    for language, right in LANGUAGES.items():
        row = found["baseline", language]
        assert float(row["right"]) == pytest.approx(100 * right, abs=4)
        assert float(row["false same"]) == pytest.approx(100 * (1 - right), abs=5)
    assert float(found["baseline", "zh"]["lost"]) == pytest.approx(100 * 0.9 * 0.3, abs=4)
    assert found["baseline", "en"]["lost"] == ""


def test_a_change_that_does_nothing_is_left_out_and_one_that_is_not_there_is_empty(told: dict[str, Section]) -> None:
    found = lines(told["After small changes"])
    german, english = found["baseline", "de"], found["baseline", "en"]
    assert german["case"] == ""
    assert (german["K"], english["K"]) == ("4", "3")
    assert english["mixed"] == ""
    assert float(german["swap"]) == pytest.approx(80, abs=4)
    assert float(german["right K"]) == pytest.approx(80 * 0.8**4, abs=5)
    assert float(english["attack"]) == pytest.approx(100 * (1 - 0.8**3), abs=5)
    assert (found["robust", "de"]["attack"], found["robust", "de"]["shuffle"]) == ("0.0", "100.0")


def test_agreement_of_all_languages_and_robustness_beyond_accuracy(told: dict[str, Section]) -> None:
    both = lines(told["The same pair in all languages"])
    assert both["baseline",]["languages"] == "3"
    assert float(both["baseline",]["all right"]) == pytest.approx(100 * 0.9 * 0.8 * 0.7, abs=4)
    beyond = lines(told["Robust accuracy beyond what accuracy explains"])["robust",]
    low, high = (float(end) for end in beyond["95 %"].split(" .. "))
    assert 30 < low < float(beyond["effect"]) < high < 60


def test_scores_that_lack_a_change_are_left_out_and_a_dictionary_counts_only_where_all_arms_had_it() -> None:
    class Partly(Made):
        def changed(self, score: str, change: str) -> pa.Table | None:
            lacking = {"baseline/de/0": "mistyped", "robust/zh/1": "mixed"}
            return None if lacking.get(score) == change else super().changed(score, change)

    told = get_analysis("robustness").run(Material(table(), Partly(), Evidence()))
    assert told[-1].notes[0].startswith("1 scores of classifications are no paraphrases, or not yet")
    found = lines(told[1])
    assert [found["baseline", code]["K"] for code in ("de", "zh")] == ["4", "3"]
    assert found["robust", "zh"]["mixed"] == found["baseline", "zh"]["mixed"] == ""
    assert told[0].rows[1][-1] == "2"  # seeds of the baseline in German


def test_without_predictions_after_changes_it_says_what_to_do() -> None:
    for material in (
        Material(table(), Made(changes=False), Evidence()),
        Material(table("retrieval"), Made(), Evidence()),
    ):
        (section,) = get_analysis("robustness").run(material)
        assert 'analyses = ["robustness"]' in section.notes[0]
