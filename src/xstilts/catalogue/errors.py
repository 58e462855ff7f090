"""Errors that say what, where, and what to do.

In: what went wrong. Out: ``Problem``, the one exception whose text is meant for the user; the command line prints it
without a traceback.
"""

from __future__ import annotations

import difflib
import errno
import os
from collections.abc import Iterable

_ROOM = "make room (xstilts store size; xstilts store prune), then run again: what is finished is kept"
_RIGHT = "name folders that can be written, with --store and XSTILTS_CACHE"
_DISK = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EROFS: _RIGHT,
    errno.EACCES: _RIGHT,
    errno.EPERM: _RIGHT,
    errno.ENOTDIR: _RIGHT,
}


class Problem(Exception):
    """A mistake in a request or in a file. ``problems`` holds every one that was found, a line each."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def nearest(name: str, known: Iterable[str]) -> str:
    """``": did you mean 'xnli'?"``, or nothing where no known name is near."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f": did you mean '{found[0]}'?" if found else ""


def of_the_disk(error: OSError) -> Problem | None:
    """What to do about a disk that is full, read-only or somebody else's; None for other errors."""
    if error.errno not in _DISK:
        return None
    where = f" ('{error.filename}')" if error.filename else ""
    return Problem(f"{os.strerror(error.errno)}{where}: {_DISK[error.errno]}")
