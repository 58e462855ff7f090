"""Commands that list and make things, and the one that looks at the machine."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from xstilts.cli import app
from xstilts.cli.opened import opened, seconds_of
from xstilts.cli.progress import duration


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize("name", ["tasks", "languages", "backbones", "studies"])
def test_lists_are_tables_and_json(name: str) -> None:
    text = call(name)
    assert text.exit_code == 0, text.output
    assert len(text.stdout.splitlines()) > 1
    assert json.loads(call(name, "--json").stdout)


def test_tasks_say_what_is_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XSTILTS_DATA", raising=False)
    rows = {row["name"]: row for row in json.loads(call("tasks", "--json").stdout)}
    assert rows["world/nli"]["here"]["test"] and not rows["xnli"]["here"]["test"]


@pytest.mark.parametrize("level", ["quick", "full"])
def test_the_first_study_is_valid_and_can_be_planned(tmp_path: Path, level: str) -> None:
    file = tmp_path / "mine.toml"
    assert call("init", str(file)).exit_code == 0
    found = opened(str(file), level, tmp_path / "store", None)
    assert {cell.arm for cell in found.plan.cells} == {"baseline", "nli", "qa"}


def test_the_version_is_told() -> None:
    assert call("--version").stdout == f"xstilts {version('xstilts')}\n"


def test_init_never_overwrites(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("mine", encoding="utf-8")
    assert call("init", str(file)).exit_code == 2
    assert file.read_text(encoding="utf-8") == "mine"


def test_doctor_says_what_will_be_used(tmp_path: Path) -> None:
    found = json.loads(call("doctor", "--store", str(tmp_path / "store"), "--json").stdout)
    assert found["cores"] >= 1 and found["torch"] and found["store_writable"] and not found["store_exists"]
    assert not (tmp_path / "store").exists()


def test_times_are_read_and_written() -> None:
    assert [seconds_of(text) for text in ("45m", "2h", "1h30m", "90s", None)] == [2700, 7200, 5400, 90, None]
    assert [duration(value) for value in (5, 95, 7260, None)] == ["5 s", "1 min 35 s", "2 h 01 min", "unknown"]


def test_a_job_of_a_store_that_is_not_there_makes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = call("job", "0" * 32, "--store", "typo")
    assert done.exit_code == 2 and "there is no store 'typo'" in done.stderr and not list(tmp_path.iterdir())
