"""Benchmarks of what is foretold of one study: from the command line to the page.

In: what measures a run from an empty folder, what makes a page of it. Out: ``results/NAME.json`` and a page.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import machine
from benchmarks.process import REPOSITORY


def main(
    name: str,
    what: str,
    place: str,
    measure: Callable[[str, Sequence[str], Path], Mapping[str, Any]],
    page: Callable[[Mapping[str, Any]], str],
    arguments: Sequence[str] | None = None,
) -> int:
    """Measure the study that the command line names; the page goes to ``docs/results/PLACE.md``."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=what)
    parser.add_argument("study")
    parser.add_argument("more", nargs="*", help="further options of xstilts run, after --")
    asked = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    with TemporaryDirectory() as folder:
        found = measure(asked.study, asked.more, Path(folder))
    command = " ".join(["xstilts run", asked.study, *asked.more])
    result = {"command": command, "load": load, "machine": machine.described(1), **found}
    kept = REPOSITORY / "benchmarks" / "results" / f"{name}.json"
    kept.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    text = page(result)
    (REPOSITORY / "docs" / "results" / f"{place}.md").write_text(text, encoding="utf-8")
    print(text)
    return 0


def surroundings(folder: Path) -> dict[str, str]:
    """The variables of a program whose cache lies in the empty ``folder``, and that uses one thread a process."""
    return {**os.environ, "XSTILTS_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
