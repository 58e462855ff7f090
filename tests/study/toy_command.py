"""The toy jobs as a process that backends elsewhere start, with the options of ``xstilts job``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import toy_jobs

from xstilts.study import lease, turn
from xstilts.study.store import Store

lease.BEAT = 0.5

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("keys", nargs="+")
    parser.add_argument("--store")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--parent", type=int)
    asked = parser.parse_args()
    raise SystemExit(
        turn.last(
            lambda: turn.do(
                Store(asked.store),
                asked.keys,
                lambda mine: toy_jobs.main(mine, asked.store, asked.threads),
                lambda: os.getppid() != asked.parent,
            )
        )
    )
