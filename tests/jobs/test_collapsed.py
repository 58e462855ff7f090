"""Predictions that are all the same are told from those that are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from command import UNTRAINED, results, xstilts
from xstilts.jobs.collapsed import FEWEST, collapsed

LABELS = st.lists(st.integers(0, 2), min_size=FEWEST, max_size=60)


@given(LABELS, LABELS)
def test_one_label_for_rows_of_several_labels_is_a_collapse(right: list[int], said: list[int]) -> None:
    size = min(len(right), len(said))
    gold, predicted = pa.table({"label": right[:size]}), pa.table({"prediction": said[:size]})
    expected = np.ptp(said[:size]) == 0 and np.ptp(right[:size]) > 0
    for kind in ("classification", "multiple_choice"):
        assert collapsed(kind, gold, predicted) == expected


@given(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=9), min_size=FEWEST, max_size=40))
def test_tags_are_counted_by_word(tags: list[list[int]]) -> None:
    gold = pa.table({"tags": pa.array([*tags, [0, 1]], pa.list_(pa.int16()))})
    same = pa.table({"tags": pa.array([[2] * len(sentence) for sentence in (*tags, [0, 1])], pa.list_(pa.int16()))})
    as_is = pa.table({"tags": pa.array([*tags, [0, 1]], pa.list_(pa.int16()))})
    assert collapsed("token_classification", gold, same)
    assert not collapsed("token_classification", gold, as_is)


@pytest.mark.parametrize(("said", "expected"), [([""] * 25, True), (["", *["a"] * 24], False)])
def test_questions_that_all_get_the_same_answer(said: list[str], expected: bool) -> None:
    gold = pa.table({"answer_texts": [[f"answer {row}", "x"] for row in range(25)]})
    assert collapsed("span_extraction", gold, pa.table({"text": said})) == expected


def test_few_rows_and_other_types_tell_nothing() -> None:
    assert not collapsed("classification", pa.table({"label": [0, 1]}), pa.table({"prediction": [1, 1]}))
    rows = pa.table({"neighbour": [0] * 30})
    assert not collapsed("retrieval", rows, rows)


STUDY = f"""
question = "Does a training that is far too fast collapse?"
targets = ["world/paraphrase"]
languages = ["qaa", "qab"]
seeds = [0]
train_examples = 96
evaluation_examples = 40
{UNTRAINED}[settings.target]
epochs = 4
learning_rate = 0.3
clip = 1000.0
"""


def test_a_run_that_collapsed_is_flagged_in_table_and_report(tmp_path: Path) -> None:
    (tmp_path / "fast.toml").write_text(STUDY)
    said = xstilts(tmp_path, "run", "fast.toml").stdout
    assert "Collapsed: all predictions are the same" in said and "Kept in all means" in said
    table = results(tmp_path, "fast.toml")
    assert set(table["status"]) == {"collapsed"} and table["score"].null_count() == 0
