"""How right is what is foretold of a study: the hours of its plan, and the time left while it runs?

    python -m benchmarks.foretold demo                        wants an idle machine
    python -m benchmarks.foretold demo --keep DIR -- --workers 2

In: a study, and options of ``xstilts run`` after ``--``. Out: ``results/foretold.json`` and
``docs/results/foretold.md``. The machine is calibrated, then the study is planned and run: by phase, hours of single
processes that were foreseen and that its jobs took; at every tenth of the real time, what was told to be left and what
was. ``--keep``: a folder in which store and cache stay; what it holds of the study is not done again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import machine
from benchmarks.process import REPOSITORY
from xstilts.study.job import phase_of
from xstilts.study.store import Store

RESULT = REPOSITORY / "benchmarks" / "results" / "foretold.json"
PAGE = REPOSITORY / "docs" / "results" / "foretold.md"
PROGRAM = (sys.executable, "-m", "xstilts")
TENTHS = 10
Told = Sequence[tuple[float, float | None]]  # seconds since the start, and seconds told to be left then


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.foretold",
        description=__doc__.split("\n")[0],
        epilog="After --: further options of xstilts run.",
    )
    parser.add_argument("study")
    parser.add_argument("--keep", type=Path, help="a folder in which the store and the cache are kept")
    words = list(sys.argv[1:] if arguments is None else arguments)
    at = words.index("--") if "--" in words else len(words)
    asked, more = parser.parse_args(words[:at]), words[at + 1 :]
    load = os.getloadavg()[0]
    if asked.keep is None:
        with TemporaryDirectory() as folder:
            found = _measured(asked.study, more, Path(folder))
    else:
        asked.keep.mkdir(parents=True, exist_ok=True)
        found = _measured(asked.study, more, asked.keep)
    command = " ".join(["xstilts run", asked.study, *more])
    result = {"command": command, "load": load, "machine": machine.described(1), **found}
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(result), encoding="utf-8")
    print(page(result))
    return 0


def _measured(study: str, more: Sequence[str], folder: Path) -> dict[str, Any]:
    """Hours foreseen and taken by phase, what was told to be left, and the seconds of the run."""
    surroundings = {**os.environ, "XSTILTS_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    store = folder / "store"

    def answer(*words: str) -> str:
        done = subprocess.run([*PROGRAM, *words], env=surroundings, stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout

    planned = [word for pair in pairwise(more) for word in pair if pair[0] in ("--level", "--variant", "--data")]
    answer("doctor", "--calibrate", "--json")
    plan = json.loads(answer("plan", study, *planned, "--store", str(store), "--json"))
    before = {item["key"] for item in plan["jobs"] if item["done"]}
    told = _told([study, *more, "--store", str(store)], surroundings)
    seconds = told[-1][0]
    return {
        "seconds": seconds,
        "jobs": len(plan["jobs"]),
        "before": len(before),
        "phases": _hours(plan, Store(store), before),
        "points": [_at(told, seconds * part / TENTHS, seconds) for part in range(1, TENTHS)],
    }


def _told(words: Sequence[str], surroundings: Mapping[str, str]) -> Told:
    """Run a study to its end; what it told, and when."""
    begun, told = time.monotonic(), []
    with subprocess.Popen(
        [*PROGRAM, "run", *words, "--progress", "json"],
        env=surroundings,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as running:
        assert running.stderr is not None
        for line in running.stderr:
            if line.startswith("{"):
                told.append((time.monotonic() - begun, json.loads(line)["seconds_left"]))
            else:
                print(line, end="", file=sys.stderr)
    if running.returncode:
        raise SystemExit(f"{words[0]} ended with {running.returncode}")
    return told


def _hours(plan: Mapping[str, Any], store: Store, before: Collection[str]) -> dict[str, dict[str, float]]:
    """By phase, hours ``foreseen`` by the plan and ``taken`` by its jobs but those that were there ``before``."""
    phases = {work["phase"]: {"foreseen": work["hours"]["here"], "taken": 0.0} for work in plan["work"]}
    for item in plan["jobs"]:
        if item["key"] in before:
            continue
        job, _ = store.job(item["key"])
        spent = float(store.record(item["key"])["seconds"]) / 3600
        for phase in (phase_of(job), "all"):
            phases[phase]["taken"] += spent
    return phases


def _at(told: Told, moment: float, end: float) -> dict[str, Any]:
    """What was told last before ``moment``, in seconds of the whole run, and how far off that was."""
    left = next((left for when, left in reversed(told) if when <= moment and left is not None), None)
    whole = None if left is None else moment + left
    return {"moment": moment, "told": left, "true": end - moment, "off": None if whole is None else whole / end - 1}


def page(result: Mapping[str, Any]) -> str:
    """The two tables, with the command and the machine."""
    here = result["machine"]
    hours = "".join(
        f"| {phase} | {one['foreseen']:.4f} | {one['taken']:.4f} | {one['foreseen'] / one['taken'] - 1:+.0%} |\n"
        for phase, one in result["phases"].items()
        if one["taken"]
    )
    left = "".join(
        f"| {point['moment'] / result['seconds']:.0%} | {_seconds(point['told'])} | {_seconds(point['true'])} "
        f"| {'' if point['off'] is None else format(point['off'], '+.0%')} |\n"
        for point in result["points"]
    )
    return f"""# What was foretold, and what was true

Written by `python -m benchmarks.foretold` on {here["date"]}: {here["machine"]}, load {result["load"]:.1f} before;
commit {here["commit"]}. `{result["command"]}`, with {result["before"]:,} of its {result["jobs"]:,} jobs there before,
took {_seconds(result["seconds"])}, after `xstilts doctor --calibrate`.

## Hours of the plan

Hours of single processes, from a job's start to its end, added up.

| phase | foreseen | taken | off |
|---|---:|---:|---:|
{hours}
## Time left

| of the time | left, told | left, true | the whole time, told against true |
|---:|---:|---:|---:|
{left}"""


def _seconds(value: float | None) -> str:
    return "nothing yet" if value is None else f"{value:.0f} s"


if __name__ == "__main__":
    raise SystemExit(main())
