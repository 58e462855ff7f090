"""A run of the toy plan on a cluster as a process of its own: ``cluster_run.py STORE ray ADDRESS``, ``STORE slurm``."""

from __future__ import annotations

import sys
from pathlib import Path

from toy_world import toy_plan_of

from xstilts.catalogue.errors import Problem
from xstilts.study.backends.cluster import OnRay, OnSlurm
from xstilts.study.backends.ray import RayBackend
from xstilts.study.backends.slurm import SlurmBackend
from xstilts.study.protocols import Backend, Places
from xstilts.study.run import run
from xstilts.study.store import Store

COMMAND = (str(Path(__file__).parents[1] / "study" / "toy_command.py"),)


def backend(store: Store, name: str, *more: str) -> Backend:
    if name == "ray":
        return RayBackend(store, OnRay(address=more[0]), target="toy_jobs:main")
    return SlurmBackend(store, OnSlurm(partition="low"), 4, COMMAND, look=1.0)


if __name__ == "__main__":
    store = Store(sys.argv[1])
    try:
        summary = run(
            toy_plan_of(64),
            store,
            backend(store, *sys.argv[2:]),
            Places(),
            report=lambda event: print(event.kind, event.message, flush=True) if event.kind != "progress" else None,
        )
    except Problem as problem:
        raise SystemExit(str(problem)) from None
    print(summary)
    raise SystemExit(summary.exit_code or summary.left)
