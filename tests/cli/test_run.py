"""The whole of a small study through the command line: run, run again, interrupt, go on, fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

STUDY = """
question = "Does it run?"
targets = ["world/paraphrase"]
languages = ["qab"]
seeds = [0]
train_examples = 64
evaluation_examples = 30
[world]
words = { qaa = 4000, qab = 3000, qac = 0, qad = 0, qae = 0, qaf = 0, qag = 0, qah = 0, qai = 0, qaj = 0, qak = 0 }
[backbones.tiny]
architecture = { layers = 1, hidden = 32, heads = 2, feedforward = 64, vocabulary = 300 }
[[backbones.tiny.pretraining]]
tasks = ["world/text"]
updates = UPDATES
batch = 8
[arms.baseline]
[arms.nli]
intermediate = ["world/nli"]
examples = 64
[settings.intermediate]
epochs = 1
[settings.target]
epochs = 1
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XSTILTS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XSTILTS_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    monkeypatch.delenv("XSTILTS_DATA", raising=False)
    return tmp_path


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "xstilts", *arguments]


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=300)


def test_run_prints_gains_and_runs_nothing_twice(place: Path) -> None:
    file = place / "mine.toml"
    file.write_text(STUDY.replace("UPDATES", "4"), encoding="utf-8")
    first = call("run", str(file))
    assert first.returncode == 0, first.stderr
    assert "Gains over the baseline" in first.stdout and "\x1b" not in first.stdout + first.stderr
    assert (place / "store" / "studies" / "mine@full.parquet").is_file()
    results = {path: path.stat().st_mtime_ns for path in (place / "store" / "results").rglob("*")}
    again = call("run", str(file))
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert "0 jobs done" in again.stderr
    assert {path: path.stat().st_mtime_ns for path in (place / "store" / "results").rglob("*")} == results


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_with_130_and_says_how_to_go_on(number: signal.Signals, place: Path) -> None:
    file = place / "mine.toml"
    file.write_text(STUDY.replace("UPDATES", "200000"), encoding="utf-8")
    process = subprocess.Popen(command("run", str(file)), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    give_up = time.monotonic() + 120
    while not list((place / "store").glob("work/*/progress.json")):
        assert time.monotonic() < give_up and process.poll() is None
        time.sleep(0.2)
    os.kill(process.pid, number)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "To go on: xstilts run" in said and "Traceback" not in said
    if number != signal.SIGINT:
        return
    stopped = call("run", str(file), "--until", "1s")
    assert stopped.returncode == 0
    assert "Stopped in time" in stopped.stderr
