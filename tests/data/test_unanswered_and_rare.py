"""What a task may say of its rows: questions without answer, names that share a label, rows told apart by a prefix."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.catalogue import METRICS, Files, Task, TaskType, get_task, mistakes_of
from xstilts.data.load import recipe
from xstilts.data.source import Folder, Sources

CONTEXT = "Ada wrote it in Paris."


def folder_with(root: Path, columns: dict[str, Any]) -> Folder:
    for split in ("train", "test"):
        (root / "mine/en").mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(columns), root / f"mine/en/{split}.parquet")
    return Folder(root)


def task_of(type: TaskType, **more: Any) -> Task:
    files = {split: Files("mine", ("en",), split, where=more.pop("where", ())) for split in ("train", "test")}
    return Task("mine", "mine", type, METRICS[type][0], ("en",), files, lineage="mine", **more)


QUESTIONS = {
    "id": ["a", "b", "c", "d"],
    "question": ["Who?", "Why?", "Where?", "When?"],
    "context": [CONTEXT] * 4,
    "answer_texts": pa.array([["Ada"], [], ["Paris"], None], pa.list_(pa.string())),
    "answer_starts": pa.array([[0], [], [3], None], pa.list_(pa.int32())),
}


def test_a_question_without_answer_trains_where_the_task_knows_such(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, QUESTIONS)
    task = task_of(TaskType.SPAN_EXTRACTION)
    plain = folder.load(task, "train", "en")
    assert plain.rows["id"].to_pylist() == ["a"]
    assert sum(plain.left_out.values()) == 3
    knowing = folder.load(replace(task, no_answer=True), "train", "en")
    assert knowing.rows["id"].to_pylist() == ["a", "b", "d"]
    assert knowing.rows["answer_texts"].to_pylist() == [["Ada"], [], []]
    assert knowing.left_out == {"an answer that is not where the file says": 1}


def test_names_that_are_no_label_share_one(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, {"tokens": [["a", "b", "c"]], "tags": [["N", "N/(S\\N)", "V"]]})
    task = task_of(TaskType.TOKEN_CLASSIFICATION, labels=("N", "V", "other"), other="other")
    assert folder.read(task, "test", "en")["tags"].to_pylist() == [[0, 2, 1]]
    assert mistakes_of(replace(task, other="othr")) == ["other: 'othr' is none of the labels: did you mean 'other'?"]


def test_languages_of_one_file_are_told_apart_by_a_prefix(tmp_path: Path) -> None:
    rows = {"id": ["finnish-1", "finn-2", "finnish-3"], **{name: QUESTIONS[name][:3] for name in list(QUESTIONS)[1:]}}
    folder = folder_with(tmp_path, rows)
    files = Files("mine", ("en",), "test", where=(("id", "starts", "finnish-"),))
    task = replace(task_of(TaskType.SPAN_EXTRACTION), splits={"test": files})
    assert mistakes_of(task) == []
    assert folder.read(task, "test", "en")["id"].to_pylist() == ["finnish-1", "finnish-3"]


def test_what_a_task_does_not_say_changes_no_checksum() -> None:
    task = task_of(TaskType.SPAN_EXTRACTION)
    plain = recipe(task, task.splits["train"], "train")
    assert set(plain) == {"reader", "type", "columns", "labels", "where", "join", "training"}
    assert recipe(replace(task, no_answer=True), task.splits["train"], "train") != plain


def test_the_local_format_of_ccgbank_is_read_as_its_page_says(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/ccgbank.md").read_text(encoding="utf-8")
    line = re.search(r"^\{.*\}$", page, re.MULTILINE)
    assert line
    (tmp_path / "ccgbank/default").mkdir(parents=True)
    (tmp_path / "ccgbank/default/train.jsonl").write_text(10 * (line[0] + "\n"), encoding="utf-8")
    source = Sources([Folder(tmp_path)])
    task = source.settled(get_task("ccg"))
    rows = source.read(task, "train", "en")
    assert rows["tokens"].to_pylist() == 10 * [["It", "rains", "."]]
    assert [task.labels[tag] for tag in rows["tags"][0].as_py()] == ["NP[expl]", "S[dcl]\\NP[expl]", "."]
