"""Measures the rows of the benchmark and writes ``docs/performance.md`` after each.

    python -m benchmarks                    all rows, those that users feel first
    python -m benchmarks --row 3,5-7        some of them
    python -m benchmarks --row 8 --full     the full size of a row; takes hours

What is measured is kept at once, case by case; after an interruption the command names the rows that are left.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import machine, page
from benchmarks.process import REPOSITORY, Failed, run
from benchmarks.rounds import Readings, measured, ratio
from benchmarks.row import OURS, TUNED, Case, Places, Row
from benchmarks.rows import rows

FIRST = (8, 10)
PROFILED = range(1, 6)


def main(arguments: Sequence[str] | None = None) -> int:
    known = rows()
    asked = _asked(arguments)
    try:
        numbers = _numbers(asked.row, known)
    except ValueError as error:
        print(f"--row {asked.row}: {error}; rows are {', '.join(map(str, known))}", file=sys.stderr)
        return 2
    places = Places(asked.data.resolve(), asked.work.resolve())
    places.work.mkdir(parents=True, exist_ok=True)
    if not places.data.is_dir() and any(known[number].needs_data for number in numbers):
        print(
            f"there is no data folder {places.data}: the benchmark reads real text (MNLI, XNLI, SQuAD, XQuAD, plain and"
            " parallel text) in the layout of docs/data.md; name it with --data DIR or XSTILTS_DATA. Nothing was"
            " measured.",
            file=sys.stderr,
        )
        return 2
    for place, number in enumerate(numbers):
        try:
            result = _row(known[number], places, asked, lambda result: _keep(result, known))
        except KeyboardInterrupt:
            left = ",".join(map(str, numbers[place:]))
            print(
                f"interrupted; finished rows are kept in {page.PAGE}. To go on: make bench ROW={left}", file=sys.stderr
            )
            return 130
        _keep(result, known)
        _say(f"row {number} took {result['seconds'] / 60:.1f} minutes; {page.PAGE.relative_to(REPOSITORY)} is written")
    return 0


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n")[0])
    beside = REPOSITORY.parent / "shared" / "data"
    parser.add_argument("--row", default="", help="numbers of rows: 3 or 3,5-7 (default: all)")
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("XSTILTS_DATA", beside)), help="folder of real text"
    )
    parser.add_argument("--work", type=Path, default=REPOSITORY / ".bench", help="what can be made again")
    parser.add_argument("--threads", type=int, default=1, help="threads a process, the same for all ways")
    parser.add_argument("--rounds", type=int, help="fewer rounds than a row's own")
    parser.add_argument("--minutes", type=float, default=15.0, help="at most so long a row, preparation apart")
    parser.add_argument("--full", action="store_true", help="full sizes instead of those that fit in 15 minutes")
    asked = parser.parse_args(arguments)
    if asked.full and asked.minutes == 15.0:
        asked.minutes = 600.0
    return asked


def _numbers(text: str, known: dict[int, Row]) -> list[int]:
    """The rows asked for, each once, those of ``FIRST`` first."""
    found: list[int] = []
    for part in filter(None, text.replace(" ", ",").split(",")):
        low, _, high = part.partition("-")
        found.extend(range(int(low), int(high or low) + 1))
    if unknown := [number for number in found if number not in known]:
        raise ValueError(f"there is no row {unknown[0]}")
    chosen = dict.fromkeys(found or known)
    return [*(number for number in FIRST if number in chosen), *(number for number in chosen if number not in FIRST)]


def _keep(result: dict[str, Any], known: dict[int, Row]) -> None:
    """Keep the result of a row, which may still lack cases, and write the page."""
    path = page.result_of(result["row"])
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".new")
    aside.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    aside.replace(path)
    page.write(known)


def _row(row: Row, places: Places, asked: argparse.Namespace, keep: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    begun = time.monotonic()
    _say(f"row {row.number}: {row.title}")
    result: dict[str, Any] = {
        "row": row.number, "machine": machine.described(asked.threads), "ceiling": {}, "cases": [], "seconds": 0.0
    }  # fmt: skip
    if row.gpu and not _has_gpu():
        return result | {"why": "There is no GPU on this machine: not measured"}
    result["ceiling"] = _ceiling(asked.threads)
    cases = row.cases(asked.full)
    for case in cases:
        _say(f"  preparing {case.name}")
        run(row, "prepare", case.work, places, asked.threads, 3600.0)
    begun = time.monotonic()
    for place, case in enumerate(cases):
        _say(f"  {case.name}")
        left = 60 * asked.minutes - (time.monotonic() - begun)
        result["cases"].append(_case(row, case, places, asked, 0.95 * left / (len(cases) - place)))
        result["seconds"] = time.monotonic() - begun
        if lacking := [other.name for other in cases[place + 1 :]]:
            keep({**result, "why": f"Not measured: {', '.join(lacking)}"})
    return result


def _case(row: Row, case: Case, places: Places, asked: argparse.Namespace, seconds: float) -> dict[str, Any]:
    begun = time.monotonic()
    profiled = row.number in PROFILED
    readings, failed = measured(
        row, case, places, asked.threads, seconds * (0.8 if profiled else 1.0), asked.rounds, _say
    )
    for target in case.targets:
        if target.way and (found := ratio(readings, target.way, target.measure)):
            _say(f"   {target.way}, {target.measure}: {found}; target {target.least:g}")
    profiles = {}
    for way in (OURS, TUNED) if profiled else ():
        longest = max((one["elapsed"] for one in readings[way]), default=seconds)
        if time.monotonic() - begun + 2 * longest > seconds:
            break
        try:
            profiles[way] = run(
                row, way, {**case.work, "seed": 0, "profile": True}, places, asked.threads, 6 * longest + 60
            )
        except Failed as failure:
            failed.append(f"no profile of {failure}")
    return {**asdict(case), "readings": _kept(readings), "failed": failed, "profiles": profiles}


def _kept(readings: Readings) -> Readings:
    """The readings without what programs said."""
    return {
        way: [{name: value for name, value in one.items() if name != "said"} for one in found]
        for way, found in readings.items()
    }


def _ceiling(threads: int) -> dict[str, float]:
    import torch

    torch.set_num_threads(threads)
    return machine.ceiling()


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
