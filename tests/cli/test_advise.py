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
def nowhere(tmp_path: Path) -> tuple[str, str]:
    """A store in which nothing is."""
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
