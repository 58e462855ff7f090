"""Runs on clusters as processes of their own; what toy runs left in a store, and who is working in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from toy_world import toy_plan_of

from xstilts.study.backends.local import LocalBackend
from xstilts.study.job import Train
from xstilts.study.protocols import Places
from xstilts.study.run import run
from xstilts.study.store import Store
from xstilts.study.tend import examine

HERE = Path(__file__).parent
PLAN = toy_plan_of(64)


def surroundings(**more: str) -> dict[str, str]:
    """The variables of a process that finds the toy jobs."""
    paths = [str(HERE), str(HERE.parent / "study"), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "OMP_NUM_THREADS": "1", **more}


def start(*command: str, **more: str) -> subprocess.Popen[str]:
    """This interpreter with ``command``, in such surroundings."""
    pipe, env = subprocess.PIPE, surroundings(**more)
    return subprocess.Popen([sys.executable, *command], stdout=pipe, stderr=pipe, text=True, env=env)


def toy_run(store: Store, *where: str) -> subprocess.Popen[str]:
    """The toy plan on a cluster: ``ray ADDRESS`` or ``slurm``."""
    return start(str(HERE / "cluster_run.py"), str(store.root), *where)


def end(started: subprocess.Popen[str], seconds: float = 240.0) -> tuple[str, str]:
    """What it said on standard output and error, once it has ended well."""
    said, trouble = started.communicate(timeout=seconds)
    assert started.returncode == 0, said + trouble
    return said, trouble


def made(folder: Path) -> Store:
    """A store beside which jobs count how often they were done (``did``), and are told to be slow (``orders``)."""
    (folder / "did").mkdir(parents=True)
    (folder / "orders").mkdir()
    return Store(folder / "store")


def told(store: Store, seed: int, phase: str, order: str = "slow") -> str:
    """Make a training slow, or what else the toy jobs can be told; its key."""
    (store.root.parent / "orders" / str(seed)).write_text(f"{phase} {order}")
    jobs = ((key, job) for key, job in PLAN.jobs.items() if isinstance(job, Train))
    return next(key for key, job in jobs if (job.phase, job.seed) == (phase, seed))


def until(what: Callable[[], object], seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)


def worker_of(store: Store, key: str, steps: int = 3) -> int:
    """The process that works on ``key``, once it has done some steps."""
    until(lambda: (store.progress(key) or {"done": 0})["done"] >= steps and store.held(key))
    pid: int = json.loads((store.work(key) / "lease").read_text())["pid"]
    return pid


def results(store: Store) -> dict[str, str]:
    """What every job of the toy plan has written; the store has to be whole."""
    assert list(examine(store)) == []
    return {key: (store.folder(key) / "result.txt").read_text() for key in PLAN.jobs}


def of_local(folder: Path) -> dict[str, str]:
    """The same from worker processes of this machine."""
    store = Store(folder / "store")
    assert run(PLAN, store, LocalBackend(store, 2, target="toy_jobs:main"), Places()).left == 0
    return results(store)


def times_done(store: Store) -> dict[str, int]:
    return {path.name: len(path.read_text().splitlines()) for path in (store.root.parent / "did").iterdir()}
