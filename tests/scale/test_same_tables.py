"""A real study by the command line: worker processes, a Ray cluster that loses a worker, and Slurm give the same table
in all its bytes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from one_slurm import missing, one_slurm
from toy_store import surroundings

STUDY = """
question = "Is it the same everywhere?"
targets = ["world/paraphrase", "world/retrieval"]
languages = ["qab"]
seeds = [0, 1]
train_examples = 64
evaluation_examples = 30
[world]
words = { qaa = 4000, qab = 3000, qac = 0, qad = 0, qae = 0, qaf = 0, qag = 0, qah = 0, qai = 0, qaj = 0, qak = 0 }
[backbones.tiny]
architecture = { layers = 1, hidden = 32, heads = 2, feedforward = 64, vocabulary = 300 }
[[backbones.tiny.pretraining]]
tasks = ["world/text"]
updates = 200
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


class Place:
    """A store of its own; the cache is shared."""

    def __init__(self, folder: Path, name: str) -> None:
        self.store = folder / name
        self.study = folder / "same.toml"
        self.study.write_text(STUDY, encoding="utf-8")
        self.env = surroundings(XSTILTS_CACHE=str(folder / "cache"), RAY_USAGE_STATS_ENABLED="0")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "xstilts", *arguments, "--store", str(self.store)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.env)

    def call(self, *arguments: str) -> str:
        started = self.start(*arguments)
        said, trouble = started.communicate(timeout=500)
        assert started.returncode == 0, said + trouble
        return said

    def table(self) -> str:
        return self.call("results", str(self.study), "--format", "csv")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("same")


@pytest.fixture(scope="module")
def expected(folder: Path) -> str:
    place = Place(folder, "local")
    place.call("run", str(place.study), "--workers", str(os.cpu_count()))  # one thread each, as elsewhere
    return place.table()


def test_ray_that_loses_a_worker(folder: Path, expected: str) -> None:
    pytest.importorskip("ray")
    place = Place(folder, "ray")
    started = place.start("run", str(place.study), "--backend", "ray", "--progress", "lines")
    struck = False
    while started.poll() is None and not struck:
        for lease in place.store.glob("work/*/lease"):
            said = lease.with_name("progress.json")
            if said.exists() and json.loads(said.read_text())["done"] > 10:
                os.kill(json.loads(lease.read_text())["pid"], signal.SIGKILL)
                struck = True
        time.sleep(0.05)
    said, trouble = started.communicate(timeout=500)
    assert struck and started.returncode == 0, said + trouble
    assert "killed by signal 9; tried again" in trouble
    assert place.table() == expected


@pytest.mark.skipif(bool(missing()), reason=missing())
def test_slurm(folder: Path, expected: str, tmp_path: Path) -> None:
    with one_slurm(tmp_path / "slurm"):
        place = Place(folder, "on-slurm")
        place.call("run", str(place.study), "--backend", "slurm")
    assert len(list(place.store.glob("slurm/*/array"))) > 1
    assert place.table() == expected
