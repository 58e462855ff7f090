"""What a run needs to know of a cluster: its file, and a batch script that saves and goes back to the queue."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from toy_world import toy_plan_of

from xstilts.catalogue.errors import Problem
from xstilts.study.backends.cluster import Cluster, read_cluster
from xstilts.study.backends.ended import of_shell, outcome
from xstilts.study.backends.slurm import SCRIPT
from xstilts.study.job import Train
from xstilts.study.protocols import Places
from xstilts.study.store import Store

TOY = Path(__file__).with_name("toy_command.py")
PLAN = toy_plan_of(64)
KEY = next(key for key, job in PLAN.jobs.items() if isinstance(job, Train) and job.phase == "pretraining")


def test_a_cluster_file_is_checked(tmp_path: Path) -> None:
    file = tmp_path / "cluster.toml"
    file.write_text('[ray]\naddress = "auto"\ngpus = 0.5\n[slurm]\npartition = "gpu"\nlines = ["module load cuda"]\n')
    found = read_cluster(file)
    assert (found.ray.address, found.ray.gpus, found.slurm.partition) == ("auto", 0.5, "gpu")
    assert found.slurm.lines == ("module load cuda",)
    assert read_cluster(None) == Cluster()


@pytest.mark.parametrize(
    "text, said",
    [
        ('[slurm]\npartitoin = "gpu"', "unknown field: did you mean 'partition'"),
        ("[ray]\ncpus = 0", "must be at least 1"),
        ("[slurmm]", "did you mean 'slurm'"),
        ("[ray", "is no TOML"),
        (None, "can not be read"),
    ],
)
def test_mistakes_in_it_are_named(text: str | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "cluster.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(Problem, match=said):
        read_cluster(file)


def test_exit_codes_are_told_in_the_same_words_everywhere(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    assert outcome(store, [KEY], 0).failure is None and outcome(store, [KEY], 75).failure is None
    killed = outcome(store, [KEY], of_shell(128 + 9))
    assert killed.killed and killed.failure == "killed by signal 9"
    assert outcome(store, [KEY], of_shell(3)).failure == "ended with exit code 3"
    store.work(KEY)
    store.log(KEY).write_text("sh: no python\n\n")
    assert outcome(store, [KEY], of_shell(3)).failure == "ended with exit code 3: sh: no python"
    store.fail(KEY, "no rows")
    assert outcome(store, [KEY], 1).failure == "no rows"


@pytest.mark.parametrize("stopped", [False, True], ids=["preempted", "stopped"])
def test_the_batch_script_saves_and_goes_back_to_the_queue_unless_the_run_was_stopped(
    stopped: bool, tmp_path: Path
) -> None:
    """The script runs in a shell as in an element; ``scontrol`` is a command that notes what it was asked."""
    store = Store(tmp_path / "a store" / "store")
    store.submit(PLAN.jobs[KEY], Places())
    (store.root.parent / "orders").mkdir()
    (store.root.parent / "orders" / "0").write_text("pretraining slow")
    folder = tmp_path / "array"
    folder.mkdir()
    (folder / "keys").write_text(f"{'0' * 32}\n{KEY}\n")
    asked = tmp_path / "asked"
    scontrol = tmp_path / "scontrol"
    scontrol.write_text(f'#!/bin/sh\necho "$@" >> {asked}\n')
    scontrol.chmod(0o755)
    store.work(KEY)
    quoted = {"folder": f"'{folder}'", "store": f"'{store.root}'", "command": f"{sys.executable} {TOY}"}
    (folder / "run.sh").write_text(SCRIPT.format(lines="# a line", threads=1, stopped=75, **quoted))
    if stopped:
        (folder / "stopped").touch()
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    surroundings = {**os.environ, "SLURM_ARRAY_TASK_ID": "1", "SLURM_JOB_ID": "77", "PATH": path}
    shell = subprocess.Popen(["sh", str(folder / "run.sh")], env=surroundings)
    deadline = time.monotonic() + 60
    while (store.progress(KEY) or {"done": 0})["done"] < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    shell.send_signal(signal.SIGTERM)
    assert shell.wait(30) == 75
    assert not store.has(KEY) and not store.held(KEY)
    assert asked.exists() is not stopped
    if not stopped:
        assert asked.read_text() == "requeue 77\n"
    (store.root.parent / "orders" / "0").write_text("")
    assert subprocess.run(["sh", str(folder / "run.sh")], env=surroundings, check=False).returncode == 0
    assert store.record(KEY)["resumed_at"] >= 2
