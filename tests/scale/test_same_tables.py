"""A real study by the command line: worker processes, a Ray cluster that loses a worker, and Slurm give the same table
in all its bytes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from one_slurm import missing, one_slurm
from ray_nodes import cluster, lose
from toy_store import end, start, until

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
updates = 1000
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
        self.more = {"XSTILTS_CACHE": str(folder / "cache"), "RAY_USAGE_STATS_ENABLED": "0"}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return start("-m", "xstilts", *arguments, "--store", str(self.store), **self.more)

    def call(self, *arguments: str) -> str:
        return end(self.start(*arguments), 500)[0]

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


def at_work(place: Place, started: subprocess.Popen[str], updates: int = 10) -> tuple[Path, int]:
    """The folder of a training that has done some updates, and the process that is at it."""
    found: list[Path] = []

    def look() -> bool:
        assert started.poll() is None, started.communicate()
        found.extend(lease.parent for lease in place.store.glob("work/*/lease") if done(lease.parent) > updates)
        return bool(found)

    until(look, 300)
    return found[0], json.loads((found[0] / "lease").read_text())["pid"]


def done(work: Path) -> int:
    """Updates of a training so far; 0 where it does not say."""
    try:
        return int(json.loads((work / "progress.json").read_text())["done"])
    except FileNotFoundError:
        return 0


def test_ray_that_loses_a_worker(folder: Path, expected: str) -> None:
    pytest.importorskip("ray")
    place = Place(folder, "ray")
    started = place.start("run", str(place.study), "--backend", "ray", "--progress", "lines")
    os.kill(at_work(place, started)[1], signal.SIGKILL)
    _, trouble = end(started, 500)
    assert "killed by signal 9; tried again" in trouble
    assert place.table() == expected


def test_ray_that_loses_head_and_node_in_the_middle_of_a_training(folder: Path, expected: str) -> None:
    """The training saves a checkpoint, and the same command on another cluster goes on from there."""
    pytest.importorskip("ray")
    place = Place(folder, "headless")
    asked = ("run", str(place.study), "--backend", "ray", "--progress", "lines", "--address")
    with cluster(1) as found:
        started = place.start(*asked, found.address)
        work, worker = at_work(place, started)
        for one in (found.head_node, *found.worker_nodes):
            lose(one)
        said, trouble = started.communicate(timeout=240)
        assert started.returncode != 0, said + trouble
        assert "has not answered for 30 s: start it again" in trouble
    until(lambda: not Path(f"/proc/{worker}").exists())
    assert not (work / "lease").exists()
    saved = done(work)
    assert 10 < saved < 1000 and (work / "checkpoint").exists()
    with cluster(1) as found:
        again, least = place.start(*asked, found.address), saved
        while again.poll() is None:
            least = min(least, done(work) or saved)
            time.sleep(0.01)
        end(again)
    assert least == saved
    assert place.table() == expected


@pytest.mark.skipif(bool(missing()), reason=missing())
def test_slurm(folder: Path, expected: str, tmp_path: Path) -> None:
    with one_slurm(tmp_path / "slurm"):
        place = Place(folder, "on-slurm")
        place.call("run", str(place.study), "--backend", "slurm")
    assert len(list(place.store.glob("slurm/*/array"))) > 1
    assert place.table() == expected
