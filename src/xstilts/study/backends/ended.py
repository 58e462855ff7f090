"""How a process that did jobs ended, from its exit code.

In: the keys that it was started with, its exit code, the store. Out: ``Outcome``. All backends say
it in the same words.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path

from xstilts.catalogue.errors import of_the_disk
from xstilts.study import turn
from xstilts.study.job import Key
from xstilts.study.protocols import Outcome
from xstilts.study.store import Store


def outcome(store: Store, keys: Sequence[Key], code: int) -> Outcome:
    """``code`` as ``subprocess`` gives it: below 0, the signal that killed the process."""
    if code in (0, turn.STOPPED):
        return Outcome(tuple(keys), None)
    if code < 0:
        return Outcome(tuple(keys), f"killed by signal {-code}", killed=True)
    reasons = [reason for key in keys if (reason := store.failure(key))]
    if reasons:
        return Outcome(tuple(keys), reasons[0])
    # As ``turn.last`` says it; 1 is any other failure's.
    if code != 1 and (trouble := of_the_disk(OSError(code, os.strerror(code)))):
        return Outcome(tuple(keys), str(trouble))
    said = _last_line(store.log(keys[0]))
    return Outcome(tuple(keys), f"ended with exit code {code}{said and f': {said}'}")


def _last_line(log: Path) -> str:
    """What a process said last; nothing where its log can not be read, or ends with the line that every one begins
    with."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    said = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return "" if said.startswith("--- ") else said


def of_shell(code: int) -> int:
    """An exit code of a shell, which says 128 + the signal, as ``subprocess`` gives it."""
    known = {number.value for number in signal.Signals}
    return 128 - code if code - 128 in known else code
