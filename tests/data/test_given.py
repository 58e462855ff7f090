"""One's own rows, labelled or not, as rows of a task type."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType
from xstilts.data.given import given_rows
from xstilts.data.rows import SCHEMAS


def written(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_labels_are_names_in_order_and_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("text_a,text_b,label\nx,y,no\nz,,yes\nw,v,\n")
    table, labelled = given_rows(path, TaskType.CLASSIFICATION)
    assert labelled and table.schema == SCHEMAS[TaskType.CLASSIFICATION]
    assert table["label"].to_pylist() == [0, 1, -1]
    table, labelled = given_rows(written(tmp_path / "a.jsonl", [{"text_a": "x"}]), TaskType.CLASSIFICATION)
    assert not labelled and table["label"].to_pylist() == [-1]


def test_tags_and_tokens_may_be_texts_with_blanks(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("tokens,tags\na big cat,D A N\n")
    table, labelled = given_rows(path, TaskType.TOKEN_CLASSIFICATION)
    assert labelled and table.to_pylist() == [{"tokens": ["a", "big", "cat"], "tags": [1, 0, 2]}]
    bare, labelled = given_rows(written(tmp_path / "a.jsonl", [{"tokens": ["a", "b"]}]), TaskType.TOKEN_CLASSIFICATION)
    assert not labelled and bare["tags"].to_pylist() == [[-1, -1]]


def test_questions_and_choices(tmp_path: Path) -> None:
    asked = {"question": "who", "context": "Ann did", "answer_texts": ["Ann"], "answer_starts": [0]}
    table, labelled = given_rows(written(tmp_path / "q.jsonl", [asked]), TaskType.SPAN_EXTRACTION)
    assert labelled and table["id"].to_pylist() == ["0"] and table["answer_starts"].to_pylist() == [[0]]
    chosen = {"text_a": "so", "choices": ["a", "b"]}
    table, labelled = given_rows(written(tmp_path / "c.jsonl", [chosen]), TaskType.MULTIPLE_CHOICE)
    assert not labelled and table["choices"].to_pylist() == [["a", "b"]]


@pytest.mark.parametrize("name", ["none.csv", "rows.txt"])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Problem, match="no file that can be read"):
        given_rows(tmp_path / name, TaskType.CLASSIFICATION)
