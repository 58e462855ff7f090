"""A study whose trainings two processes hold: same keys, same scores; stopped with two, it goes on with one."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file

from command import command, results, surroundings, xstilts

pytestmark = pytest.mark.long  # tests/train/test_together.py holds the same of trainings, in the gate

STUDY = """
question = "Does it learn?"
targets = ["world/paraphrase"]
languages = ["qaa", "qab"]
seeds = [0]
train_examples = 96
evaluation_examples = 40

[backbones.tiny]
architecture = { layers = 2, hidden = 32, heads = 4, feedforward = 64, vocabulary = 400 }
vocabulary = { text = ["world/parallel"], characters = 100000 }
HELD

[arms.baseline]

[settings.target]
updates = 150
batch = 8
"""


def weights(folder: Path) -> dict[str, dict]:  # type: ignore[type-arg]
    """The weights of every training, by key and file."""
    files = folder.glob("store/results/*/*/model/*.safetensors")
    return {f"{path.parts[-3]} {path.name}": load_file(path) for path in files}


def test_two_processes_do_a_study_and_one_goes_on(tmp_path: Path) -> None:
    for name, held in (("one", ""), ("two", "shards = 2\nrecompute = true")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "study.toml").write_text(STUDY.replace("HELD", held))
    one, two = tmp_path / "one", tmp_path / "two"
    xstilts(one, "run", "study.toml")

    # stopped while two processes are at it
    run = command(two, "run", "study.toml", "--workers", "1")
    running = subprocess.Popen(run, cwd=two, env=surroundings(two), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not list(two.glob("store/work/*/progress.json")):
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    (kept,) = two.glob("store/work/*/checkpoint/checkpoint.json")
    said = json.loads(kept.read_text())
    assert said["shards"] == 2 and 0 < said["updates"] < 150

    # one process goes on
    (two / "study.toml").write_text(STUDY.replace("HELD", ""))
    xstilts(two, "run", "study.toml")
    columns = ["language", "score", "floor", "job"]
    first, second = (results(folder, "study.toml").select(columns).sort("language") for folder in (one, two))
    assert first.equals(second) and first.height == 2
    ours, theirs = weights(one), weights(two)
    assert ours.keys() == theirs.keys() and len(ours) == 2
    for name, tensors in ours.items():
        for key, tensor in tensors.items():
            assert float((tensor - theirs[name][key]).abs().max()) < 1e-4, (name, key)


def test_why_it_failed_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(
        STUDY.replace("HELD", "shards = 2") + "learning_rate = 1e30\nclip = 1e30\nwarmup = 0.0\n"
    )
    run = command(tmp_path, "run", "study.toml", "--workers", "1")
    done = subprocess.run(run, cwd=tmp_path, env=surroundings(tmp_path), capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "lower the learning rate" in done.stderr + done.stdout
    assert not list(tmp_path.glob("store/results/*/*/model"))
