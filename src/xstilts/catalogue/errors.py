"""Errors that say what, where, and what to do.

In: what went wrong. Out: ``Problem``, the one exception whose text is meant for the user; the command line prints it
without a traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class Problem(Exception):
    """A mistake in a request or in a file. ``problems`` holds every one that was found, a line each."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def nearest(name: str, known: Iterable[str]) -> str:
    """``": did you mean 'xnli'?"``, or nothing where no known name is near."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f": did you mean '{found[0]}'?" if found else ""
