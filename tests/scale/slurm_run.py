"""A run of the toy plan on Slurm as a process of its own: ``slurm_run.py STORE [SECONDS]``."""

from __future__ import annotations

import sys
from pathlib import Path

from toy_world import toy_plan_of

from xstilts.study.backends.cluster import OnSlurm
from xstilts.study.backends.slurm import SlurmBackend
from xstilts.study.protocols import Places
from xstilts.study.run import run
from xstilts.study.store import Store

COMMAND = (str(Path(__file__).parents[1] / "study" / "toy_command.py"),)

if __name__ == "__main__":
    store = Store(sys.argv[1])
    backend = SlurmBackend(store, OnSlurm(partition="low"), 4, COMMAND, look=1.0)
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else None
    summary = run(
        toy_plan_of(64),
        store,
        backend,
        Places(),
        until=seconds,
        report=lambda event: print(event.kind, event.message, flush=True) if event.kind != "progress" else None,
    )
    print(summary)
    raise SystemExit(summary.exit_code)
