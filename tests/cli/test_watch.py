"""A run that is watched: as JSON lines, quietly, and by trackers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from command import UNTRAINED, command, results, surroundings

STUDY = f"""
question = "Is a study seen while it runs?"
targets = ["world/paraphrase"]
languages = ["qaa", "qab"]
seeds = [0]
train_examples = 64
evaluation_examples = 40
{UNTRAINED}[arms.nli]
intermediate = ["world/nli"]
[settings.intermediate]
updates = 12
[settings.target]
updates = 6
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "seen.toml").write_text(STUDY)
    return subprocess.run(
        command(folder, "run", "seen.toml", *arguments),
        cwd=folder, env=surroundings(folder), capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def test_json_lines_say_everything_and_trackers_get_it(tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    pytest.importorskip("wandb")
    (tmp_path / "taken").write_text("a file where a folder is wanted")
    streams = ("--stream", "tensorboard=board", "--stream", "wandb=runs", "--stream", "tensorboard=taken/x")
    done = run(tmp_path, "--progress", "json", *streams)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    given_up = [line for line in lines if line.startswith("note: --stream tensorboard=taken/x is given up")]
    events = [json.loads(line) for line in lines if line not in given_up]
    assert len(given_up) == 1
    first, last = events[0], events[-1]
    assert (first["kind"], last["kind"]) == ("planned", "ended") and last["done"] == last["total"]
    assert last["phases"]["score"][0] == last["phases"]["score"][1] and "world/paraphrase" in last["last"]
    assert {event["kind"] for event in events} >= {"started", "done"}

    table = results(tmp_path, "seen.toml")
    shown = {}
    for folder in (tmp_path / "board").iterdir():
        found = accumulator.EventAccumulator(str(folder))
        found.Reload()
        shown[folder.name] = {
            tag: [(one.step, one.value) for one in found.Scalars(tag)] for tag in found.Tags()["scalars"]
        }
    for row in table.iter_rows(named=True):
        run_name = f"tiny-{row['arm']}-seed-{row['seed']}"
        ((_, score),) = shown[run_name][f"score/{row['target']}/{row['language']}/{row['split']}"]
        assert score == pytest.approx(row["score"], rel=1e-6)
    curves = [tags["loss"] for tags in shown.values() if "loss" in tags]
    assert sorted(len(curve) for curve in curves) == [6, 6, 12]  # updates of two targets and of an intermediate task
    written = b"".join(path.read_bytes() for path in (tmp_path / "runs").rglob("*.wandb"))
    assert b"score/world/paraphrase/qab/test" in written and b"loss" in written


def test_quiet_says_nothing_when_all_goes_well(tmp_path: Path) -> None:
    done = run(tmp_path, "--progress", "quiet")
    assert (done.returncode, done.stderr) == (0, "") and "Scores" in done.stdout


def test_unknown_forms_and_trackers_are_refused_before_anything_runs(tmp_path: Path) -> None:
    done = run(tmp_path, "--progress", "jsno")
    assert done.returncode == 2 and "did you mean 'json'" in done.stderr
    done = run(tmp_path, "--stream", "tensorbord=x")
    assert done.returncode == 2 and "did you mean 'tensorboard'" in done.stderr
    assert not list(tmp_path.glob("store/results/*"))
