"""A run on a real Slurm of one node: arrays, preemption, a run that is killed and goes on, stopping."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster_run import COMMAND
from one_slurm import missing, one_slurm
from toy_store import PLAN, end, made, of_local, results, times_done, told, toy_run, until, worker_of

from xstilts.catalogue.errors import Problem
from xstilts.study.backends.cluster import OnSlurm
from xstilts.study.backends.slurm import SlurmBackend
from xstilts.study.protocols import Places
from xstilts.study.run import run

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


@pytest.fixture(scope="module", autouse=True)
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with one_slurm(tmp_path_factory.mktemp("slurm")):
        yield


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return of_local(tmp_path_factory.mktemp("local"))


def queue(*more: str) -> list[str]:
    """Elements that wait or run, as ``ARRAY_NUMBER``."""
    asked = ("squeue", "--noheader", "--array", "--format=%F_%K", *more)
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()


def test_groups_are_elements_of_arrays(tmp_path: Path, expected: dict[str, str]) -> None:
    store = made(tmp_path)
    end(toy_run(store, "slurm"))
    assert results(store) == expected
    assert times_done(store) == dict.fromkeys(PLAN.jobs, 1)
    sizes = [len(path.read_text().splitlines()) for path in store.root.glob("slurm/*/keys")]
    assert max(sizes) > 1 and queue() == []


def test_a_preempted_element_saves_goes_back_to_the_queue_and_goes_on(tmp_path: Path, expected: dict[str, str]) -> None:
    store = made(tmp_path)
    key = told(store, 0, "pretraining")
    started = toy_run(store, "slurm")
    worker_of(store, key)
    taking = ["sbatch", "--partition=high", "--exclusive", "--output=/dev/null", "--wrap=sleep 2"]
    subprocess.run(taking, check=True, capture_output=True)
    end(started)
    assert store.record(key)["resumed_at"] >= 3
    assert results(store) == expected
    assert times_done(store) == dict.fromkeys(PLAN.jobs, 1)


def test_a_killed_run_leaves_its_elements_and_the_next_one_finds_them(tmp_path: Path, expected: dict[str, str]) -> None:
    store = made(tmp_path)
    key = told(store, 0, "pretraining")
    started = toy_run(store, "slurm")
    worker_of(store, key)
    started.kill()
    started.communicate()
    arrays = len(list(store.root.glob("slurm/*/array")))
    end(toy_run(store, "slurm"))
    assert store.record(key)["resumed_at"] == 0  # it was never interrupted
    assert len(list(store.root.glob("slurm/*/array"))) >= arrays
    assert results(store) == expected
    assert times_done(store) == dict.fromkeys(PLAN.jobs, 1)


def test_a_killed_process_is_tried_again(tmp_path: Path, expected: dict[str, str]) -> None:
    store = made(tmp_path)
    key = told(store, 1, "intermediate")
    started = toy_run(store, "slurm")
    os.kill(worker_of(store, key), signal.SIGKILL)
    said, _ = end(started)
    assert "its process was killed by signal 9; tried again" in said
    assert store.record(key)["resumed_at"] >= 3
    assert results(store) == expected


def test_stopping_saves_and_leaves_nothing_in_the_queue(tmp_path: Path, expected: dict[str, str]) -> None:
    store = made(tmp_path)
    key = told(store, 0, "pretraining")
    started = toy_run(store, "slurm")
    worker_of(store, key)
    started.send_signal(signal.SIGINT)
    started.communicate(timeout=120)
    until(lambda: not queue())
    assert not store.has(key) and not store.held(key) and store.failure(key) is None
    end(toy_run(store, "slurm"))
    assert store.record(key)["resumed_at"] >= 3
    assert results(store) == expected


def test_stopping_ends_what_an_earlier_run_left(tmp_path: Path) -> None:
    store = made(tmp_path)
    key = told(store, 0, "pretraining", "slower")
    started = toy_run(store, "slurm")
    worker_of(store, key)
    started.kill()
    started.communicate()
    again = toy_run(store, "slurm")
    assert again.stdout is not None and "planned" in again.stdout.readline()
    again.send_signal(signal.SIGINT)
    again.communicate(timeout=120)
    until(lambda: not queue())
    assert not store.has(key) and not store.held(key) and store.failure(key) is None


def test_a_process_that_can_not_write_why_it_failed_says_so_all_the_same(tmp_path: Path) -> None:
    store = made(tmp_path)
    told(store, 1, "intermediate", "full")
    said, _ = toy_run(store, "slurm").communicate(timeout=240)
    assert "No space left on device: make room" in said


def test_a_node_without_this_python_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = made(tmp_path)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    summary = run(PLAN, store, SlurmBackend(store, OnSlurm(), command=COMMAND, look=1.0), Places())
    assert summary.exit_code == 1 and summary.failed
    for reason in summary.failed.values():
        assert "/nowhere/python: not found; install xstilts on every node" in reason


def test_what_slurm_refuses_is_told(tmp_path: Path) -> None:
    store = made(tmp_path)
    backend = SlurmBackend(store, OnSlurm(partition="nowhere"), command=COMMAND)
    backend.start(list(PLAN.jobs)[:1], 1, 0.0)
    with pytest.raises(Problem, match="partition"):
        backend.finished(0.0)
    assert list(store.root.glob("slurm/*")) == []
