"""Another system's files against a study's rows: what fits becomes predictions, what does not is told with its row."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from xstilts.catalogue import Files, Task, TaskType
from xstilts.data.rows import SCHEMAS
from xstilts.metrics.benchmark.findings import Findings
from xstilts.metrics.benchmark.given import About, file_of, read_given

ROWS = {
    TaskType.CLASSIFICATION: [{"text_a": str(k), "text_b": None, "label": k % 2} for k in range(4)],
    TaskType.MULTIPLE_CHOICE: [{"text_a": str(k), "choices": list("abc"), "label": k % 3} for k in range(4)],
    TaskType.TOKEN_CLASSIFICATION: [{"tokens": ["a"] * (k + 1), "tags": [0] * (k + 1)} for k in range(4)],
    TaskType.SPAN_EXTRACTION: [
        {"id": f"q{k}", "question": "?", "context": "a b", "answer_texts": ["a"], "answer_starts": [0]}
        for k in range(4)
    ],
    TaskType.RETRIEVAL: [{"source": f"s{k}", "target": text} for k, text in enumerate("cabd")],
    TaskType.MINING: [{"source_id": f"s{k}", "target_id": f"t{k}" if k % 2 else None} for k in range(4)],
    TaskType.RANKING: [{"id": f"q{k}", "query": "?", "matches": [f"q{k}"]} for k in range(4)],
}
LABELS = {TaskType.CLASSIFICATION: ("no", "yes"), TaskType.TOKEN_CLASSIFICATION: ("B", "O")}


def task_of(kind: TaskType) -> Task:
    files = {split: Files("x", ("{language}",), split) for split in ("validation", "test")}
    return Task("own/one", "One", kind, "accuracy", ("en", "de"), files, labels=LABELS.get(kind, ()))


def read(
    kind: TaskType, text: str, place: Path, examples: int = 4
) -> tuple[list[object] | None, tuple[str, ...], Findings]:
    """The predictions, the labels of the file's own and what was found."""
    path = place / "file"
    path.write_text(text, encoding="utf-8")
    found = Findings("checked")
    gold = pa.Table.from_pylist(ROWS[kind], schema=SCHEMAS[kind])
    got = read_given(About(path, task_of(kind), gold, examples, found))
    assert all(line.startswith(f"{path}: ") for line in (*found.mistakes, *found.notes))
    assert (got is None) == bool(found.mistakes)
    return (got[0].columns[-1].to_pylist(), got[1], found) if got else (None, (), found)


def test_files_are_named_as_in_the_benchmarks() -> None:
    assert file_of(task_of(TaskType.CLASSIFICATION), "test", "de") == Path("own/one/test-de.tsv")
    assert file_of(task_of(TaskType.CLASSIFICATION), "validation", "de") == Path("own/one/validation-de.tsv")
    assert file_of(task_of(TaskType.MULTIPLE_CHOICE), "test", "de") == Path("own/one/test-de.jsonl")
    assert file_of(task_of(TaskType.SPAN_EXTRACTION), "test", "en") == Path("own/one/test-en.json")


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (TaskType.CLASSIFICATION, "yes\nno\r\n yes \nno\n", [1, 0, 1, 0]),
        (TaskType.MULTIPLE_CHOICE, '{"label": 2}\n{"label": 0}\n{"label": 1}\n{"label": 0}\n', [2, 0, 1, 0]),
        (TaskType.TOKEN_CLASSIFICATION, "B\n\nO\nB\n\nO\nO\nO\n\nB\nB\nB\nO\n", [[0], [1, 0], [1, 1, 1], [0, 0, 0, 1]]),
        (TaskType.SPAN_EXTRACTION, '{"q3": "d", "q1": "", "q0": "a", "q2": "c"}', ["a", "", "c", "d"]),
        # Lines stand for the sorted texts a, b, c, d, which are rows 1, 2, 0, 3.
        (TaskType.RETRIEVAL, "1\n2\n0\n3\n", [0, 1, 2, 3]),
        (TaskType.RETRIEVAL, "0\n2\n3\n1\n", [3, 0, 2, 1]),
    ],
)
def test_a_file_that_fits_is_read_in_the_order_of_the_rows(
    kind: TaskType, text: str, expected: list[object], tmp_path: Path
) -> None:
    said, extra, found = read(kind, text, tmp_path)
    assert (said, extra, found.notes) == (expected, (), [])


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (TaskType.CLASSIFICATION, "yes\nno\nyes\nno\n"),
        (TaskType.CLASSIFICATION, "yes\nno\n"),
        (TaskType.TOKEN_CLASSIFICATION, "B\n\nO\nB\n\nO\nO\nO\n\nB\nB\nB\nO\n"),
        (TaskType.TOKEN_CLASSIFICATION, "B\n\nO\nB\n"),
        (TaskType.SPAN_EXTRACTION, '{"q1": "", "q0": "a"}'),
        (TaskType.SPAN_EXTRACTION, '{"q1": "", "q0": "a", "q2": "", "q3": ""}'),
        (TaskType.RETRIEVAL, "1\n0\n"),
    ],
)
def test_a_file_may_be_about_the_scored_rows_only(kind: TaskType, text: str, tmp_path: Path) -> None:
    said, _, found = read(kind, text, tmp_path, examples=2)
    assert said is not None and len(said) == 2 and not found.notes


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        (TaskType.CLASSIFICATION, "yes\nno\nyes\n", "3 lines for 4 rows: give one prediction for each row"),
        (TaskType.CLASSIFICATION, "yes\nno\nyes\nno\n\n", "5 lines for 4 rows"),
        (TaskType.CLASSIFICATION, "0\n1\n0\n1\n", "no line holds a label (no yes): line 1 is '0'"),
        (
            TaskType.MULTIPLE_CHOICE,
            "1\n2\n0\n1\n",
            '4 lines (1, 2, 3, ...): no JSON object with a label; write {"label"',
        ),
        (
            TaskType.TOKEN_CLASSIFICATION,
            "B\n\nO\n\nO\nO\nO\n\nB\nB\nB\nO\n",
            "sentence 2 (line 3) has 1 tags for 2 tokens",
        ),
        (TaskType.TOKEN_CLASSIFICATION, "B\n\nO\nB\n", "2 sentences for 4 rows"),
        (TaskType.SPAN_EXTRACTION, '{"q0": "a", "q1": "b", "q2": "c"}', "id 'q3': not answered"),
        (TaskType.SPAN_EXTRACTION, '{"q0": "a", "q0": "b", "q1": "b", "q2": "c", "q3": ""}', "given more than once"),
        (TaskType.SPAN_EXTRACTION, '{"q0": 1, "q1": "b", "q2": "c", "q3": ""}', "id 'q0': the answer is no text"),
        (TaskType.SPAN_EXTRACTION, '["a", "b", "c", "d"]', "holds a list"),
        (TaskType.SPAN_EXTRACTION, "{", "is no JSON"),
        (TaskType.RETRIEVAL, "0\n1\n2\n", "3 lines for 4 rows: give the row of each translation"),
    ],
)
def test_what_does_not_fit_is_told(kind: TaskType, text: str, told: str, tmp_path: Path) -> None:
    said, _, found = read(kind, text, tmp_path)
    assert said is None
    assert any(told in line for line in found.mistakes), found.mistakes


def test_retrieval_among_all_rows_is_not_cut(tmp_path: Path) -> None:
    _, _, found = read(TaskType.RETRIEVAL, "1\n2\n0\n3\n", tmp_path, examples=2)
    assert "4 lines for 2 rows (the first of 4: only these are searched)" in found.mistakes[0]


@pytest.mark.parametrize(
    ("kind", "text", "expected", "extra", "told"),
    [
        (
            TaskType.CLASSIFICATION,
            "yes\nyse\n\nno\n",
            [1, -1, -1, 0],
            (),
            "'yse' is no label (no yes) and counts as wrong",
        ),
        (
            TaskType.MULTIPLE_CHOICE,
            json.dumps({"label": 3}) + '\n{"label": "1"}\n{"label": 1}\n{"label": 0}\n',
            [-1, -1, 1, 0],
            (),
            "lines 1, 2: the label is no number of a choice",
        ),
        (
            TaskType.TOKEN_CLASSIFICATION,
            "B\n\nO\nBB\n\nO\nO\nO\n\nB\nB\nB\nO\n",
            [[0], [1, 2], [1, 1, 1], [0, 0, 0, 1]],
            ("BB",),
            "'BB' is no tag (B O) and counts as a tag of its own",
        ),
        (TaskType.RETRIEVAL, "1\n[2]\n4\n3\n", [-1, 1, -1, 3], (), "lines 2, 3: '[2]' is the number of no row"),
        (TaskType.SPAN_EXTRACTION, '{"q0":"","q1":"","q2":"","q3":"","q4":""}', [""] * 4, (), "id 'q4': no question"),
    ],
)
def test_what_is_wrong_in_a_row_is_noted_and_scored(
    kind: TaskType, text: str, expected: list[object], extra: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    said, own, found = read(kind, text, tmp_path)
    assert (said, own) == (expected, extra)
    assert any(told in line for line in found.notes), found.notes


def test_mined_pairs_count_as_far_as_their_sentences_are_scored(tmp_path: Path) -> None:
    text = "s1\tt1\ns0\tt3\ns1\tt1\ns3\tt3\n"
    assert read(TaskType.MINING, text, tmp_path)[0] == ["t1", "t3", "t3"]
    assert read(TaskType.MINING, text, tmp_path, examples=2)[0] == ["t1"]
    assert read(TaskType.MINING, "", tmp_path)[0] == []
    said, _, found = read(TaskType.MINING, "s1\tt1\nt1\ts1\n", tmp_path)
    assert said == ["t1", "s1"] and "line 2: 't1\ts1' are no names of this set" in found.notes[0]
    assert "line 1: not two names with a tab" in read(TaskType.MINING, "s1 t1\n", tmp_path)[2].mistakes[0]


def test_rankings_answer_every_query(tmp_path: Path) -> None:
    whole = {f"q{k}": ["b", "a"][: k % 3] for k in range(4)}
    assert read(TaskType.RANKING, json.dumps(whole), tmp_path)[0] == [[], ["b"], ["b", "a"], []]
    assert read(TaskType.RANKING, json.dumps(whole), tmp_path, examples=2)[0] == [[], ["b"]]
    wrong = [({"q0": [], "q1": []}, "ids 'q2', 'q3': not answered"), (whole | {"q1": "b"}, "id 'q1': no list of names")]
    for value, told in wrong:
        assert told in read(TaskType.RANKING, json.dumps(value), tmp_path)[2].mistakes[0]
    assert "holds a list" in read(TaskType.RANKING, "[]", tmp_path)[2].mistakes[0]
