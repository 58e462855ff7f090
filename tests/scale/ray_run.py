"""A run of the toy plan on a Ray cluster as a process of its own: ``ray_run.py STORE ADDRESS``."""

from __future__ import annotations

import sys

from toy_world import toy_plan_of

from xstilts.study.backends.cluster import OnRay
from xstilts.study.backends.ray import RayBackend
from xstilts.study.protocols import Places
from xstilts.study.run import run
from xstilts.study.store import Store

if __name__ == "__main__":
    store = Store(sys.argv[1])
    backend = RayBackend(store, OnRay(address=sys.argv[2]), target="toy_jobs:main")
    summary = run(
        toy_plan_of(64),
        store,
        backend,
        Places(),
        report=lambda event: print(event.kind, event.message, flush=True) if event.kind != "progress" else None,
    )
    print(summary)
    raise SystemExit(summary.exit_code or summary.left)
