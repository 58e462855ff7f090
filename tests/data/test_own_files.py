"""A user's own files before a task has a say: what stands between columns, where rows begin, labels that look alike."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.catalogue import Problem, TaskType
from xstilts.data.given import given_rows
from xstilts.data.held_out import named_labels
from xstilts.data.tables import open_table, places, unreadable

field = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r", exclude_categories=("Cs",)), max_size=12)


@settings(max_examples=80, deadline=None)
@given(mark=st.sampled_from(",;\t"), rows=st.lists(st.tuples(field, field), min_size=1, max_size=6))
def test_rows_are_the_same_whatever_stands_between_the_columns(
    tmp_path_factory: pytest.TempPathFactory, mark: str, rows: Sequence[tuple[str, str]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "marked.csv"
    text = io.StringIO()
    csv.writer(text, delimiter=mark, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([("text", "label"), *rows])
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    assert [(row["text"], row["label"]) for row in open_table(path).to_pylist()] == list(rows)
    for number, (first, _) in enumerate(rows, start=1):
        line = int(places(path)(number).removeprefix(f"row {number} (line ").removesuffix(")"))
        assert text.getvalue().split("\n", line - 1)[-1].startswith('"' + first.replace('"', '""'))


def test_a_comma_in_the_head_decides_and_one_column_stays_one(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    for content, columns in (
        ("text;more,label\na;b,yes\n", ["text;more", "label"]),
        ("text\na; b\n", ["text"]),
        ('"text; long";label\n"a;b";yes\n', ["text; long", "label"]),
    ):
        path.write_text(content, encoding="utf-8")
        assert open_table(path).column_names == columns


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl", '{"a": 1}\n\n{"a": x}\n', "a.jsonl, line 3, character 7: no JSON"),
        ("a.jsonl", '{"a": "b"}\n\n{"a": 3}\n', "a.jsonl, line 3: the field 'a' is a number here and a text before"),
        ("a.json", '[{"a": 1},\n {"a": x}]', "a.json, line 2, character 8: no JSON"),
        ("a.json", '[{"a": 1}, 3]', "a.json, entry 2: it is no JSON object"),
        ("a.csv", "", "a.csv is empty"),
        ("a.csv", "a;b\n1;2\n\n1;2;3\n", r"a.csv, row 2 \(line 4\): 3 fields, where the head has 2 with semicolons"),
    ],
)
def test_mistakes_name_the_line_of_the_file(tmp_path: Path, name: str, content: str, said: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(Problem, match=said):
        open_table(tmp_path / name)


def test_rows_are_named_as_an_editor_shows_them(tmp_path: Path) -> None:
    table, lines, whole = (tmp_path / name for name in ("a.csv", "a.jsonl", "a.json"))
    table.write_text('text,label\n\n"two\nlines",yes\n\nb,no\n')
    lines.write_text('{"a": 1}\n\n{"a": 2}\n')
    whole.write_text(json.dumps([{"a": 1}, {"a": 2}]))
    assert [places(table)(row) for row in (1, 2, 3)] == ["row 1 (line 3)", "row 2 (line 6)", "row 3"]
    assert [places(lines)(row) for row in (1, 2)] == ["line 1", "line 3"]
    assert places(whole)(2) == "entry 2" and places(tmp_path / "a.parquet")(2) == "row 2"


def test_what_is_no_table_says_how_to_save_it(tmp_path: Path) -> None:
    (tmp_path / "mine.tsv").touch()
    assert "save it as one of .parquet, .jsonl, .json, .csv" in unreadable(tmp_path / "mine.tsv")
    assert "check its name" in unreadable(tmp_path / "none.csv")


def test_rows_without_a_text_are_told_before_anything_is_predicted(tmp_path: Path) -> None:
    path = tmp_path / "new.jsonl"
    path.write_text('{"text_a": "a"}\n\n{"text_a": null}\n{"other": "b"}\n')
    with pytest.raises(Problem, match=r"new.jsonl, line 3: no text_a \(2 such rows\): fill it in"):
        given_rows(path, TaskType.CLASSIFICATION)
    path.write_text('{"tokens": ["a"]}\n{"tokens": null}\n')
    with pytest.raises(Problem, match=r"new.jsonl, line 2: no tokens"):
        given_rows(path, TaskType.TOKEN_CLASSIFICATION)
    with pytest.raises(Problem, match=r"there is no text_a \(it has tokens\): name it with --column text_a=NAME"):
        given_rows(path, TaskType.CLASSIFICATION)


def labels_of(labels: Sequence[str], kind: TaskType = TaskType.CLASSIFICATION) -> tuple[str, ...]:
    role = "label" if kind is TaskType.CLASSIFICATION else "tags"
    return named_labels(pa.table({role: pa.array(labels)}), kind, {}, Path("mine.csv"))


def test_labels_that_differ_only_by_case_or_blanks_are_told_with_their_counts() -> None:
    with pytest.raises(Problem) as told:
        labels_of(["Positive"] * 3 + ["positive "] * 2 + ["positive", "neg  ative", "Neg ative", "other"] * 2)
    assert told.value.problems == (
        "mine.csv: labels in column 'label' differ only by case or blanks, 'Positive' (3), 'positive ' (2), "
        "'positive' (2): write each in one way",
        "mine.csv: labels in column 'label' differ only by case or blanks, 'neg  ative' (2), 'Neg ative' (2): write "
        "each in one way",
    )
    with pytest.raises(Problem, match=r"'B-PER' \(2\), 'b-per' \(1\)"):
        labels_of(["O B-PER", "O b-per O", "B-PER"], TaskType.TOKEN_CLASSIFICATION)


def test_blanks_around_every_label_are_no_part_of_it() -> None:
    assert labels_of([" yes", " no"] * 4) == ("no", "yes")


def test_a_label_that_stands_for_none_is_told() -> None:
    with pytest.raises(Problem, match="holds -1 4 times, which stands for no label"):
        labels_of(["-1", "0", "1"] * 4)


def test_a_file_without_its_labels_says_how_to_name_them() -> None:
    with pytest.raises(
        Problem, match=r"no column 'label': did you mean 'labels'\? \(it has labels\): .*--column label="
    ):
        named_labels(pa.table({"labels": ["a"]}), TaskType.CLASSIFICATION, {}, Path("mine.csv"))
