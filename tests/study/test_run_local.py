"""Running a plan in real worker processes: order, groups, failures, kills, stopping, resuming, two runs at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from toy_world import toy_plan_of

from xstilts.study.backends.local import LocalBackend
from xstilts.study.job import Predict, Score, Train
from xstilts.study.manifest import Plan
from xstilts.study.place import Placement
from xstilts.study.protocols import Places
from xstilts.study.run import Event, Running, Summary, run
from xstilts.study.status import status
from xstilts.study.store import Store


@pytest.fixture
def toy(toy_plan: Plan) -> Plan:
    return toy_plan


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def order(store: Store, seed: int, text: str) -> None:
    folder = store.root.parent / "orders"
    folder.mkdir(exist_ok=True)
    (folder / str(seed)).write_text(text)


def go(plan: Plan, store: Store, until: float | None = None, report: Callable[[Event], None] | None = None) -> Summary:
    backend = LocalBackend(store, 2, target="toy_jobs:main")
    return run(plan, store, backend, Places(), until=until, report=report or (lambda event: None), cores=4)


def of(plan: Plan, phase: str, seed: int) -> list[str]:
    return [key for key, job in plan.jobs.items() if isinstance(job, Train) and job.phase == phase and job.seed == seed]


@pytest.mark.parametrize("hidden, threads", [(64, 2), (512, 4)])
def test_a_big_first_phase_gets_all_cores_and_a_small_one_its_share(hidden: int, threads: int, store: Store) -> None:
    bigger = toy_plan_of(hidden)
    go(bigger, store)
    given = {key: store.record(key)["threads"] for key, job in bigger.jobs.items() if isinstance(job, Train)}
    first = of(bigger, "pretraining", 0)[0]
    assert given.pop(first) == threads
    assert set(given.values()) == {2}
    ways = {store.record(key)["waits"] for key in given}
    assert ways == {os.environ.get("OMP_WAIT_POLICY", "PASSIVE")}  # what the user set stays


def test_processes_share_the_gpus_out(toy: Plan, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    order(store, 0, "intermediate slow")
    order(store, 1, "intermediate slow")
    backend = LocalBackend(store, 2, target="toy_jobs:main", gpus=("3", "5"))
    run(toy, store, backend, Places())
    first, second = of(toy, "intermediate", 0) + of(toy, "intermediate", 1)  # side by side
    assert {store.record(first)["gpu"], store.record(second)["gpu"]} == {"3", "5"}


@pytest.mark.parametrize("memory, most", [(2.2, 2), (None, 4)])
def test_no_more_run_side_by_side_than_memory_holds(memory: float | None, most: int, toy: Plan, store: Store) -> None:
    """There is room for ``memory`` times the largest job, and all are estimated at about as much."""
    room = None if memory is None else memory * max(Placement(toy).sizes.values())
    for seed in (0, 1):
        order(store, seed, "target slow")
    seen: list[int] = []
    backend = LocalBackend(store, 4, target="toy_jobs:main", memory=room)
    assert run(toy, store, backend, Places(), report=lambda event: seen.append(len(event.running))).left == 0
    assert max(seen) == most


def test_what_a_training_is_followed_by_is_not_running_before_it_is_done(toy: Plan, store: Store) -> None:
    order(store, 0, "target slow")
    seen: list[set[str]] = []

    def look(event: Event) -> None:
        if event.kind == "progress":
            found = status(toy, store)
            running = [toy.jobs[key] for key, state in found.states.items() if state == "running"]
            if any(isinstance(job, Train) and job.phase == "target" and job.seed == 0 for job in running):
                models = {key for key in toy.jobs if found.states[key] == "running"}
                seen.append({job.model for job in running if isinstance(job, Predict) and job.model} & models)

    assert go(toy, store, report=look).left == 0
    assert seen and not any(seen)


def test_everything_is_done_once_in_shared_processes(toy: Plan, store: Store) -> None:
    events: list[Event] = []
    summary = go(toy, store, report=events.append)
    assert (summary.done, summary.reused, summary.left, summary.exit_code) == (len(toy.jobs), 0, 0, 0)
    records = {key: store.record(key) for key in toy.jobs}
    assert not any(record["torch"] for record in records.values())
    # Predictions of one model, and their scores, share a process.
    groups: dict[str, set[int]] = {}
    for key, job in toy.jobs.items():
        if isinstance(job, Predict) and job.model:
            groups.setdefault(job.model, set()).add(records[key]["pid"])
        if isinstance(job, Score):
            assert records[key]["pid"] == records[job.prediction]["pid"]
    assert all(len(pids) == 1 for pids in groups.values())
    assert events[0].kind == "planned"
    assert events[-1].kind == "ended"
    assert events[-1].done == events[-1].total == len(toy.jobs)
    assert [event.done for event in events] == sorted(event.done for event in events)
    assert sum(event.kind == "done" for event in events) == len(toy.jobs)


def test_a_second_run_does_nothing(toy: Plan, store: Store) -> None:
    go(toy, store)
    events: list[Event] = []
    summary = go(toy, store, report=events.append)
    assert (summary.done, summary.reused) == (0, len(toy.jobs))
    assert not any(event.kind == "started" for event in events)


def test_a_failed_job_blocks_only_what_needs_it(toy: Plan, store: Store) -> None:
    order(store, 1, "intermediate fail")
    summary = go(toy, store)
    (failed,) = of(toy, "intermediate", 1)
    assert summary.exit_code == 1
    assert set(summary.failed) == {failed}
    assert "told to fail" in summary.failed[failed]
    assert set(summary.blocked) == toy.after([failed])
    assert summary.done == len(toy.jobs) - 1 - len(summary.blocked)
    counts = status(toy, store).counts()
    assert counts == {"done": summary.done, "running": 0, "failed": 1, "blocked": len(summary.blocked), "open": 0}
    # The next run tries again.
    order(store, 1, "")
    assert go(toy, store).exit_code == 0


def test_an_exception_in_a_worker_is_a_failure_with_its_log(toy: Plan, store: Store) -> None:
    order(store, 1, "target raise")
    summary = go(toy, store)
    assert set(summary.failed) == set(of(toy, "target", 1))
    key = of(toy, "target", 1)[0]
    assert "exit code 1" in summary.failed[key]
    assert "RuntimeError: told to raise" in (store.work(key) / "log").read_text()


def test_a_worker_that_cannot_write_why_it_ends_says_it_with_its_exit_code(toy: Plan, store: Store) -> None:
    order(store, 1, "target full")
    summary = go(toy, store)
    assert set(summary.failed) == set(of(toy, "target", 1))
    for reason in summary.failed.values():
        assert reason.startswith("No space left on device: make room") and "see" not in reason


def test_a_process_that_leaves_nothing_is_not_started_for_ever(toy: Plan, store: Store) -> None:
    order(store, 1, "intermediate vanish")
    summary = go(toy, store)
    assert list(summary.failed) == of(toy, "intermediate", 1)
    assert "without a result" in next(iter(summary.failed.values()))


def holder_of(store: Store, key: str, steps: int) -> int:
    """The process that works on ``key``, once it has done ``steps``."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        said = store.progress(key)
        if said and said["done"] >= steps and store.held(key):
            pid: int = json.loads((store.work(key) / "lease").read_text())["pid"]
            return pid
        time.sleep(0.02)
    raise AssertionError("the job never began")


def kill(store: Store, key: str, times: int) -> threading.Thread:
    """A thread that kills whoever works on ``key``, so many times."""

    def strike() -> None:
        for _ in range(times):
            worker = holder_of(store, key, 2)
            os.kill(worker, signal.SIGKILL)
            while store.held(key):
                time.sleep(0.02)

    thread = threading.Thread(target=strike)
    thread.start()
    return thread


def test_a_killed_worker_s_job_is_resumed_by_the_next(toy: Plan, store: Store) -> None:
    order(store, 1, "intermediate slow")
    (key,) = of(toy, "intermediate", 1)
    killer = kill(store, key, 1)
    summary = go(toy, store)
    killer.join()
    assert (summary.failed, summary.done) == ({}, len(toy.jobs))
    assert store.record(key)["resumed_at"] >= 2


def test_a_worker_that_is_killed_again_and_again_fails_its_job_alone(toy: Plan, store: Store) -> None:
    order(store, 1, "intermediate slow")
    (key,) = of(toy, "intermediate", 1)
    killer = kill(store, key, 3)
    summary = go(toy, store)
    killer.join()
    assert list(summary.failed) == [key]
    assert "killed by signal 9, 3 times" in summary.failed[key] and "--workers" in summary.failed[key]
    assert summary.done == len(toy.jobs) - 1 - len(summary.blocked)
    order(store, 1, "")
    assert go(toy, store).exit_code == 0
    assert store.record(key)["resumed_at"] >= 2


def test_a_worker_without_a_sign_of_life_is_ended_and_its_job_tried_again(toy: Plan, store: Store) -> None:
    order(store, 1, "intermediate hang")
    told: list[str] = []

    def listen(event: Event) -> None:
        if "no sign of life" in event.message:
            told.append(event.message)
            order(store, 1, "")  # the second time it works

    summary = run(toy, store, LocalBackend(store, 2, target="toy_jobs:main"), Places(), report=listen, patience=6.0)
    assert len(told) == 1 and told[0].startswith("intermediate nli")
    assert (summary.failed, summary.left) == ({}, 0)


def test_the_server_of_the_workers_can_be_killed(toy: Plan, store: Store) -> None:
    """Workers that it started go on; new ones get a new server."""
    order(store, 1, "intermediate slow")
    (key,) = of(toy, "intermediate", 1)
    killed: list[int] = []

    def strike(event: Event) -> None:
        if not killed and any(item.key == key and (item.done or 0) >= 2 for item in event.running):
            worker = json.loads((store.work(key) / "lease").read_text())["pid"]
            server = int(Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[1])
            killed.append(server)
            os.kill(server, signal.SIGKILL)

    summary = go(toy, store, report=strike)
    assert killed and killed[0] != os.getpid()
    assert (summary.failed, summary.left) == ({}, 0)
    assert all(store.has(one) for one in toy.jobs)


def test_until_stops_with_checkpoints_and_resumes(toy: Plan, store: Store) -> None:
    order(store, 0, "pretraining slow")
    (key,) = of(toy, "pretraining", 0)
    begun = time.monotonic()
    summary = go(toy, store, until=1.5)
    assert time.monotonic() - begun < 10
    assert summary.stopped
    assert summary.exit_code == 0
    assert summary.failed == {}
    assert summary.left > 0
    assert not store.held(key)
    order(store, 0, "")
    assert go(toy, store).left == 0
    assert store.record(key)["resumed_at"] >= 1


def test_an_interrupt_stops_the_workers_and_is_raised_again(toy: Plan, store: Store) -> None:
    order(store, 0, "pretraining slow")
    (key,) = of(toy, "pretraining", 0)

    def interrupt(event: Event) -> None:
        if any(item.key == key and (item.done or 0) >= 1 for item in event.running):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go(toy, store, report=lambda event: interrupt(event) if event.kind == "progress" else None)
    assert not store.held(key)
    assert store.failure(key) is None
    order(store, 0, "")
    assert go(toy, store).exit_code == 0
    assert store.record(key)["resumed_at"] >= 1


def test_two_runs_of_one_study_share_the_work(toy: Plan, store: Store) -> None:
    order(store, 0, "pretraining slow")
    summaries: list[Summary] = []
    runs = [threading.Thread(target=lambda: summaries.append(go(toy, Store(store.root)))) for _ in range(2)]
    for thread in runs:
        thread.start()
    for thread in runs:
        thread.join()
    assert [summary.failed for summary in summaries] == [{}, {}]
    assert all(store.has(key) for key in toy.jobs)
    # Every training began once: its log opens with one process that had the lease.
    for key in of(toy, "intermediate", 0) + of(toy, "pretraining", 0):
        assert store.record(key)["resumed_at"] == 0


def test_workers_of_a_killed_run_save_and_end(toy: Plan, store: Store) -> None:
    order(store, 0, "pretraining slow")
    (key,) = of(toy, "pretraining", 0)
    store.submit(toy.jobs[key], Places())
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from xstilts.study.store import Store\n"
        "from xstilts.study.backends.local import LocalBackend\n"
        "backend = LocalBackend(Store(sys.argv[2]), 1, target='toy_jobs:main')\n"
        "backend.start([sys.argv[3]], 1)\n"
        "while not backend.finished(1.0): pass\n"
    )
    arguments = [sys.executable, "-c", code, str(Path(__file__).parent), str(store.root), key]
    parent = subprocess.Popen(arguments)
    worker = holder_of(store, key, 2)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while store.held(key) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not store.held(key)
    assert worker != parent.pid
    assert not store.has(key)
    assert store.failure(key) is None
    order(store, 0, "")
    go(toy, store)
    assert store.record(key)["resumed_at"] >= 2


def test_a_worker_leaves_what_another_run_is_doing_and_what_needs_it(toy: Plan, store: Store) -> None:
    keys = [store.submit(job, Places()) for job in toy.jobs.values()]
    theirs = store.lease(keys[0])
    assert theirs is not None
    backend = LocalBackend(store, 1, target="toy_jobs:main")
    backend.start(keys, 1)
    while not (ended := backend.finished(1.0)):
        pass
    assert ended[0].failure is None
    done = {key for key in keys if store.has(key)}
    assert done == set(keys) - {keys[0]} - toy.after([keys[0]])
    theirs.release()


def test_a_damaged_result_is_done_again(toy: Plan, store: Store) -> None:
    go(toy, store)
    (key,) = of(toy, "intermediate", 0)
    (store.folder(key) / "result.txt").write_text("")
    summary = go(toy, store)
    assert (summary.done, summary.exit_code) == (1, 0)
    assert store.check(key, deep=True) is None


def test_damage_that_only_a_reader_finds_is_mended_before_what_reads_it(toy: Plan, store: Store) -> None:
    """A byte is flipped, the size stays: the job that reads it says so, and both are done."""
    (key,) = of(toy, "pretraining", 0)
    go(toy, store)
    path = store.folder(key) / "result.txt"
    path.write_text(path.read_text().swapcase())
    for user in toy.after([key]):
        store.set_aside(user)
    again = Store(store.root)
    summary = go(toy, again)
    assert summary.failed == {}
    assert summary.done == 1 + len(toy.after([key])) and summary.left == 0
    assert all(again.check(one, deep=True) is None for one in toy.jobs)


def test_progress_and_time_left_are_told(toy: Plan, store: Store) -> None:
    order(store, 0, "pretraining slow")
    said: list[Running] = []

    def watch(event: Event) -> None:
        said.extend(item for item in event.running if item.done)
        if said and event.seconds_left is not None:
            raise KeyboardInterrupt  # both were told

    with pytest.raises(KeyboardInterrupt):
        go(toy, store, report=watch)
    assert said[-1].total == 20
    assert said[0].label == "pretraining tiny"


def test_the_manifest_is_kept_for_status_and_results(toy: Plan, store: Store) -> None:
    go(toy, store, until=0.0)
    assert store.studies() == ["toy@full"]
    assert store.plan("toy@full") == toy
    assert set(status(toy, store).states.values()) <= {"open", "done"}
