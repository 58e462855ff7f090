"""Seconds of a timed part: of the wall, and of the processor over all threads of this process; and its memory."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from typing import Any


class Clock:
    """Starts after ``warm`` ticks, so that what happens once (allocations, first kernels) is not timed; ``begun`` is
    called then."""

    def __init__(self, warm: int = 0, begun: Callable[[], Any] = lambda: None) -> None:
        self._left = warm
        self._begun = begun
        self._start: tuple[float, float] | None = None
        if not warm:
            self.start()

    def tick(self) -> bool:
        """One update is done; always False."""
        self._left -= 1
        if self._left == 0:
            self.start()
        return False

    def start(self) -> None:
        """Begin to count."""
        self._begun()
        _wait()
        self._start = (time.perf_counter(), time.process_time())

    def read(self) -> dict[str, float]:
        """``wall`` and ``cpu`` seconds since the start."""
        if self._start is None:
            raise RuntimeError("the clock never started: fewer updates than are left out as warm-up")
        _wait()
        return {"wall": time.perf_counter() - self._start[0], "cpu": time.process_time() - self._start[1]}


def peak() -> dict[str, float]:
    """The largest resident memory of this process so far, in bytes."""
    return {"peak": 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}


def _wait() -> None:
    """Wait for what a GPU was told to do."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.synchronize()
