"""How right are the hours that a plan tells after a calibration?

    python -m benchmarks.foreseen demo              wants an idle machine
    python -m benchmarks.foreseen demo -- --workers 2

In: a study. Out: ``results/foreseen.json`` and ``docs/results/foreseen.md``: by phase, the hours of single processes
that were foreseen before the run and those that its jobs took.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import machine
from benchmarks.process import REPOSITORY
from xstilts.study.job import Train, kind_of
from xstilts.study.store import Store

RESULT = REPOSITORY / "benchmarks" / "results" / "foreseen.json"
PAGE = REPOSITORY / "docs" / "results" / "foreseen.md"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.foreseen", description=__doc__.split("\n")[0])
    parser.add_argument("study")
    parser.add_argument("more", nargs="*", help="further options of xstilts run, after --")
    asked = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    with TemporaryDirectory() as folder:
        phases, seconds = _run(asked.study, asked.more, Path(folder))
    command = " ".join(["xstilts run", asked.study, *asked.more])
    result = {"command": command, "seconds": seconds, "load": load, "machine": machine.described(1), "phases": phases}
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(result), encoding="utf-8")
    print(page(result))
    return 0


def _run(study: str, more: Sequence[str], folder: Path) -> tuple[dict[str, Any], float]:
    """Hours foreseen and taken by phase, and the seconds of the run."""
    surroundings = {**os.environ, "XSTILTS_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}

    def told(*words: str) -> str:
        program = [sys.executable, "-m", "xstilts", *words]
        done = subprocess.run(program, env=surroundings, stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout

    store = str(folder / "store")
    level = [word for pair in pairwise(more) for word in pair if pair[0] in ("--level", "--variant")]
    told("doctor", "--calibrate", "--json")
    plan = json.loads(told("plan", study, *level, "--store", store, "--json"))
    foreseen = {work["phase"]: work["hours"]["here"] for work in plan["work"]}
    begun = time.monotonic()
    told("run", study, *more, "--store", store)
    seconds = time.monotonic() - begun
    taken: dict[str, float] = dict.fromkeys(foreseen, 0.0)
    done = Store(store)
    for item in plan["jobs"]:
        job, _ = done.job(item["key"])
        spent = float(done.record(item["key"])["seconds"]) / 3600
        for phase in (job.phase if isinstance(job, Train) else kind_of(job), "all"):
            taken[phase] += spent
    return {phase: {"foreseen": foreseen[phase], "taken": taken[phase]} for phase in foreseen}, seconds


def page(result: Mapping[str, Any]) -> str:
    here = result["machine"]
    rows = "".join(
        f"| {phase} | {one['foreseen']:.4f} | {one['taken']:.4f} | {one['foreseen'] / one['taken'] - 1:+.0%} |\n"
        for phase, one in result["phases"].items()
        if one["taken"]
    )
    return f"""# Hours, foreseen and taken

Written by `python -m benchmarks.foreseen` on {here["date"]}: {here["machine"]}, load {result["load"]:.1f} before;
commit {here["commit"]}. `{result["command"]}` from an empty store and cache took {result["seconds"]:.0f} s, after
`xstilts doctor --calibrate`. Hours of single processes, from a job's start to its end, added up.

| phase | foreseen | taken | off |
|---|---:|---:|---:|
{rows}"""


if __name__ == "__main__":
    raise SystemExit(main())
