"""The command ``advise`` on the published table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from xstilts.cli import app


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["advise", *arguments])


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A store in which nothing is, and no data."""
    monkeypatch.setenv("XSTILTS_DATA", "")
    monkeypatch.setenv("XSTILTS_CACHE", str(tmp_path / "cache"))
    return "--store", str(tmp_path / "store")


def test_advice_says_what_to_do_how_sure_and_on_what_it_rests(nowhere: tuple[str, str]) -> None:
    shown = call("--target", "xquad", *nowhere)
    assert shown.exit_code == 0, shown.output
    text = shown.stdout
    assert "squad (same data)" in text and "Measure first" in text and "63 published gains" in text
    assert "Do not bother" in text and max(map(len, text.splitlines())) <= 100 and "\x1b" not in text


def test_advice_as_json(nowhere: tuple[str, str]) -> None:
    found = json.loads(
        call("--target", "mine", "--type", "multiple_choice", "--language", "sw", "--json", *nowhere).stdout
    )
    by_name = {one["intermediate"]: one for one in found["candidates"]}
    assert by_name["qqp"]["gain"] < 0 < by_name["cosmos_qa"]["gain"]
    assert by_name["mnli"]["trials"] == 0 and by_name["cosmos_qa"]["trials"] == 7
    assert any("sw" in note for note in found["notes"])


def test_evaluation_compares_with_simple_ways_of_choosing(nowhere: tuple[str, str]) -> None:
    rows = json.loads(call("--evaluate", "--json", *nowhere).stdout)
    assert {row["way"] for row in rows} == {"advise", "best average", "size", "always NLI", "always SQuAD", "random"}
    assert {row["target"] for row in rows if row["matrix"] == "published"} >= {"xnli", "tatoeba"}
    page = call("--evaluate", "--markdown", *nowhere).stdout
    assert page.startswith("## Advice on targets that were left out")


def rows_file(tmp_path: Path, text: str) -> str:
    path = tmp_path / "mine.csv"
    path.write_text(text)
    return str(path)


def test_own_rows_that_nothing_here_can_be_compared_with_say_so(tmp_path: Path, nowhere: tuple[str, str]) -> None:
    rows = rows_file(tmp_path, "text_a,label\nthe film was dull,bad\na joy,good\n")
    plain, with_rows = (
        json.loads(call("--target", "mine", "--type", "classification", *more, "--json", *nowhere).stdout)
        for more in ((), ("--data", rows))
    )
    assert with_rows["candidates"] == plain["candidates"]
    notes = " ".join(with_rows["notes"])
    assert "mine.csv: 2 rows; words compared with 0 of" in notes
    assert "neither text embedding nor LogME" in notes and "can only widen the doubt" in notes


def test_own_rows_may_have_columns_of_other_names(tmp_path: Path, nowhere: tuple[str, str]) -> None:
    rows = rows_file(tmp_path, "review,stars\nthe film was dull,bad\na joy,good\n")
    asked = ("--target", "mine", "--type", "classification", "--data", rows, "--column", "text_a=review")
    assert "2 rows, not labelled" in call(*asked, *nowhere).stdout
    assert "2 rows; words" in call(*asked, "--column", "label=stars", *nowhere).stdout


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--data", "."), "'.' is a folder: a file with rows"),
        (("--column", "text_a=review"), "name the file with --data FILE"),
        (("--data", "x.csv", "--column", "txt_a=review"), "did you mean 'text_a'?"),
        (("--data", "x.csv"), "'x.csv' is no file that can be read"),
    ],
)
def test_mistakes_in_naming_own_rows_are_told(more: tuple[str, ...], said: str, nowhere: tuple[str, str]) -> None:
    shown = call("--target", "mine", "--type", "classification", *more, *nowhere)
    assert shown.exit_code == 2 and said in shown.stderr, shown.stderr


@pytest.mark.data
def test_own_rows_are_compared_with_the_tasks_that_are_here(
    tmp_path: Path, data_folder: Path, nowhere: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "few").mkdir()
    for name in ("hellaswag", "cosmos_qa"):
        (tmp_path / "few" / name).symlink_to(data_folder / name)
    monkeypatch.setenv("XSTILTS_DATA", str(tmp_path / "few"))
    rows = rows_file(tmp_path, "text_a\nA man is sitting on a roof. He starts pulling up roofing.\n")
    found = call("--target", "mine", "--type", "classification", "--data", rows, "--json", *nowhere)
    assert found.exit_code == 0, found.stderr
    assert "1 rows, not labelled; words compared with 2 of" in " ".join(json.loads(found.stdout)["notes"])


@pytest.mark.parametrize(
    ("text", "type", "said"),
    [
        ("words,label\na,b\n", "classification", "there is no text_a (it has words, label)"),
        ("text_a,label\n", "classification", "holds no rows"),
        ("text_a,label\na,b\n", "mlm", "--type 'mlm' is unknown"),
        ("text_a,label\na,b\n", "ranking", "not for ranking"),
    ],
)
def test_mistakes_in_own_rows_are_told(
    tmp_path: Path, nowhere: tuple[str, str], text: str, type: str, said: str
) -> None:
    shown = call("--target", "mine", "--type", type, "--data", rows_file(tmp_path, text), *nowhere)
    assert shown.exit_code == 2 and said in shown.stderr, shown.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--target", "xqad"), "did you mean 'xquad'"),
        (("--target", "mine", "--type", "clasification"), "did you mean 'classification'"),
        (("--target", "xquad", "--language", "Swahili"), "its code is 'sw'"),
        (("--target", "mlm-text"), "is not scored"),
        ((), "either --target NAME or --evaluate"),
    ],
)
def test_mistakes_are_told(arguments: tuple[str, ...], said: str, nowhere: tuple[str, str]) -> None:
    shown = call(*arguments, *nowhere)
    assert shown.exit_code == 2 and said in shown.stderr
