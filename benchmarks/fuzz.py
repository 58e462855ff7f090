"""Broken input by the thousand, for everything that reads files of others, and what came of it.

    python -m benchmarks.fuzz --cases 10000 --processes 200

In: small valid files of every kind (``fuzzing.material``), broken by a seeded generator, by Hypothesis and by a search
that follows coverage (atheris, the extra ``fuzz``). Out: ``results/fuzz.json`` and ``docs/results/fuzz.md``: cases by
reader, findings, and which of them no longer happen. A finding is an exception that is no ``Problem``, a crash, a hang,
a file changed outside of the case's folder; of a process also a traceback or an exit code that means nothing. What has
been counted is kept after every piece of work: the command goes on where it was stopped. The page says how many
cases were read by the sources as they are. The files of findings are kept in the work folder and read again at the
start, so that the page says which of them no longer happen.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import xstilts
from benchmarks import machine
from benchmarks.fuzzing.breaking import Case, case_from_json
from benchmarks.fuzzing.readers import READERS
from benchmarks.fuzzing.watch import SECONDS, kind_of
from benchmarks.process import REPOSITORY

RESULT = Path(__file__).with_name("results") / "fuzz.json"
PAGE = REPOSITORY / "docs" / "results" / "fuzz.md"
PIECE = 500  # cases of one process
WAYS = {"mutated": 0.45, "hypothesis": 0.25, "guided": 0.30}
_PATIENCE = 900  # seconds for a piece

Piece = tuple[str, str, int, int]  # reader, way, number, cases


def pieces(cases: int, processes: int, names: Sequence[str]) -> Iterator[Piece]:
    """The work: every reader gets its share, in every way that suits it."""
    for name in names:
        reader = READERS[name]
        shares = {way: share for way, share in WAYS.items() if way != "guided" or reader.guided}
        for way, share in shares.items():
            left, number = round(cases * reader.share * share / sum(shares.values())), 0
            while left > 0:
                yield name, way, number, min(PIECE, left)
                left, number = left - PIECE, number + 1
    for number in range(0, processes if "commands" in names else 0, 20):
        yield "commands", "processes", number // 20, min(20, processes - number)


def main() -> int:
    asked = _asked()
    work = asked.work.resolve()
    kept = {"findings": []} if asked.fresh or not RESULT.exists() else json.loads(RESULT.read_text("utf-8"))
    kept = {"done": {}, **kept, "source": (source := _source())}
    _again(work, kept)
    for piece in pieces(asked.cases, asked.processes, asked.reader or list(READERS)):
        name = "/".join(map(str, piece))
        if name in kept["done"]:
            continue
        found = run(work / "piece", piece)
        kept["done"][name] = {"cases": found["cases"], "seconds": found["seconds"], "source": source}
        _note(work, kept, piece, found["findings"])
        keep(kept, asked)
        print(
            f"{name}: {found['cases']} cases, {found['seconds']:.0f} s, {len(found['findings'])} findings", flush=True
        )
    keep(kept, asked)
    left = [one for one in kept["findings"] if not one["fixed"]]
    for one in left:
        print(f"{one['reader']}: {one['problem']}", file=sys.stderr)
    return 1 if left else 0


def _source() -> str:
    """The checksum of the sources that are tried."""
    folder = Path(xstilts.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()


def run(work: Path, piece: Piece) -> dict[str, Any]:
    """One piece in a process of its own. Where that dies, the case it was at is a finding, and what is left of the
    piece is not done."""
    work.mkdir(parents=True, exist_ok=True)
    (work / "piece.json").unlink(missing_ok=True)
    begun = time.monotonic()
    command = [sys.executable, "-m", "benchmarks.fuzzing.worker", str(work), *map(str, piece)]
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")])}
    try:
        done = subprocess.run(command, env=surroundings, capture_output=True, timeout=_PATIENCE, check=False)
        code, said = done.returncode, done.stderr.decode(errors="replace")
    except subprocess.TimeoutExpired:
        code, said = 1, f"Timeout: more than {_PATIENCE} s"
    if (work / "piece.json").exists():
        found: dict[str, Any] = json.loads((work / "piece.json").read_text("utf-8"))
        return found
    if "Timeout" not in said and code > 0:
        raise SystemExit(f"{' '.join(command)}:\n{said[-3000:]}")  # the harness itself is wrong
    problem = "hang: it had to be killed" if "Timeout" in said else f"crash: signal {-code}"
    return {
        "cases": 1, "findings": [{"problem": problem, "case": _at_death(work).to_json()}],
        "seconds": time.monotonic() - begun,
    }  # fmt: skip


def _at_death(work: Path) -> Case:
    now = work / "now"
    files = {str(path.relative_to(now)): path.read_bytes() for path in now.rglob("*") if path.is_file()}
    return Case(files, case_from_json(json.loads((work / "words.json").read_text("utf-8"))).words)


def _note(work: Path, kept: dict[str, Any], piece: Piece, findings: list[dict[str, Any]]) -> None:
    """Add what is new: one finding a reader and kind, with how often it came and the first case that showed it."""
    for one in findings:
        kind = kind_of(one["problem"])
        known = next((old for old in kept["findings"] if (old["reader"], old["kind"]) == (piece[0], kind)), None)
        if known is None:
            place = len(kept["findings"])
            known = {"reader": piece[0], "kind": kind, "way": piece[1], "problem": one["problem"], "times": 0}
            known["place"] = place
            kept["findings"].append(known)
            (work / "found").mkdir(parents=True, exist_ok=True)
            (work / "found" / f"{place}.json").write_text(json.dumps(one["case"]), encoding="utf-8")
        known["times"] += 1
        known["fixed"] = False


def _again(work: Path, kept: dict[str, Any]) -> None:
    """Read the cases of earlier findings once more, reader by reader: those that end well now are fixed."""
    (work / "piece").mkdir(parents=True, exist_ok=True)
    for reader in READERS:
        cases = {
            one["place"]: json.loads(case.read_text("utf-8"))
            for one in kept["findings"]
            if one["reader"] == reader
            and not one["fixed"]
            and (case := work / "found" / f"{one['place']}.json").exists()
        }
        if not cases:
            continue
        (work / "piece" / "again.json").write_text(json.dumps(list(cases.values())), encoding="utf-8")
        found = run(work / "piece", (reader, "again", 0, len(cases)))
        still = [one["case"] for one in found["findings"]]
        if found["cases"] < len(cases):
            continue  # it died on the way: none is said to be fixed
        for known in kept["findings"]:
            if known["place"] in cases:
                known["fixed"] = cases[known["place"]] not in still
        print(f"{reader}: {len(still)} of {len(cases)} findings are still there", flush=True)


def keep(kept: dict[str, Any], asked: argparse.Namespace) -> None:
    """Write the counts and the page."""
    here = machine.described(threads=1)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({**kept, "machine": here}, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(kept, here, asked.cases, asked.processes), encoding="utf-8")


def page(kept: dict[str, Any], here: dict[str, Any], cases: int, processes: int) -> str:
    """``docs/results/fuzz.md``."""
    counts: dict[str, dict[str, int]] = {}
    for name, done in kept["done"].items():
        reader, way = name.split("/")[:2]
        row = counts.setdefault(reader, dict.fromkeys((*WAYS, "processes"), 0))
        row[way] += done["cases"]
    every = [*WAYS, "processes"]
    rows = "".join(
        f"| {READERS[name].what} | {' | '.join(f'{row[way]:,}' if row[way] else '' for way in every)} | "
        f"{sum(one['reader'] == name for one in kept['findings'])} | "
        f"{sum(one['reader'] == name and one['fixed'] for one in kept['findings'])} |\n"
        for name, row in counts.items()
    )
    total = {way: sum(row[way] for row in counts.values()) for way in every}
    found, fixed = len(kept["findings"]), sum(one["fixed"] for one in kept["findings"])
    told = "".join(
        f"| {one['reader']} | {one['way']} | `{one['kind'].replace('|', '/')}` | {one['times']:,} | "
        f"{'yes' if one['fixed'] else 'no'} |\n"
        for one in kept["findings"]
    )
    now = sum(done["cases"] for done in kept["done"].values() if done["source"] == kept["source"])
    seconds = sum(done["seconds"] for done in kept["done"].values())
    versions = f"pyarrow {here['versions']['pyarrow']}, tokenizers {here['versions']['tokenizers']}"
    return f"""# Broken input by the thousand

Written by `python -m benchmarks.fuzz --cases {cases} --processes {processes}`
on {here["date"]}: {here["machine"]}; Python {here["python"]}, {versions}; commit {here["commit"]};
{seconds / 60:.0f} minutes, one process at a time on a machine with other work.

**{sum(total.values()):,} cases; {found} findings, {found - fixed} of them open.**
Small valid files of every kind are broken (bits, cuts, other kinds of values, names given twice, depth, huge numbers,
control characters, what looks like a path or a script) and read as the program reads them. A finding is anything but
rows or a `Problem`: another exception, a crash, more than {SECONDS} seconds, a file changed where none should be; of a
process also a traceback or an exit code other than 0, 1, 2 and 130. *Mutated*: by a seeded generator. *Hypothesis*: it
decides what is broken and draws the values. *Guided*: atheris keeps what reaches new lines of the readers. *Processes*:
the command itself. {now:,} of the cases were read by the sources as they are now; the others, and findings, are also
of earlier ones, and the files of all findings were read again.

| reader | {" | ".join(every)} | findings | fixed |
|---|{"---:|" * (len(every) + 2)}
{rows}| all | {" | ".join(f"{total[way]:,}" for way in every)} | {found} | {fixed} |

Each finding is one kind of exception at one line of ours, however often it came.

| reader | found by | what | times | fixed |
|---|---|---|---:|---|
{told}"""


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000, help="cases over all readers, processes apart")
    parser.add_argument("--processes", type=int, default=200, help="command lines that are run as processes")
    parser.add_argument("--reader", action="append", choices=list(READERS), help="only this one; may be repeated")
    parser.add_argument("--work", type=Path, default=REPOSITORY / ".bench" / "fuzz")
    parser.add_argument("--fresh", action="store_true", help="forget what was counted before")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
