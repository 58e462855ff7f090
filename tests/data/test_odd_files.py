"""Files that nobody would write by hand: what fuzzing found (`python -m benchmarks.fuzz`) stays found."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.catalogue import Files, Problem, Task, TaskType
from xstilts.data.given import given_rows
from xstilts.data.load import Loaded, load
from xstilts.data.tables import column_names, open_table

LABELS = ("no", "yes")


def read(path: Path, kind: TaskType = TaskType.CLASSIFICATION, split: str = "train", **files: str) -> Loaded:
    said = Files("me/x", ("en",), split, **files)  # type: ignore[arg-type]
    columns = {"source": "left", "target": "right", "pairs": "pairs"} if kind is TaskType.MINING else {}
    labels = LABELS if kind is TaskType.CLASSIFICATION else ()
    return load([path], [], Task("mine", "mine", kind, "", ("en",), {split: said}, columns, labels), said, split)


def test_categories_are_read_as_what_they_stand_for(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    columns = {"text_a": ["a", "b", "a"], "label": ["yes", "no", "yes"]}
    pq.write_table(pa.table({name: pa.array(values).dictionary_encode() for name, values in columns.items()}), path)
    assert read(path).rows["label"].to_pylist() == [1, 0, 1]
    assert given_rows(path, TaskType.CLASSIFICATION)[0]["text_a"].to_pylist() == ["a", "b", "a"]


def test_a_column_that_is_there_twice_is_named(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    pq.write_table(
        pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"]), pa.array([0])], ["text_a", "text_a", "label"]), path
    )
    for reads in (lambda: read(path), lambda: given_rows(path, TaskType.CLASSIFICATION)):
        with pytest.raises(Problem, match=r"train.parquet has several columns 'text_a'"):
            reads()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl", b"[" * 100_000, "line 1: maximum recursion depth"),
        ("a.json", b"[" * 100_000, "a.json: maximum recursion depth"),
        ("a.jsonl", b'{"text": "\\ud800"}\n', "line 1: .*surrogates not allowed; each line must be one JSON object"),
        ("a.jsonl", b'{"\\uD83D": 1}\n', "line 1: .*surrogates not allowed"),
        ("a.csv", b"te\xffxt,label\na,b\n", "line 1: byte 0xff is not UTF-8"),
    ],
)
def test_what_no_table_can_hold_is_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Problem, match=said):
        open_table(tmp_path / name)


def test_a_whole_pair_of_escapes_is_a_character(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "\\ud83d\\ude00"}\n')
    assert open_table(tmp_path / "a.jsonl")["text"].to_pylist() == ["😀"]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\xff" * 40 + b"PAR1"])
def test_columns_of_what_is_no_parquet_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(Problem, match=r"a.parquet is not a whole Parquet file"):
        column_names(tmp_path / "a.parquet")


@pytest.mark.parametrize("pairs", ['[[1], "x"]', "[[1, 2, 3]]", '["a"]', "[[9223372036854775807, 1]]", "3"])
def test_pairs_that_are_none_are_refused(tmp_path: Path, pairs: str) -> None:
    (tmp_path / "a.jsonl").write_text(f'{{"left": ["a"], "right": ["b"], "pairs": {pairs}}}\n')
    with pytest.raises(Problem, match=r"a.jsonl"):
        read(tmp_path / "a.jsonl", TaskType.MINING)


def test_questions_about_bytes_are_refused(tmp_path: Path) -> None:
    rows = [{"id": "q", "question": "?", "context": b"a", "answers": {"text": ["a"], "answer_start": [0]}}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    with pytest.raises(Problem, match=r"a.parquet: its columns are not what 'sentences' are read from"):
        read(tmp_path / "a.parquet", TaskType.RANKING, reading="sentences")


KINDS = [
    pa.null(), pa.bool_(), pa.float64(), pa.decimal128(5, 2), pa.date32(), pa.timestamp("us"), pa.duration("s"),
    pa.binary(),
    pa.large_string(), pa.string_view(), pa.list_(pa.null()), pa.list_(pa.int64()), pa.large_list(pa.string()),
    pa.list_(pa.string(), 2), pa.list_(pa.list_(pa.string())), pa.map_(pa.string(), pa.int32()), pa.struct([("x",
    pa.int8())]),
]  # fmt: skip
TYPES = [kind for kind in TaskType if kind is not TaskType.MINING]


@given(st.sampled_from(TYPES), st.data())
@settings(max_examples=150, deadline=None)
def test_columns_of_any_kind_are_rows_or_a_problem(kind: TaskType, data: st.DataObject) -> None:
    import tempfile

    from xstilts.data.rows import SCHEMAS

    columns = {name: pa.nulls(3, data.draw(st.sampled_from(KINDS))) for name in SCHEMAS[kind].names}
    if data.draw(st.booleans()):
        columns |= {name: pa.array(["1", "0", "x"]) for name in data.draw(st.sets(st.sampled_from(sorted(columns))))}
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "a.parquet"
        pq.write_table(pa.table(columns), path)
        try:
            assert read(path, kind).rows.schema.names == SCHEMAS[kind].names
        except Problem as problem:
            assert "a.parquet" in str(problem)
