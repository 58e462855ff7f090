"""Kills a real study again and again, at random and at named moments, and holds what it ends in against a run in peace.

    python -m benchmarks.faults --kills 300

It goes on until there were so many kills, and one before and one after every fsync and rename that the study makes.

In: ``faults.toml``. Out: ``results/faults.json`` and ``docs/results/faults.md``: kills by kind and moment, updates
done twice, results lost (0) and different (0). A kill ends one worker, the command alone, or everything that it
started. What has been counted is kept after every study, so that an interrupted harness goes on.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.process import REPOSITORY
from xstilts.study.job import Train
from xstilts.study.store import Store

STUDY = Path(__file__).with_name("faults.toml")
RESULT = Path(__file__).with_name("results") / "faults.json"
PAGE = REPOSITORY / "docs" / "results" / "faults.md"
MOST = 40  # studies, after which moments that never came are let be
Moment = tuple[str, str, int]  # what is synced or renamed, before or after, how often in a run in peace
PATIENCE = 900.0  # seconds after which a command that neither ends nor goes on counts as hanging


@dataclass
class Tally:
    """What happened so far. ``kills`` by kind; ``moments``: named moments at which a process was killed."""

    kills: Counter[str] = field(default_factory=Counter)
    moments: Counter[str] = field(default_factory=Counter)
    studies: int = 0
    commands: int = 0
    jobs: int = 0
    updates_needed: int = 0
    updates_done: int = 0
    lost: int = 0
    different: int = 0
    hung: int = 0
    seconds: float = 0.0
    peace_seconds: float = 0.0


def main() -> int:
    asked = _asked()
    work = asked.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    tally = _kept(asked.fresh)
    dice = random.Random(asked.seed + tally.studies)
    peace = _Study(work / "peace", workers=asked.workers)
    shutil.rmtree(peace.folder, ignore_errors=True)
    begun = time.monotonic()
    if peace.run() != 0:
        print((peace.folder / "said").read_text(encoding="utf-8"), file=sys.stderr)
        return 1
    tally.peace_seconds = time.monotonic() - begun
    truth, moments, updates = peace.results(), peace.moments(), peace.updates()
    print(f"in peace: {tally.peace_seconds:.0f} s, {len(truth)} jobs, {updates} updates, {len(moments)} named moments")
    while sum(tally.kills.values()) < asked.kills or (tally.studies < MOST and _left(moments, tally)):
        study = _Study(work / "killed", workers=asked.workers)
        shutil.rmtree(study.folder, ignore_errors=True)
        begun = time.monotonic()
        while (code := study.run_killed(dice, moments, tally, tally.peace_seconds)) != 0:
            if code > 0 and "killed by signal" not in (study.folder / "said").read_text(encoding="utf-8"):
                print((study.folder / "said").read_text(encoding="utf-8")[-3000:], file=sys.stderr)
                return 1
        tally.seconds += time.monotonic() - begun
        tally.studies += 1
        tally.jobs += len(truth)
        tally.updates_needed += updates
        tally.updates_done += study.updates()
        found = study.results()
        tally.lost += len(set(truth) - set(found))
        different = [key for key in truth if key in found and found[key] != truth[key]]
        tally.different += len(different)
        for key in different:
            print(f"different: {key}: {truth[key]} in peace, {found[key]} after kills", file=sys.stderr)
        _keep(tally)
        kills = sum(tally.kills.values())
        left = len(_left(moments, tally))
        print(
            f"{kills} kills, {tally.studies} studies, {tally.lost} lost, {tally.different} different; "
            f"{len(moments) - left} of {len(moments)} named moments",
            flush=True,
        )
        if different:
            return 1
    return 0


def _left(moments: list[Moment], tally: Tally) -> list[Moment]:
    """The named moments at which nothing has been killed yet."""
    return [one for one in moments if f"{one[1]} {one[0]}" not in tally.moments]


class _Study:
    """One store, and the command that fills it."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.folder = folder
        self.workers = workers

    def _start(self) -> subprocess.Popen[bytes]:
        (self.folder / "moments").mkdir(parents=True, exist_ok=True)
        shutil.copyfile(STUDY, self.folder / "faults.toml")
        command = [sys.executable, "-m", "benchmarks.faulty", "run", "faults.toml", "--store", "store"]
        surroundings = {
            **os.environ,
            "FAULTS": str(self.folder),
            "XSTILTS_CACHE": str(self.folder / "cache"),
            "OMP_NUM_THREADS": "1",
            "HF_HUB_OFFLINE": "1",
            "PYTHONPATH": os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")]),
        }
        with (self.folder / "said").open("wb") as said:
            return subprocess.Popen(
                [*command, "--workers", str(self.workers)],
                cwd=self.folder, env=surroundings, stdout=said, stderr=said, start_new_session=True,
            )  # fmt: skip

    def run(self) -> int:
        """Run it in peace."""
        return self._start().wait()

    def run_killed(self, dice: random.Random, moments: list[Moment], tally: Tally, usual: float) -> int:
        """Run the command once, with kills until it ends: its exit code, negative where it was killed."""
        tally.commands += 1
        command = self._start()
        begun = time.monotonic()
        try:
            while command.poll() is None:
                if time.monotonic() - begun > PATIENCE:
                    tally.hung += 1
                    break
                self._strike(command, dice, moments, tally, usual)
        finally:
            _kill_all(command.pid)
            (self.folder / "next").unlink(missing_ok=True)
        return command.wait()

    def _strike(
        self, command: subprocess.Popen[bytes], dice: random.Random, moments: list[Moment], tally: Tally,
        usual: float,
    ) -> None:  # fmt: skip
        """Arrange one kill and wait until it has happened, or the command has ended. Most of them are at named moments:
        whichever comes first of those that were not struck yet."""
        everything = dice.random() < 0.5
        if dice.random() < (0.8 if _left(moments, tally) else 0.5):
            wanted = {}
            for label, when, count in _left(moments, tally) or [dice.choice(moments)]:
                here = _size(self.folder / "moments" / f"{label} {when}".replace("/", "|"))
                wanted[f"{when} {label}"] = here + dice.randint(1, max(1, min(3, count - here)))
            before = _size(self.folder / "struck")
            aside = self.folder / "next.new"
            aside.write_text(json.dumps({"moments": wanted, "all": everything}), encoding="utf-8")
            aside.replace(self.folder / "next")
            until = time.monotonic() + dice.uniform(1, usual / 3)
            while time.monotonic() < until and command.poll() is None and _size(self.folder / "struck") == before:
                time.sleep(0.02)
            (self.folder / "next").unlink(missing_ok=True)
            if _size(self.folder / "struck") > before:
                tally.kills["named moment, everything" if everything else "named moment, one process"] += 1
                (*_, moment) = (self.folder / "struck").read_text(encoding="utf-8").splitlines()
                tally.moments[moment] += 1
                time.sleep(0.1)
            return
        time.sleep(dice.uniform(0.1, usual / 12))
        if command.poll() is not None:
            return
        target = dice.choice(["everything", "a worker", "the command"])
        workers = _children(command.pid)
        if target == "a worker" and workers:
            with_pid = dice.choice(workers)
            try:
                os.kill(with_pid, signal.SIGKILL)
            except ProcessLookupError:
                return
        elif target == "everything":
            _kill_all(command.pid)
        elif target == "the command":
            command.kill()
            command.wait()
        else:
            return
        tally.kills[f"random time, {target}"] += 1
        if target != "a worker":
            command.wait()

    def results(self) -> dict[str, Any]:
        """What every job of the study gave: checksums of its files, and its score."""
        store = Store(self.folder / "store")
        plan = store.plan("faults@full")
        found = {}
        for key, job in plan.jobs.items():
            if store.check(key, deep=True) is None:
                record = store.record(key)
                files = {name: known["sha256"] for name, known in record["files"].items()}
                found[key] = {"files": files, "score": record.get("score"), "training": isinstance(job, Train)}
        return found

    def moments(self) -> list[Moment]:
        """Every named moment of the run, and how often it came."""
        found = []
        for path in sorted((self.folder / "moments").iterdir()):
            label, _, when = path.name.replace("|", "/").rpartition(" ")
            found.append((label, when, path.stat().st_size))
        return found

    def updates(self) -> int:
        return _size(self.folder / "updates")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _kill_all(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _children(group: int) -> list[int]:
    """Processes of the group but the command itself: workers, and the server that they are forked from."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z" and int(path.parent.name) != group:
            found.append(int(path.parent.name))
    return found


def _kept(fresh: bool) -> Tally:
    if fresh or not RESULT.exists():
        return Tally()
    content = json.loads(RESULT.read_text(encoding="utf-8"))["tally"]
    return Tally(**{**content, "kills": Counter(content["kills"]), "moments": Counter(content["moments"])})


def _keep(tally: Tally) -> None:
    here = machine.described(threads=1)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({"tally": vars(tally), "machine": here}, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(_page(tally, here), encoding="utf-8")


def _page(tally: Tally, here: dict[str, Any]) -> str:
    kills = sum(tally.kills.values())
    again = 100 * (tally.updates_done / max(1, tally.updates_needed) - 1)
    rows = "".join(f"| {kind} | {count} |\n" for kind, count in sorted(tally.kills.items()))
    moments = "".join(f"| `{name}` | {count} |\n" for name, count in sorted(tally.moments.items()))
    per = kills / max(1, tally.studies)
    jobs = tally.jobs // max(1, tally.studies)
    return f"""# Killed, again and again

Written by `python -m benchmarks.faults --kills 300` on {here["date"]}: {here["machine"]}; Python {here["python"]},
torch {here["versions"]["torch"]}; commit {here["commit"]}.

A study of all kinds of jobs (`benchmarks/faults.toml`, {jobs} jobs, {tally.peace_seconds:.0f} s in peace) is killed by
SIGKILL while it plans, encodes, trains, saves, predicts, scores and writes; the same command is given again until it
ends. Then every file of every result is compared with those of the run in peace.

| | |
|---|---|
| kills | {kills} |
| studies brought to their end | {tally.studies} |
| commands given | {tally.commands} |
| kills a study, on average | {per:.1f} |
| results lost | {tally.lost} of {tally.jobs:,} |
| results different in any byte | {tally.different} of {tally.jobs:,} |
| commands that hung | {tally.hung} |
| updates done again | {again:.0f} % of {tally.updates_needed:,}, with a checkpoint every half second |

| how | kills |
|---|---:|
{rows}
*Everything* kills the command and all its processes at once, as a power cut does for processes (not for what the system
has not yet written to the disk).

| killed before or after | times |
|---|---:|
{moments}"""


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=REPOSITORY / ".bench" / "faults")
    parser.add_argument("--fresh", action="store_true", help="forget what was counted before")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
