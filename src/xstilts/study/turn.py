"""The turn of one process at a group of jobs, whoever started it.

In: keys, what does them, how to tell that whoever started this process is gone. Out: the exit code of what did them.
While it works, its jobs' leases are held, so that no other process of any run or machine does them too.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence

from xstilts.catalogue.errors import of_the_disk
from xstilts.study import lease
from xstilts.study.job import Key
from xstilts.study.store import Store

STOPPED = 75  # the exit code of a process that was asked to end and has saved what it did
GRACE = 120.0  # seconds that it has for this


def last(work: Callable[[], int]) -> int:
    """The exit code of ``work``, the last thing that a process does.

    A process that cannot write, not even why it failed, ends at once; its exit code is the system's number for it.
    """
    try:
        code = work()
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError as error:
        if error.errno is None or of_the_disk(error) is None:
            raise
        os._exit(error.errno)  # an end in order would write what is left in buffers, and fail
    return code


def do(
    store: Store, keys: Sequence[Key], work: Callable[[list[Key]], int], alone: Callable[[], bool] | None = None
) -> int:
    """Call ``work`` with those ``keys`` that nobody else is doing; its exit code, 0 where there are none.

    ``alone``: whether the process that waits for this one is gone; it is asked every second, and then this one ends as
    if it had been asked to: with a checkpoint.
    """
    leases = _leases(store, keys)
    with lease.kept(list(leases.values()), _ending(alone) if alone else None):
        return work(list(leases)) if leases else 0


def _leases(store: Store, keys: Sequence[Key]) -> dict[Key, lease.Lease]:
    """The leases of those jobs that no other run is doing, nor what they need; the others are looked at again later."""
    leases: dict[Key, lease.Lease] = {}
    for key in keys:
        if all(needed in leases or store.stored(needed) for needed in store.job(key)[0].inputs):
            taken = store.lease(key)
            if taken is not None:
                leases[key] = taken
    return leases


def _ending(alone: Callable[[], bool]) -> Callable[[], None]:
    """Asks this process to end once it is ``alone``; one that does not listen is ended after ``GRACE``."""
    asked: list[float] = []

    def look() -> None:
        if not alone():
            return
        if not asked:
            asked.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGTERM)
        elif time.monotonic() - asked[0] > GRACE:
            os._exit(STOPPED)

    return look
