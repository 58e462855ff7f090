"""Errors that say what, where, and what to do.

In: what went wrong. Out: ``Problem``, the one exception whose text is meant for the user; the command line prints it
without a traceback.
"""

from __future__ import annotations

import difflib
import errno
import os
import re
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
        self.problems = tuple(without_passwords(text) for text in problems)
        super().__init__("\n".join(self.problems))


def without_passwords(text: str) -> str:
    """``text`` with what stands before the @ of an address left out: mirrors may be named with a password."""
    return re.sub(r"(\w://)[^/\s@]+@", r"\1", text)


def nearest(name: str, known: Iterable[str]) -> str:
    """``": did you mean 'xnli'?"``, or nothing where no known name is near: ``or "."`` where text follows."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f": did you mean '{found[0]}'?" if found else ""


def of_the_disk(error: Exception) -> Problem | None:
    """What to do about a disk that is full, read-only or somebody else's; None for other errors.

    Libraries that are not written in Python raise types of their own, and say the system's number in the text.
    """
    number = error.errno if isinstance(error, OSError) else None
    if number is None and (said := re.search(r"\(os error (\d+)\)", str(error))):
        number = int(said[1])
    if number not in _DISK:
        return None
    where = f" ('{name}')" if (name := getattr(error, "filename", None)) else ""
    return Problem(f"{os.strerror(number)}{where}: {_DISK[number]}")
