"""How right is the time left that a run tells?

    python -m benchmarks.timeleft demo          runs the study from an empty store and cache; wants an idle machine

In: a study. Out: ``results/timeleft.json`` and ``docs/results/time-left.md``: at every tenth of the real time, what was
told and what was true.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import machine
from benchmarks.process import REPOSITORY

RESULT = REPOSITORY / "benchmarks" / "results" / "timeleft.json"
PAGE = REPOSITORY / "docs" / "results" / "time-left.md"
TENTHS = 10


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.timeleft", description=__doc__.split("\n")[0])
    parser.add_argument("study")
    parser.add_argument("more", nargs="*", help="further options of xstilts run, after --")
    asked = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    with TemporaryDirectory() as folder:
        told, seconds = _run(asked.study, asked.more, Path(folder))
    points = [_at(told, seconds * part / TENTHS, seconds) for part in range(1, TENTHS)]
    command = " ".join(["xstilts run", asked.study, *asked.more])
    result = {"command": command, "seconds": seconds, "load": load, "machine": machine.described(1), "points": points}
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(result), encoding="utf-8")
    print(page(result))
    return 0


def _run(study: str, more: Sequence[str], folder: Path) -> tuple[list[tuple[float, float | None]], float]:
    """When what was told, and how long it took."""
    program = [sys.executable, "-m", "xstilts", "run", study, *more, "--store", str(folder / "store")]
    surroundings = {**os.environ, "XSTILTS_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    begun, told = time.monotonic(), []
    with subprocess.Popen(
        [*program, "--progress", "json"], env=surroundings, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as running:
        assert running.stderr is not None
        for line in running.stderr:
            if line.startswith("{"):
                told.append((time.monotonic() - begun, json.loads(line)["seconds_left"]))
    if running.returncode:
        raise SystemExit(f"{study} ended with {running.returncode}")
    return told, told[-1][0]


def _at(told: Sequence[tuple[float, float | None]], moment: float, end: float) -> dict[str, Any]:
    """What was told last before ``moment``, in seconds of the whole run, and how far off that was."""
    left = next((left for when, left in reversed(told) if when <= moment and left is not None), None)
    whole = None if left is None else moment + left
    return {"moment": moment, "told": left, "true": end - moment, "off": None if whole is None else whole / end - 1}


def page(result: Mapping[str, Any]) -> str:
    here = result["machine"]
    rows = "".join(
        f"| {point['moment'] / result['seconds']:.0%} | {_seconds(point['told'])} | {_seconds(point['true'])} "
        f"| {'' if point['off'] is None else format(point['off'], '+.0%')} |\n"
        for point in result["points"]
    )
    return f"""# Time left, told and true

Written by `python -m benchmarks.timeleft` on {here["date"]}: {here["machine"]}, load {result["load"]:.1f} before;
commit {here["commit"]}. `{result["command"]}` from an empty store and cache took {_seconds(result["seconds"])}.

| of the time | left, told | left, true | the whole time, told against true |
|---:|---:|---:|---:|
{rows}"""


def _seconds(value: float | None) -> str:
    return "nothing yet" if value is None else f"{value:.0f} s"


if __name__ == "__main__":
    raise SystemExit(main())
