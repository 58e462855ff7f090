"""Mistakes in files of published sets: what can not be used is told with file, row and remedy, or counted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from xstilts.catalogue import Problem, get_task
from xstilts.data.source import Folder

NAMES = {"xnli": "xnli/en/test", "xquad": "xquad/xquad.en/validation", "udpos": "xtreme/udpos.English/test"}
Row = dict[str, Any]


def rows_of(name: str, count: int = 12) -> list[Row]:
    """Sound rows, as the set's files have them."""
    if name == "xnli":
        return [{"premise": f"a {k}", "hypothesis": f"b {k}", "label": k % 3} for k in range(count)]
    if name == "xquad":
        answers = [{"text": [str(k)], "answer_start": [6]} for k in range(count)]
        return [
            {"id": f"q{k}", "question": f"what {k}?", "context": f"it is {k} now", "answers": answers[k]}
            for k in range(count)
        ]
    return [{"tokens": ["a", "b"], "pos_tags": ["NOUN", "VERB"]} for _ in range(count)]


def put(root: Path, name: str, rows: list[Row]) -> None:
    path = root / f"{NAMES[name]}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("xnli", {"label": 7}, r"test\.jsonl, line 9: column 'label' holds the unknown label '7'.* labels: entailment"),
        (
            "udpos",
            {"pos_tags": ["NOUN"]},
            r"test\.jsonl, line 9: 2 tokens and 1 tags \(1 such rows\); each token needs",
        ),
        ("udpos", {"pos_tags": ["NOUN", "VRB"]}, r"line 9: .* unknown label 'VRB': did you mean 'VERB'\?"),
        ("udpos", {"pos_tags": ["NOUN", ""]}, r"line 9: a tag in column 'pos_tags' is missing"),
        ("xquad", {"answers": {"text": ["8", "8"], "answer_start": [6]}}, r"line 9: 2 answers and 1 places"),
        ("xquad", {"id": "q3"}, r"validation\.jsonl: the id 'q3' is there twice, in rows 4 and 9 of .* give every row"),
    ],
)
def test_what_keeps_a_set_from_being_scored_names_file_and_row(
    tmp_path: Path, name: str, change: Row, told: str
) -> None:
    rows = rows_of(name)
    put(tmp_path, name, rows)
    assert Folder(tmp_path).read(get_task(name), "test", "en").num_rows == 12
    put(tmp_path, name, [row | change if place == 8 else row for place, row in enumerate(rows)])
    with pytest.raises(Problem, match=told):
        Folder(tmp_path).read(get_task(name), "test", "en")


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("xnli", {"label": -1}, "every one of 12 rows has no label, which looks like a placeholder"),
        (
            "xquad",
            {"answers": {"text": [""], "answer_start": [0]}},
            "line 1: no answer has a text, in this row and all",
        ),
        (
            "xquad",
            {"answers": {"text": [], "answer_start": []}},
            "none of its rows can be used .12 rows have no answer",
        ),
    ],
)
def test_sets_whose_answers_were_withheld_are_refused(tmp_path: Path, name: str, change: Row, told: str) -> None:
    put(tmp_path, name, [row | change for row in rows_of(name)])
    with pytest.raises(Problem, match=told):
        Folder(tmp_path).read(get_task(name), "test", "en")


def test_scored_rows_without_label_or_answer_are_counted(tmp_path: Path) -> None:
    put(tmp_path, "xnli", [row | ({"label": -1} if place == 8 else {}) for place, row in enumerate(rows_of("xnli"))])
    odd = {2: {"text": [], "answer_start": []}, 5: {"text": ["zzz"], "answer_start": [6]}}
    rows = rows_of("xquad")
    put(tmp_path, "xquad", [row | ({"answers": odd[k]} if k in odd else {}) for k, row in enumerate(rows)])
    folder = Folder(tmp_path)
    for name in ("xnli", "xquad"):
        assert folder.rows_of(get_task(name), "test", "en")[0] == 11
    assert folder.contents.left_out == {
        ("xnli", "test", "en"): "11 rows used, left out: 1 with no label",
        ("xquad", "test", "en"): "11 rows used, left out: 1 with no answer_texts; kept: 1 with an answer that is not "
        "where the file says",
    }


def bad_texts(path: Path) -> None:
    texts = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0\2\0\0\0"), pa.py_buffer(b"\xffa")]
    )
    pq.write_table(pa.table({"premise": texts, "hypothesis": ["b"] * 2, "label": [1, 2]}), path)


def no_rows(path: Path) -> None:
    pq.write_table(pa.table({"premise": pa.array([], pa.string())}), path)


@pytest.mark.parametrize(
    ("ending", "write", "told"),
    [
        (
            "parquet",
            bad_texts,
            r"test\.parquet is not a whole Parquet file \(.*UTF8 sequence at string index 0.*fetch it",
        ),
        ("parquet", no_rows, r"test\.parquet is empty: fetch it or copy it again"),
        ("jsonl", lambda path: path.write_text(""), r"test\.jsonl is empty: fetch it or copy it again"),
        ("jsonl", lambda path: path.write_bytes(b'{}\n{"premise": "\xe9"}'), r"jsonl, line 2: byte 0xe9 is not UTF-8"),
        ("csv", lambda path: path.write_bytes(b"premise,label\n\xe9,0\n"), r"csv, line 2: byte 0xe9 is not UTF-8"),
    ],
)
def test_files_that_are_empty_or_no_text_are_told(
    tmp_path: Path, ending: str, write: Callable[[Path], Any], told: str
) -> None:
    path = tmp_path / f"xnli/en/test.{ending}"
    path.parent.mkdir(parents=True)
    write(path)
    with pytest.raises(Problem, match=told):
        Folder(tmp_path).read(get_task("xnli"), "test", "en")


def test_a_filter_that_no_row_fulfils_is_told(tmp_path: Path) -> None:
    """Such as ids of another form than the one by which TyDiQA's languages are told apart."""
    put(tmp_path, "xquad", rows_of("xquad"))
    (tmp_path / "xquad/xquad.en").rename(tmp_path / "secondary_task")
    (tmp_path / "tydiqa").mkdir()
    (tmp_path / "secondary_task").rename(tmp_path / "tydiqa/secondary_task")
    with pytest.raises(Problem, match=r"none of its rows can be used .no row fulfils id starts 'finnish-'"):
        Folder(tmp_path).read(get_task("tydiqa"), "test", "fi")
