"""The harness that breaks files: its files are whole before they are broken, and it sees what it is to see."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

pytest.importorskip("hypothesis")

from benchmarks.fuzz import pieces
from benchmarks.fuzzing import material, readers, watch
from benchmarks.fuzzing.breaking import Case, broken, case_from_json, odd_of
from benchmarks.fuzzing.readers import READERS

from xstilts.catalogue.errors import Problem
from xstilts.data.load import load
from xstilts.metrics.benchmark import score_folders

LIGHT = ("tables", "studies", "folders", "publishers", "beside")  # readers without torch


def put(folder: Path, case: Case) -> Path:
    for name, content in case.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("name", ["studies", "plans", "publishers", "checkpoints", "headers", "tokenizers"])
def test_what_is_broken_was_whole(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XSTILTS_CACHE", str(tmp_path / "cache"))
    for number, case in enumerate(READERS[name].seeds()):
        READERS[name].read(put(tmp_path / str(number), case), case)


def test_whole_tables_have_rows_and_whole_folders_scores(tmp_path: Path) -> None:
    for number, case in enumerate(material.tables()):
        folder = put(tmp_path / str(number), case)
        first, *other = (folder / name for name in case.files)
        task = material.TASKS[first.stem]
        assert load([first], other, task, task.splits["train"], "train").rows.num_rows
    for case in material.folders():
        folder = put(tmp_path / "folders", case)
    assert score_folders(material.benchmark(), folder / "predictions", folder / "references").tasks


def test_a_number_names_its_cases() -> None:
    def made(number: str) -> list[Case]:
        dice = Random(number)
        return [broken(dice.choice(material.tables()), dice, odd_of(dice)) for _ in range(30)]

    assert made("3") == made("3") != made("4")
    assert [case_from_json(json.loads(json.dumps(case.to_json()))) for case in made("3")] == made("3")


def test_every_reader_gets_its_share() -> None:
    work = list(pieces(10_000, 40, list(READERS)))
    assert len({piece[:3] for piece in work}) == len(work) and max(piece[3] for piece in work) <= 500
    cases = sum(piece[3] for piece in work if piece[1] != "processes")
    assert abs(cases - 10_000) < 20 and {piece[0] for piece in work} == set(READERS)


def test_what_must_not_happen_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "SECONDS", 0.2)
    guard = watch.Guard(tmp_path / "allowed")
    (tmp_path / "allowed").mkdir()

    def wrong() -> None:
        raise Problem("said as it should be")

    assert watch.ended(wrong, guard) == ""
    assert watch.ended(lambda: (tmp_path / "allowed" / "x").write_text(""), guard) == ""
    assert watch.ended(lambda: {}["x"], guard).startswith("KeyError at ?")
    assert watch.ended(lambda: time.sleep(5), guard).startswith("hang")
    for bad in (tmp_path / "x", tmp_path / "allowed" / ".." / "y"):
        assert "written outside" in watch.ended(lambda bad=bad: bad.write_text(""), guard)
    assert "written outside" in watch.ended(lambda: (tmp_path / "folder").mkdir(), guard)


@pytest.mark.parametrize("way", ["mutated", "hypothesis"])
@pytest.mark.parametrize("name", LIGHT)
def test_broken_files_are_rows_or_a_problem(name: str, way: str, tmp_path: Path) -> None:
    root = Path(readers.__file__).parents[2]
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), *sys.path])}
    command = [sys.executable, "-m", "benchmarks.fuzzing.worker", str(tmp_path), name, way, "1000", "40"]
    subprocess.run(command, env=surroundings, check=True, capture_output=True, timeout=300)
    found = json.loads((tmp_path / "piece.json").read_text(encoding="utf-8"))
    assert found["cases"] >= 30 and not found["findings"]
