"""A run on a real Ray cluster of several node processes loses workers, nodes and its head, and ends in the same
results."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray")

from ray.cluster_utils import Cluster
from toy_store import HERE, PLAN, made, of_local, results, slow, surroundings, times_done, until, worker_of

from xstilts.study.store import Store

OBJECTS = 80 * 2**20


@contextmanager
def cluster(nodes: int) -> Iterator[Any]:
    """A head that does no jobs, and node processes with one core each."""
    os.environ.update(surroundings(RAY_USAGE_STATS_ENABLED="0"))
    found = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": OBJECTS})
    try:
        for _ in range(nodes):
            node(found)
        yield found
    finally:
        found.shutdown()


def node(found: Any) -> Any:
    return found.add_node(num_cpus=1, object_store_memory=OBJECTS)


def start(store: Store, found: Any) -> subprocess.Popen[str]:
    command = [sys.executable, str(HERE / "ray_run.py"), str(store.root), found.address]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=surroundings())


def end(started: subprocess.Popen[str]) -> str:
    said, trouble = started.communicate(timeout=240)
    assert started.returncode == 0, said + trouble
    return said


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def ray_worker_of(pid: int) -> int:
    """The Ray worker behind a process that does jobs: the parent of the server that started it."""
    return parent(parent(pid))


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return of_local(tmp_path_factory.mktemp("local"))


def test_a_worker_is_killed_and_a_node_is_added(tmp_path: Path, expected: dict[str, str]) -> None:
    store = made(tmp_path)
    key = slow(store, 0, "pretraining")
    with cluster(1) as found:
        started = start(store, found)
        worker = worker_of(store, key)
        os.kill(ray_worker_of(worker), signal.SIGKILL)
        node(found)
        said = end(started)
    assert store.record(key)["resumed_at"] >= 3, said
    assert results(store) == expected
    assert times_done(store) == dict.fromkeys(PLAN.jobs, 1)


def test_the_process_of_a_job_is_killed(tmp_path: Path, expected: dict[str, str]) -> None:
    store = made(tmp_path)
    key = slow(store, 1, "intermediate")
    with cluster(2) as found:
        started = start(store, found)
        os.kill(worker_of(store, key), signal.SIGKILL)
        said = end(started)
    assert "its process was killed by signal 9; tried again" in said
    assert store.record(key)["resumed_at"] >= 3
    assert results(store) == expected


def test_a_node_is_killed_and_its_job_goes_on_elsewhere(tmp_path: Path, expected: dict[str, str]) -> None:
    store = made(tmp_path)
    key = slow(store, 1, "intermediate")
    with cluster(0) as found:
        nodes = [node(found), node(found)]
        started = start(store, found)
        raylet = parent(ray_worker_of(worker_of(store, key)))
        (lost,) = [one for one in nodes if one.all_processes["raylet"][0].process.pid == raylet]
        found.remove_node(lost, allow_graceful=False)
        said = end(started)
    assert store.record(key)["resumed_at"] >= 3, said
    assert results(store) == expected


def test_the_run_is_killed_and_its_tasks_save_and_end(tmp_path: Path, expected: dict[str, str]) -> None:
    store = made(tmp_path)
    key = slow(store, 0, "pretraining")
    with cluster(1) as found:
        started = start(store, found)
        worker_of(store, key)
        started.kill()
        started.communicate()
        until(lambda: not store.held(key))
        assert not store.has(key) and store.failure(key) is None
        end(start(store, found))
    assert store.record(key)["resumed_at"] >= 3
    assert results(store) == expected


def test_the_head_is_lost_and_the_same_command_goes_on(tmp_path: Path, expected: dict[str, str]) -> None:
    """Ray ends the run after a minute without a head; what a worker was doing is finished or saved until then."""
    store = made(tmp_path)
    key = slow(store, 0, "pretraining")
    with cluster(1) as found:
        started = start(store, found)
        worker = worker_of(store, key)
        found.head_node.kill_all_processes(check_alive=False, allow_graceful=False)
        said, trouble = started.communicate(timeout=240)
        assert started.returncode != 0, said + trouble
        assert "Failed to connect to GCS" in trouble
        until(lambda: not store.held(key), 120)
        until(lambda: not Path(f"/proc/{worker}").exists())
    assert store.failure(key) is None
    assert not all(map(store.has, PLAN.jobs))
    with cluster(1) as found:
        end(start(store, found))
    assert results(store) == expected
    assert times_done(store) == dict.fromkeys(PLAN.jobs, 1)
