"""Many processes on one store: every job is done once, nobody reads half a result, a dead owner's job is taken over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from toy_world import toy_plan_of

from xstilts.study.job import Train
from xstilts.study.store import Store
from xstilts.study.tend import examine

RUN = Path(__file__).with_name("toy_run.py")


def start(store: Path, host: str, width: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(RUN), str(store), host, str(width)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def times_done(place: Path) -> dict[str, int]:
    """How often each job was carried out, by its key."""
    return {path.name: len(path.read_text().splitlines()) for path in (place / "did").iterdir()}


def test_eight_runs_of_two_overlapping_studies_do_every_job_once(tmp_path: Path) -> None:
    """Four processes believe to be on another machine. Floors are jobs of both studies."""
    (tmp_path / "did").mkdir()
    store = tmp_path / "store"
    runs = [start(store, f"host-{number % 2}", (64, 96)[number // 4]) for number in range(8)]
    ended = [(run.communicate(timeout=300), run.returncode) for run in runs]
    assert [code for _, code in ended] == [0] * 8, ended
    jobs = {**toy_plan_of(64).jobs, **toy_plan_of(96).jobs}
    assert len(jobs) < len(toy_plan_of(64).jobs) + len(toy_plan_of(96).jobs)
    assert times_done(tmp_path) == dict.fromkeys(jobs, 1)
    assert list(examine(Store(store))) == []


@pytest.mark.parametrize("hosts", [("one", "one"), ("one", "other")], ids=["same machine", "another machine"])
def test_a_dead_owner_s_job_is_taken_over(hosts: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "did").mkdir()
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "0").write_text("pretraining slow")
    store = Store(tmp_path / "store")
    (key,) = [key for key, job in toy_plan_of(64).jobs.items() if isinstance(job, Train) and job.phase == "pretraining"]
    first = start(store.root, hosts[0], 64)
    deadline = time.monotonic() + 60
    while (store.progress(key) or {"done": 0})["done"] < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(first.pid, signal.SIGKILL)  # machine and all
    first.communicate()
    lease = json.loads((store.work(key) / "lease").read_text())
    assert lease["host"] == hosts[0]
    begun = time.monotonic()
    second = start(store.root, hosts[1], 64)
    said = second.communicate(timeout=120)
    assert second.returncode == 0, said
    assert store.record(key)["resumed_at"] >= 3
    if hosts[0] != hosts[1]:
        assert time.monotonic() - begun > 5.0  # it was watched before it was taken
