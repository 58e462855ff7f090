"""A run of the toy plan as a process of its own: ``toy_run.py STORE HOST WIDTH``; its workers believe to be on HOST.

Leases are broken after five seconds of standing still instead of a minute. The study's name holds the width.
"""

from __future__ import annotations

import socket
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
socket.gethostname = lambda: sys.argv[2]

from toy_world import toy_plan_of  # noqa: E402

from xstilts.study import lease  # noqa: E402
from xstilts.study.backends.local import LocalBackend  # noqa: E402
from xstilts.study.protocols import Places  # noqa: E402
from xstilts.study.run import run  # noqa: E402
from xstilts.study.store import Store  # noqa: E402

lease.STALE, lease.BEAT = 5.0, 0.5

if __name__ == "__main__":
    store = Store(sys.argv[1])
    plan = replace(toy_plan_of(int(sys.argv[3])), study=f"toy-{sys.argv[3]}")
    summary = run(plan, store, LocalBackend(store, 1, target="toy_jobs:main"), Places(), cores=1)
    print(summary)
    raise SystemExit(summary.exit_code or summary.left)
