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

from xstilts.study import turn
from xstilts.study.backends.ended import outcome
from xstilts.study.job import Key
from xstilts.study.protocols import Outcome
from xstilts.study.store import Store

TARGET = "xstilts.jobs.warm:main"
STARTS = 10
PAUSE = 0.2
LOST = 255  # what multiprocessing says of a process whose server was killed; the process itself may still work


@dataclass(frozen=True)
class _Group:
    keys: tuple[Key, ...]
    process: multiprocessing.process.BaseProcess
    gpu: str | None


class LocalBackend:
    """Runs up to ``slots`` groups at once, as far as ``memory`` (bytes; None: never mind) holds them.

    ``target`` names the function ``(keys, store, threads) -> exit code``. ``gpus``: what ``CUDA_VISIBLE_DEVICES`` may
    say to a process; each gets the one that fewest others have, none where there are none.
    """

    threads: int | None = None

    def __init__(
        self,
        store: Store,
        slots: int,
        target: str = TARGET,
        memory: float | None = None,
        gpus: Sequence[str] = (),
    ) -> None:
        self.slots, self.memory = slots, memory
        self._gpus = tuple(gpus)
        self._root = str(store.root.resolve())
        self._store = store
        self._target = target
        self._groups: list[_Group] = []
        self._context = multiprocessing.get_context("forkserver")
        # The main module too, or every process would import the command line again.
        self._context.set_forkserver_preload(["__main__", target.partition(":")[0]])

    def start(self, keys: Sequence[Key], threads: int, memory: float = 0.0) -> None:
        """Start one process that does ``keys`` in order. Its output goes to the log of the first."""
        used = [group.gpu for group in self._groups]
        gpu = min(self._gpus, key=used.count, default=None)
        arguments = (self._target, list(keys), self._root, threads, gpu)
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
                self._groups.append(_Group(tuple(keys), process, gpu))
                return

    def finished(self, timeout: float) -> list[Outcome]:
        """Groups that ended since the last call, waiting at most ``timeout`` seconds for one."""
        if self._groups:
            connection.wait([group.process.sentinel for group in self._groups], timeout)
        ended = [group for group in self._groups if not group.process.is_alive()]
        self._groups = [group for group in self._groups if group not in ended]
        return [self._outcome(group) for group in ended]

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
        deadline = time.monotonic() + turn.GRACE
        for process in running:
            process.join(max(0.0, deadline - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()

    def _outcome(self, group: _Group) -> Outcome:
        code = group.process.exitcode or 0
        if code == LOST:
            return Outcome(group.keys, "lost with the server that started it", killed=True)
        return outcome(self._store, group.keys, code)


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


def _work(target: str, keys: list[Key], root: str, threads: int, gpu: str | None) -> None:
    """What a worker process does: take the leases, send output to the log, run ``target``, end with its exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu  # the server, which has loaded torch, has not looked for one
    store = Store(root)

    def logged() -> int:
        store.work(keys[0])
        _log_to(store.log(keys[0]))
        return turn.do(store, keys, lambda mine: _call(target, mine, root, threads), _orphaned)

    sys.exit(turn.last(logged))


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


def _orphaned() -> bool:
    """Whether the run that started this process is gone."""
    parent = multiprocessing.parent_process()
    return parent is not None and not parent.is_alive()
