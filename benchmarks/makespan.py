"""Is a run over when its simulation says? A study runs on 1, 2, ... workers of this machine, each time in a new store.

In: a study and numbers of workers. Out: a Markdown table on standard output. *Predicted*: what ``plan --simulate`` says
before anything is known. *Replayed*: the same simulation with the seconds that every job then took in that run, so that
only the placing is judged. Planning and printing, which a second run repeats, do not count. It wants an idle machine:

    python -m benchmarks.makespan --study demo --level quick --workers 1 2
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from xstilts.cli.machine import cores
from xstilts.cli.opened import opened
from xstilts.cli.planned import here
from xstilts.cli.simulated import BEGIN_HERE, simulated
from xstilts.study.place import Room
from xstilts.study.simulate import simulate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", default="demo")
    parser.add_argument("--level", default="quick")
    parser.add_argument("--variant")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    asked = parser.parse_args()
    print("| workers | took | predicted | off by | replayed | off by | efficiency |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for workers in asked.workers:
        with tempfile.TemporaryDirectory() as folder:
            print(line(asked.study, asked.level, asked.variant, workers, Path(folder) / "store"), flush=True)


def line(study: str, level: str, variant: str | None, workers: int, store: Path) -> str:
    """A run, and what was and would have been said of it."""
    plan = opened(study, level, store, None, variant=variant).plan
    predicted, _ = simulated(plan, (), workers, here())
    what = [study, "--level", level, *(["--variant", variant] if variant else [])]
    command = [sys.executable, "-m", "xstilts", "run", *what, "--store", str(store), "--workers", str(workers)]
    took = _seconds(command) - _seconds(command)
    records = opened(study, level, store, None, variant=variant).store
    lasted = {key: float(records.record(key)["seconds"]) for key in plan.jobs}
    replayed = simulate(plan, (), Room(workers, cores()), lambda key, threads: lasted[key], BEGIN_HERE)
    told = [f"{one.seconds:.0f} s | {one.seconds / took - 1:+.0%}" for one in (predicted, replayed)]
    return f"| {workers} | {took:.0f} s | {' | '.join(told)} | {replayed.efficiency:.0%} |"


def _seconds(command: list[str]) -> float:
    begun = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    return time.monotonic() - begun


if __name__ == "__main__":
    main()
