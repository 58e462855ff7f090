"""Job arrays of Slurm.

In: keys of submitted jobs, what every process gets. Out: one array element a group, which runs ``xstilts job`` on some
node. Slurm decides when and where. An element that is preempted, or whose time runs out, saves its checkpoint and goes
back to the queue; a run that is started again finds the elements that the last one left there.
"""

from __future__ import annotations

import getpass
import math
import os
import shlex
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from xstilts.catalogue.errors import Problem
from xstilts.study import turn
from xstilts.study.backends.cluster import OnSlurm
from xstilts.study.backends.ended import of_shell, outcome
from xstilts.study.job import Key
from xstilts.study.protocols import Outcome
from xstilts.study.store import Store

COMMAND = ("-m", "xstilts", "job")  # what an element has a Python do
SLOTS = 64  # elements queued or running at once
LOOK = 10.0  # seconds between two questions to Slurm
LEAD = 120  # seconds before its time is over that an element is asked to save
SPARE, LEAST = 1.5, 2  # times the estimated memory is asked for, GiB at least
GIB = 2.0**30
# States in which an element stays; in all others it waits, runs, or ends. Those that are no fault of its own:
TAKEN = ("TIMEOUT", "NODE_FAIL", "PREEMPTED", "OUT_OF_MEMORY", "BOOT_FAIL", "DEADLINE", "REVOKED")
ENDED = ("COMPLETED", "FAILED", "CANCELLED", *TAKEN)
UNOPENED = 53  # the signal that Slurm notes where a node can not open the output of an element
NOT_FOUND = (126, 127)  # what a shell says of a command that is not there, or can not be run

# ``wait`` returns when a signal came, too; only a child that has been waited for can no more be asked for.
SCRIPT = """#!/bin/sh
{lines}
keys=$(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" {folder}/keys)
{command} $keys --store {store} --threads {threads} --parent $$ >> {store}/work/"${{keys%% *}}"/log 2>&1 &
child=$!
trap 'kill -TERM "$child"' TERM
while :; do
    wait "$child"
    code=$?
    kill -0 "$child" 2> /dev/null || break
done
if [ "$code" -eq {stopped} ] && [ ! -e {folder}/stopped ]; then
    scontrol requeue "$SLURM_JOB_ID" || :
fi
exit "$code"
"""


@dataclass(frozen=True)
class _Element:
    """One element of an array, as Slurm names it, and the folder of the array."""

    array: str
    number: int
    folder: Path

    def __str__(self) -> str:
        return f"{self.array}_{self.number}"


class SlurmBackend:
    """Hands groups to Slurm, at most ``slots`` of them queued or running at once.

    Raises ``Problem`` where there is no Slurm, or it refuses what it is asked for.
    """

    memory: float | None = None

    def __init__(
        self,
        store: Store,
        asked: OnSlurm,
        slots: int | None = None,
        command: Sequence[str] = COMMAND,
        look: float = LOOK,
    ) -> None:
        if shutil.which("sbatch") is None:
            raise Problem("--backend slurm needs Slurm's commands (sbatch, squeue, scancel): call it on a login node")
        self._store, self._asked, self._look = store, asked, look
        self._command = shlex.join([sys.executable, *command])
        self.slots = slots or SLOTS
        self.threads: int | None = asked.cpus
        self._root = store.root.resolve()
        self._new: dict[tuple[int, int], list[tuple[Key, ...]]] = {}  # by threads and GiB
        self._running: dict[_Element, tuple[Key, ...]] = {}
        self._killed: set[_Element] = set()
        self._looked = -look
        self._left = self._left_behind()

    def start(self, keys: Sequence[Key], threads: int, memory: float) -> None:
        """Note a group for the next array; one that still stands in the queue is waited for instead."""
        group = tuple(keys)
        element = self._left.pop(group, None)
        if element is not None:
            self._running[element] = group
        else:
            self._store.work(group[0])  # where its log will be
            self._new.setdefault((threads, max(LEAST, math.ceil(SPARE * memory / GIB))), []).append(group)

    def finished(self, timeout: float) -> list[Outcome]:
        """Groups that ended since the last call. Slurm is asked every ``look`` seconds."""
        for (threads, gib), groups in self._new.items():
            self._submit(groups, threads, gib)
        self._new = {}
        wait = self._looked + self._look - time.monotonic()
        if wait > timeout or not self._running:
            time.sleep(timeout if self._running else 0.0)
            return []
        time.sleep(max(0.0, wait))
        return self._ended()

    def end(self, keys: Sequence[Key]) -> None:
        """Cancel the element of the group ``keys``."""
        for element, group in self._running.items():
            if group == tuple(keys):
                self._killed.add(element)
                _call("scancel", str(element))

    def stop(self) -> None:
        """Take what waits out of the queue, that of an earlier run too, and ask the rest to save; returns when all
        have ended."""
        self._new = {}
        elements = [*self._running, *self._alive(self._left.values())]
        for folder in {element.folder for element in elements}:
            (folder / "stopped").touch()  # so that nothing goes back to the queue
        names = [str(element) for element in elements]
        if not names:
            return
        _call("scancel", "--state=PENDING", *names)
        _call("scancel", "--signal=TERM", "--batch", *names)
        deadline = time.monotonic() + turn.GRACE
        while time.monotonic() < deadline and self._alive(elements):
            time.sleep(min(self._look, 2.0))
        _call("scancel", *names)
        self._looked = -self._look

    # Slurm's commands.

    def _submit(self, groups: Sequence[tuple[Key, ...]], threads: int, gib: int) -> None:
        """One array with an element a group. Raises ``Problem`` with what Slurm says where it refuses it."""
        folder = self._root / "slurm" / uuid.uuid4().hex[:8]
        folder.mkdir(parents=True)
        (folder / "keys").write_text("".join(f"{' '.join(keys)}\n" for keys in groups), encoding="ascii")
        said = {name: shlex.quote(str(path)) for name, path in (("folder", folder), ("store", self._root))}
        lines = "\n".join(self._asked.lines)
        script = SCRIPT.format(lines=lines, command=self._command, threads=threads, stopped=turn.STOPPED, **said)
        (folder / "run.sh").write_text(script, encoding="utf-8")
        options = {
            "array": f"0-{len(groups) - 1}",
            "job-name": "xstilts",
            "cpus-per-task": threads,
            "mem": f"{gib}G",
            "gpus": self._asked.gpus or None,
            "partition": self._asked.partition,
            "account": self._asked.account,
            "qos": self._asked.qos,
            "time": self._asked.time,
            "signal": f"B:TERM@{LEAD}" if self._asked.time else None,
            "open-mode": "append",
            "output": folder / "%a.out",
        }
        asked = [f"--{name}={value}" for name, value in options.items() if value is not None]
        done = _call("sbatch", "--parsable", "--requeue", *asked, str(folder / "run.sh"))
        if done.returncode:
            shutil.rmtree(folder)
            raise Problem(f"Slurm refuses the jobs ({_line(done.stderr)}): change [slurm] in --cluster, or --workers")
        array = done.stdout.strip().partition(";")[0]
        self._running |= {_Element(array, number, folder): keys for number, keys in enumerate(groups)}
        (folder / "array").write_text(array, encoding="ascii")

    def _left_behind(self) -> dict[tuple[Key, ...], _Element]:
        """Elements of earlier runs of this store that Slurm still knows; folders of the others are removed."""
        found: dict[tuple[Key, ...], _Element] = {}
        for path in sorted(self._root.glob("slurm/*/array")):
            keys = (path.parent / "keys").read_text(encoding="ascii").splitlines()
            array = path.read_text(encoding="ascii")
            elements = {_Element(array, number, path.parent): tuple(line.split()) for number, line in enumerate(keys)}
            alive = self._alive(elements)
            found |= {elements[element]: element for element in alive}
            if alive == []:
                shutil.rmtree(path.parent, ignore_errors=True)
        return found

    def _alive(self, elements: Iterable[_Element]) -> list[_Element]:
        """Those that wait, run or are just ending; all of them where Slurm does not answer."""
        states = self._states()
        if states is None:
            return list(elements)
        return [element for element in elements if states.get(str(element), ("COMPLETED", 0))[0] not in ENDED]

    def _states(self) -> dict[str, tuple[str, int]] | None:
        """State and exit code (below 0: a signal) of all elements that Slurm still knows; None where it does not
        answer. It forgets those that have ended after some minutes."""
        wanted = ("ArrayJobID", "ArrayTaskID", "State", "exit_code")
        form = f"--Format={','.join(f'{name}:30' for name in wanted)}"
        done = _call("squeue", "--noheader", "--array", "--states=all", f"--user={getpass.getuser()}", form)
        self._looked = time.monotonic()
        if done.returncode:
            return None
        lines = [found for line in done.stdout.splitlines() if len(found := line.split()) == len(wanted)]
        return {f"{array}_{task}": (state, _code(int(status))) for array, task, state, status in lines}

    def _ended(self) -> list[Outcome]:
        states = self._states()
        if states is None:
            return []
        ended = {
            element: keys
            for element, keys in self._running.items()
            if states.get(str(element), ("COMPLETED", 0))[0] in ENDED
        }
        self._running = {element: keys for element, keys in self._running.items() if element not in ended}
        states |= self._accounts([element for element in ended if str(element) not in states])
        return [self._outcome(element, keys, *states.get(str(element), ("", 0))) for element, keys in ended.items()]

    def _accounts(self, elements: Iterable[_Element]) -> dict[str, tuple[str, int]]:
        """The same of elements that Slurm has forgotten, where it keeps accounts."""
        names = ",".join(map(str, elements))
        if not names:
            return {}
        form = ("--noheader", "--parsable2", "--allocations", "--format=JobID,State,ExitCode")
        done = _call("sacct", *form, f"--jobs={names}")
        found: dict[str, tuple[str, int]] = {}
        for line in done.stdout.splitlines():
            name, state, ended = line.split("|")
            code, _, number = ended.partition(":")
            found[name] = (state.split()[0], -int(number) if int(number or 0) else of_shell(int(code)))
        return found

    def _outcome(self, element: _Element, keys: tuple[Key, ...], state: str, code: int) -> Outcome:
        if element in self._killed or state in TAKEN:
            return Outcome(keys, f"ended by Slurm ({state or 'CANCELLED'})", killed=True)
        if state == "CANCELLED":
            return Outcome(keys, "cancelled in Slurm (scancel)")
        if code == -UNOPENED:
            return Outcome(
                keys,
                f"the node could not begin it: it does not see '{element.folder}', or can not write there; put the "
                "store in a folder that all nodes share",
            )
        found = outcome(self._store, keys, code)
        if code in NOT_FOUND:
            return Outcome(keys, f"{found.failure}; install xstilts on every node where it is here ({sys.executable})")
        return found


def _code(status: int) -> int:
    """An exit code from what ``wait`` says of a batch script, whose shell says 128 + the signal."""
    return of_shell(os.waitstatus_to_exitcode(status))


def _call(*command: str) -> subprocess.CompletedProcess[str]:
    """A command of Slurm's; a missing one answers like one that fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))


def _line(text: str) -> str:
    """The last line that says something."""
    return next((line for line in reversed(text.splitlines()) if line.strip()), "it does not say why")
