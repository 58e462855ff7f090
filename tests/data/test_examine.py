"""Files of one's own: every mistake at once, with file, row and remedy; what is right passes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.catalogue import Files, Task, TaskType
from xstilts.data.examine import mistakes_in
from xstilts.data.load import load

Rows = Sequence[Mapping[str, Any]]
LABELS = ("yes", "no")
GOOD: Mapping[TaskType, Rows] = {
    TaskType.CLASSIFICATION: [{"text_a": "a", "label": "yes"}, {"text_a": "b", "label": "no"}],
    TaskType.MULTIPLE_CHOICE: [{"text_a": "q", "choices": ["x", "y"], "label": 1}],
    TaskType.SPAN_EXTRACTION: [
        {"id": "1", "question": "q", "context": "ab 𝄞 cd", "answer_texts": ["cd"], "answer_starts": [5]},
        {"id": "2", "question": "q", "context": "ab", "answer_texts": ["ab", "b"], "answer_starts": [0, 1]},
    ],
    TaskType.TOKEN_CLASSIFICATION: [{"tokens": ["a", "b"], "tags": ["yes", "no"]}, {"tokens": "a b", "tags": "no no"}],
    TaskType.RETRIEVAL: [{"source": "a", "target": "b"}],
    TaskType.RANKING: [{"query": "a", "candidate": "b"}],
    TaskType.MLM: [{"text": "a"}],
}
LABELLED = (TaskType.CLASSIFICATION, TaskType.TOKEN_CLASSIFICATION)


def task_of(kind: TaskType, columns: Mapping[str, str] | None = None) -> Task:
    labels = LABELS if kind in LABELLED else ()
    return Task("mine", "mine", kind, "", ("en",), {"train": FILES}, columns or {}, labels)


FILES = Files("", ("{language}",), "train", path="mine.jsonl")


def found(path: Path, kind: TaskType, rows: Rows | bytes, columns: Mapping[str, str] | None = None) -> list[str]:
    content = rows if isinstance(rows, bytes) else "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(content)
    return mistakes_in(path, task_of(kind, columns), FILES)


@pytest.mark.parametrize("kind", list(GOOD))
def test_a_good_file_has_no_mistakes_and_loses_no_row(tmp_path: Path, kind: TaskType) -> None:
    for row in GOOD[kind]:
        path = tmp_path / "mine.jsonl"
        assert found(path, kind, [row]) == []
        loaded = load([path], [], task_of(kind), FILES, "train")
        assert (loaded.rows.num_rows, loaded.left_out) == (1, {})


QA = {"id": "1", "question": "q", "context": "a cat", "answer_texts": ["cat"], "answer_starts": [2]}


@pytest.mark.parametrize(
    ("kind", "rows", "parts"),
    [
        ("classification", [{"text_a": "a", "label": "yse"}], ["line 1: unknown label 'yse': did you mean 'yes'"]),
        (
            "classification",
            [{"text_a": "a", "label": "yes"}, {"text_a": "b", "label": 7}],
            ["line 2: the field 'label' is a number here and a text before"],
        ),
        ("classification", [{"text_a": "a", "label": 1}, {"text_a": "b", "label": 7}], ["line 2: unknown label '7'"]),
        ("classification", [{"text_a": " ", "label": "yes"}], ["line 1: no text_a", "take the row out"]),
        ("classification", [{"text_a": "a", "label": -1}], ["line 1: no label", "labels: yes, no"]),
        (
            "classification",
            [{"text_a": "a", "label": "no"}] * 10,
            ["every one of 10 rows has the label 'no'", "true"],
        ),
        ("classification", [{"text": "a", "label": "yes"}], ["no column 'text_a'", "it has text, label"]),
        ("multiple_choice", [{"text_a": "a", "choices": ["x"], "label": 0}], ["line 1: 1 choices"]),
        ("multiple_choice", [{"text_a": "a", "choices": ["x", "y"], "label": 2}], ["label 2 for 2 choices"]),
        ("span_extraction", [{**QA, "answer_starts": [1]}], ["'cat' does not stand at 1, it does at character 2"]),
        ("span_extraction", [{**QA, "answer_texts": ["dog"]}], ["occurs nowhere in it", "counted in characters"]),
        ("span_extraction", [{**QA, "answer_starts": [2, 3]}], ["1 answers and 2 places"]),
        ("span_extraction", [QA, {**QA, "context": "a cat!"}], ["line 2: id '1' as in line 1", "id of its own"]),
        ("token_classification", [{"tokens": ["a"], "tags": []}], ["line 1: 1 tokens and 0 tags"]),
        ("token_classification", [{"tokens": ["a"], "tags": ["X"]}], ["line 1: unknown label 'X'"]),
        ("token_classification", [{"tokens": [], "tags": []}], ["line 1: no tokens"]),
        ("retrieval", [{"source": "a", "target": None}], ["line 1: no target"]),
        ("mlm", [{"text": "a"}, {"text": ""}], ["line 2: no text"]),
        ("mlm", b"", ["is empty"]),
        ("mlm", b"\n \n", ["is empty"]),
        ("mlm", b'{"text": "a"}\n{"text": "caf\xe9"}\n', ["line 2: byte 0xe9 is not UTF-8", "save the file in UTF-8"]),
        ("mlm", b'{"text": "a"}\n{"text"\n', ["line 2", "must be one JSON object"]),
    ],
)
def test_a_mistake_names_file_row_and_remedy(
    tmp_path: Path, kind: str, rows: Rows | bytes, parts: Sequence[str]
) -> None:
    path = tmp_path / "mine.jsonl"
    (line,) = found(path, TaskType(kind), rows)
    assert line.startswith(str(path))
    assert all(part in line for part in parts), line


def test_every_mistake_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    rows = [{"text_a": "a", "label": label} for label in ("yes", "maybe", "perhaps", "no", "never", "x", None)]
    lines = found(tmp_path / "mine.jsonl", TaskType.CLASSIFICATION, [*rows, {"text_a": None, "label": "no"}])
    assert len(lines) == 3
    unknown, unlabelled, blank = lines
    assert "line 2: unknown label 'maybe'; line 3: " in unknown and "(and 1 more rows)" in unknown
    assert "line 7: no label" in unlabelled and "line 8: no text_a" in blank


def test_rows_of_a_table_are_counted_without_its_head_and_before_filters(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text('text_a,label,kept\n"two\nlines",yes,1\nb,nope,0\nc,nope,1\n', encoding="utf-8")
    files = Files("", ("{language}",), "train", path="mine.csv", where=(("kept", "==", 1),))
    (line,) = mistakes_in(path, task_of(TaskType.CLASSIFICATION), files)
    assert f"{path}, row 3 (line 5): unknown label 'nope'" in line


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("text_a,label\na,yes\nb, no,yes\n", "row 2 (line 3): 3 fields, where the head has 2 with commas"),
        ('text_a,label\n"a,yes\n', "row 1 (line 2): 1 fields, where the head has 2"),
        ("text_a,label,label\na,yes,no\n", "has the column 'label' 2 times"),
        ('text_a;label\n"a;b";yes\n\nb;no;yes\n', "row 2 (line 4): 3 fields, where the head has 2 with semicolons"),
        ("text_a,label\n", "is empty"),
        (" \n", "is empty"),
    ],
)
def test_tables_that_are_no_tables(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(content)
    (line,) = mistakes_in(path, task_of(TaskType.CLASSIFICATION), FILES)
    assert line.startswith(str(path)) and told in line


def test_a_mark_at_the_start_of_a_file_is_no_part_of_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("text_a,label\na,yes\n", encoding="utf-8-sig")
    assert mistakes_in(path, task_of(TaskType.CLASSIFICATION), FILES) == []


def test_columns_of_structs_and_several_columns(tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    answers = [{"text": ["b"], "start": [2]}, {"text": ["b"], "start": [0]}]
    pq.write_table(pa.table({"question": ["q", "q"], "context": ["a b", "a b"], "answers": answers}), path)
    columns = {"answer_texts": "answers.text", "answer_starts": "answers.start"}
    (line,) = mistakes_in(path, task_of(TaskType.SPAN_EXTRACTION, columns), FILES)
    assert "row 2: 'b' does not stand at 0" in line
    rows = [{"text_a": "q", "one": "x", "two": "", "label": 0}]
    (line,) = found(tmp_path / "mine.jsonl", TaskType.MULTIPLE_CHOICE, rows, {"choices": "one, two"})
    assert "line 1: 1 choices" in line


texts = st.one_of(st.none(), st.text(max_size=6))


labels = st.sampled_from([*LABELS, "0", "1", None, "other", 2])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.fixed_dictionaries({"text_a": texts, "label": labels}), min_size=1, max_size=6))
def test_what_passes_is_read_without_losing_a_row(tmp_path_factory: pytest.TempPathFactory, rows: Rows) -> None:
    path = tmp_path_factory.getbasetemp() / "passes.jsonl"
    text = [{**row, "label": None if row["label"] is None else str(row["label"])} for row in rows]
    if found(path, TaskType.CLASSIFICATION, text) == []:
        loaded = load([path], [], task_of(TaskType.CLASSIFICATION), FILES, "train")
        assert loaded.rows.num_rows == len(rows)
        assert min(loaded.rows["label"].to_pylist()) >= 0
