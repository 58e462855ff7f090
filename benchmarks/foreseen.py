"""How right are the hours that a plan tells after a calibration?

    python -m benchmarks.foreseen demo              wants an idle machine
    python -m benchmarks.foreseen demo -- --workers 2

In: a study. Out: ``results/foreseen.json`` and ``docs/results/foreseen.md``: by phase, the hours of single processes
that were foreseen before the run and those that its jobs took.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks import foretold
from benchmarks.foretold import surroundings
from xstilts.study.job import Train, kind_of
from xstilts.study.store import Store


def _run(study: str, more: Sequence[str], folder: Path) -> dict[str, Any]:
    """Hours foreseen and taken by phase, and the seconds of the run."""

    def told(*words: str) -> str:
        program = [sys.executable, "-m", "xstilts", *words]
        done = subprocess.run(program, env=surroundings(folder), stdout=subprocess.PIPE, text=True, check=True)
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
    phases = {phase: {"foreseen": foreseen[phase], "taken": taken[phase]} for phase in foreseen}
    return {"seconds": seconds, "phases": phases}


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
    raise SystemExit(foretold.main("foreseen", __doc__.split("\n")[0], "foreseen", _run, page))
