"""How right is the time left that a run tells?

    python -m benchmarks.timeleft demo          runs the study from an empty store and cache; wants an idle machine

In: a study. Out: ``results/timeleft.json`` and ``docs/results/time-left.md``: at every tenth of the real time, what was
told and what was true.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import foretold
from benchmarks.foretold import surroundings

TENTHS = 10


def _run(study: str, more: Sequence[str], folder: Path) -> dict[str, Any]:
    """What was told at every tenth of the time, and how long it took."""
    program = [sys.executable, "-m", "xstilts", "run", study, *more, "--store", str(folder / "store")]
    begun, told = time.monotonic(), []
    with subprocess.Popen(
        [*program, "--progress", "json"],
        env=surroundings(folder),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as running:
        assert running.stderr is not None
        for line in running.stderr:
            if line.startswith("{"):
                told.append((time.monotonic() - begun, json.loads(line)["seconds_left"]))
    if running.returncode:
        raise SystemExit(f"{study} ended with {running.returncode}")
    seconds = told[-1][0]
    points = [_at(told, seconds * part / TENTHS, seconds) for part in range(1, TENTHS)]
    return {"seconds": seconds, "points": points}


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
    raise SystemExit(foretold.main("timeleft", __doc__.split("\n")[0], "time-left", _run, page))
