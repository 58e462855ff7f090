"""A run on a real Ray cluster of several node processes loses workers, nodes and its head, and ends in the same
results."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from ray_nodes import cluster, lose, node
from toy_store import PLAN, end, made, of_local, results, times_done, told, toy_run, until, worker_of

pytest.importorskip("ray")


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
    key = told(store, 0, "pretraining")
    with cluster(1) as found:
        started = toy_run(store, "ray", found.address)
        worker = worker_of(store, key)
        os.kill(ray_worker_of(worker), signal.SIGKILL)
        node(found)
        said, _ = end(started)
    assert store.record(key)["resumed_at"] >= 3, said
    assert results(store) == expected
    assert times_done(store) == dict.fromkeys(PLAN.jobs, 1)


def test_the_process_of_a_job_is_killed(tmp_path: Path, expected: dict[str, str]) -> None:
    store = made(tmp_path)
    key = told(store, 1, "intermediate")
    with cluster(2) as found:
        started = toy_run(store, "ray", found.address)
        os.kill(worker_of(store, key), signal.SIGKILL)
        said, _ = end(started)
    assert "its process was killed by signal 9; tried again" in said
    assert store.record(key)["resumed_at"] >= 3
    assert results(store) == expected


def test_a_node_is_killed_and_its_job_goes_on_elsewhere(tmp_path: Path, expected: dict[str, str]) -> None:
    store = made(tmp_path)
    key = told(store, 1, "intermediate")
    with cluster(0) as found:
        nodes = [node(found), node(found)]
        started = toy_run(store, "ray", found.address)
        raylet = parent(ray_worker_of(worker_of(store, key)))
        (lost,) = [one for one in nodes if one.all_processes["raylet"][0].process.pid == raylet]
        found.remove_node(lost, allow_graceful=False)
        said, _ = end(started)
    assert store.record(key)["resumed_at"] >= 3, said
    assert results(store) == expected


def test_a_process_that_can_not_write_why_it_failed_says_so_all_the_same(tmp_path: Path) -> None:
    store = made(tmp_path)
    told(store, 1, "intermediate", "full")
    with cluster(1) as found:
        said, _ = toy_run(store, "ray", found.address).communicate(timeout=240)
    assert "No space left on device: make room" in said and "Traceback" not in said


def test_the_run_is_killed_and_its_tasks_save_and_end(tmp_path: Path, expected: dict[str, str]) -> None:
    store = made(tmp_path)
    key = told(store, 0, "pretraining")
    with cluster(1) as found:
        started = toy_run(store, "ray", found.address)
        worker_of(store, key)
        started.kill()
        started.communicate()
        until(lambda: not store.held(key))
        assert not store.has(key) and store.failure(key) is None
        end(toy_run(store, "ray", found.address))
    assert store.record(key)["resumed_at"] >= 3
    assert results(store) == expected


def test_the_head_is_lost_and_the_same_command_goes_on(tmp_path: Path, expected: dict[str, str]) -> None:
    """The run ends after half a minute without a head, nodes after a minute; until then a worker goes on."""
    store = made(tmp_path)
    key = told(store, 0, "pretraining")
    with cluster(1) as found:
        started = toy_run(store, "ray", found.address)
        worker = worker_of(store, key)
        lose(found.head_node)
        said, trouble = started.communicate(timeout=240)
        assert started.returncode != 0, said + trouble
        assert "has not answered for 30 s: start it again" in trouble
        until(lambda: not store.held(key), 120)
        until(lambda: not Path(f"/proc/{worker}").exists())
    assert store.failure(key) is None
    assert not all(map(store.has, PLAN.jobs))
    with cluster(1) as found:
        end(toy_run(store, "ray", found.address))
    assert results(store) == expected
    assert times_done(store) == dict.fromkeys(PLAN.jobs, 1)
