"""Worker processes on this machine.

In: keys of submitted jobs. Out: one process a group, started from a server that has imported the jobs once (so a group
does not wait for torch, and this process never loads it). A process can be killed at any time; what it did stays, and
what it was doing is resumed from its checkpoint by the next one.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection, forkserver
from pathlib import Path

from xstilts.study import lease
from xstilts.study.job import Key
from xstilts.study.protocols import Outcome
from xstilts.study.store import Store

TARGET = "xstilts.jobs.warm:main"
STOPPED = 75
GRACE = 120.0
STARTS = 10
PAUSE = 0.2
LOST = 255  # what multiprocessing says of a process whose server was killed; the process itself may still work


@dataclass(frozen=True)
class _Group:
    keys: tuple[Key, ...]
    process: multiprocessing.process.BaseProcess


class LocalBackend:
    """Runs up to ``slots`` groups at once. ``target`` names the function ``(keys, store, threads) -> exit code``."""

    def __init__(self, store: Store, slots: int, target: str = TARGET) -> None:
        self.slots = slots
        self._root = str(store.root.resolve())
        self._store = store
        self._target = target
        self._groups: list[_Group] = []
        self._context = multiprocessing.get_context("forkserver")
        # The main module too, or every process would import the command line again.
        self._context.set_forkserver_preload(["__main__", target.partition(":")[0]])

    def start(self, keys: Sequence[Key], threads: int) -> None:
        """Start one process that does ``keys`` in order. Its output goes to the log of the first."""
        arguments = (self._target, list(keys), self._root, threads)
        for left in reversed(range(STARTS)):
            process = self._context.Process(target=_work, args=arguments, name=f"xstilts {keys[0]}", daemon=True)
            try:
                with _environment(OMP_WAIT_POLICY="PASSIVE"):
                    forkserver.ensure_running()
                process.start()
            except (EOFError, OSError):  # the server has just been killed: another one is started
                if not left:
                    raise
                time.sleep(PAUSE)  # until the system knows that it has ended
            else:
                self._groups.append(_Group(tuple(keys), process))
                return

    def finished(self, timeout: float) -> list[Outcome]:
        """Groups that ended since the last call, waiting at most ``timeout`` seconds for one."""
        if self._groups:
            connection.wait([group.process.sentinel for group in self._groups], timeout)
        ended = [group for group in self._groups if not group.process.is_alive()]
        self._groups = [group for group in self._groups if group not in ended]
        return [Outcome(group.keys, self._failure(group), _killed(group.process.exitcode)) for group in ended]

    def end(self, keys: Sequence[Key]) -> None:
        """Kill the process of the group ``keys``."""
        for group in self._groups:
            if group.keys == tuple(keys):
                group.process.kill()

    def stop(self) -> None:
        """Ask every running group to save its checkpoint and end; returns when all have."""
        running = [group.process for group in self._groups]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + GRACE
        for process in running:
            process.join(max(0.0, deadline - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()

    def _failure(self, group: _Group) -> str | None:
        code = group.process.exitcode
        if code in (0, STOPPED) or code is None:
            return None
        if _killed(code):
            return f"killed by signal {-code}" if code < 0 else "lost with the server that started it"
        reasons = [reason for key in group.keys if (reason := self._store.failure(key))]
        return reasons[0] if reasons else f"ended with exit code {code}: see {self._store.work(group.keys[0]) / 'log'}"


def _killed(code: int | None) -> bool:
    return code is not None and (code < 0 or code == LOST)


@contextlib.contextmanager
def _environment(**values: str) -> Iterator[None]:
    """Environment variables for processes started inside; what the user set stays."""
    added = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _work(target: str, keys: list[Key], root: str, threads: int) -> None:
    """What a worker process does: take the leases, send output to the log, run ``target``, end with its exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    store = Store(root)
    _log_to(store.work(keys[0]) / "log")
    leases = _leases(store, keys)
    with lease.kept(list(leases.values()), _end_if_orphaned):
        mine = list(leases)
        code = _call(target, mine, root, threads) if mine else 0
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(code)


def _leases(store: Store, keys: Sequence[Key]) -> dict[Key, lease.Lease]:
    """The leases of those jobs that no other run is doing, nor what they need; the others are looked at again later."""
    leases: dict[Key, lease.Lease] = {}
    for key in keys:
        if all(needed in leases or store.stored(needed) for needed in store.job(key)[0].inputs):
            taken = store.lease(key)
            if taken is not None:
                leases[key] = taken
    return leases


def _call(target: str, keys: list[Key], root: str, threads: int) -> int:
    module, _, name = target.partition(":")
    code: int = getattr(importlib.import_module(module), name)(keys, root, threads)
    return code


def _log_to(path: Path) -> None:
    """Standard output and error of this process, C libraries' included, to the end of ``path``."""
    with path.open("ab", buffering=0) as log:
        log.write(f"\n--- {time.strftime('%Y-%m-%d %H:%M:%S')} process {os.getpid()}\n".encode())
        for number in (1, 2):
            os.dup2(log.fileno(), number)


def _end_if_orphaned() -> None:
    """If the run that started this process is gone, end as if it had asked: with a checkpoint."""
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():
        os.kill(os.getpid(), signal.SIGTERM)
