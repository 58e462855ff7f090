"""What must not happen while broken input is read.

In: a folder in which files may be written, a reader. Out: what went wrong, as one line, or nothing: an exception that
is no ``Problem``, a reader that does not end, a file that is written, made, renamed or removed anywhere else.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from xstilts.catalogue.errors import Problem

SECONDS = 10  # a case that takes longer hangs

_CHANGES = {
    "os.mkdir": 1,
    "os.rename": 2,
    "os.remove": 1,
    "os.rmdir": 1,
    "os.link": 2,
    "os.symlink": 2,
    "os.truncate": 1,
}


class Hang(BaseException):
    """A case that did not end in time; no reader catches it."""


class Guard:
    """Hears of every file that this process changes. Python can not take such a listener away again."""

    def __init__(self, *allowed: Path) -> None:
        self.allowed = (*(str(path.resolve()) + os.sep for path in allowed), "/dev/null", "/proc/self")
        self.outside: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            writes = (
                flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) if isinstance(flags, int) else "r" not in (mode or "")
            )
            if writes:
                self._check(event, path)
        elif event in _CHANGES:
            for path in arguments[: _CHANGES[event]]:
                self._check(event, path)

    def _check(self, event: str, path: object) -> None:
        if isinstance(path, str | bytes | os.PathLike):
            full = os.path.abspath(os.fsdecode(path))  # noqa: PTH100
            if not f"{full}{os.sep}".startswith(self.allowed):
                self.outside.append(f"{event} {full}")

    @contextlib.contextmanager
    def within(self, problem: list[str]) -> Iterator[None]:
        """Run what is inside under a limit of time; ``problem`` gets a line where something went wrong."""
        self.outside.clear()
        signal.signal(signal.SIGALRM, _too_long)
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        try:
            yield
        except Problem:
            pass
        except Hang:
            problem.append(f"hang: more than {SECONDS} s")
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            problem.append(f"{type(error).__name__} at {place_of(error)}: {str(error)[:200]}")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if self.outside:
            problem.append(f"written outside: {self.outside[0]}")


def place_of(error: BaseException) -> str:
    """The innermost line of ours that an exception came through."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "/xstilts/" in frame.filename]
    if not ours:
        return "?"
    return f"{ours[-1].filename.rpartition('/xstilts/')[2]}:{ours[-1].lineno}"


def kind_of(problem: str) -> str:
    """A problem without what differs from case to case."""
    return problem.partition(": ")[0] if not problem.startswith("hang") else "hang"


def ended(read: Callable[[], object], guard: Guard) -> str:
    """What went wrong while ``read`` ran, nothing where all was well."""
    problem: list[str] = []
    with guard.within(problem):
        read()
    return problem[0] if problem else ""


def _too_long(number: int, frame: FrameType | None) -> None:
    raise Hang
