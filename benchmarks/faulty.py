"""The program, made to die: what ``faults.py`` starts in place of ``xstilts``.

In: the command line of ``xstilts``; the folder ``$FAULTS``. Out: what ``xstilts`` does, with every fsync, rename and
replace counted, and, where ``$FAULTS/next`` names one of them, an end by SIGKILL just before or after it. Nothing of
the program is replaced: system calls are wrapped, a checkpoint is due every half second, and updates are counted.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ["FAULTS"])
CHECKPOINTS = 0.5
_KEY = re.compile(r"[0-9a-f]{32}(-[0-9a-f]+)?|^[0-9a-f]{2}$")
_SIDE = re.compile(r"^\.(.*)\.[0-9a-f]{32}$")


def label_of(call: str, path: object) -> str:
    """What is synced or renamed, without keys: ``fsync aside/KEY/record.json``."""
    if isinstance(path, int):
        path = Path(f"/proc/self/fd/{path}").readlink()
    whole = Path(os.fsdecode(path)).absolute()
    inside = Path("PLACE", whole.relative_to(FOLDER)) if whole.is_relative_to(FOLDER) else whole
    parts = [_SIDE.sub(r".\1.NEW", _KEY.sub("KEY", part)) for part in inside.parts[-3:]]
    return f"{call} {'/'.join(parts)}"


def strike(label: str, when: str) -> None:
    """Count this moment, and end here if it is the one."""
    count = _count(FOLDER / "moments" / f"{label} {when}".replace("/", "|"))
    try:
        wanted = json.loads((FOLDER / "next").read_bytes())
    except (OSError, ValueError):
        return
    if count < wanted["moments"].get(f"{when} {label}", float("inf")):
        return
    try:
        (FOLDER / "next").unlink()  # whoever removes it dies
    except FileNotFoundError:
        return
    _count(FOLDER / "struck", f"{when} {label}\n")
    if wanted["all"]:
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def _count(path: Path, text: str = ".") -> int:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.write(descriptor, text.encode())
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


def wrapped(call: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(path: Any, *more: Any, **options: Any) -> Any:
        label = label_of(call, path)
        strike(label, "before")
        found = real(path, *more, **options)
        strike(label, "after")
        return found

    return wrapper


for name in ("fsync", "rename", "replace"):
    setattr(os, name, wrapped(name, getattr(os, name)))

if __name__ == "__mp_main__":  # the server that worker processes are forked from
    from xstilts.train import loop

    loop.train.__kwdefaults__["checkpoint_seconds"] = CHECKPOINTS
    _update = loop.take_update

    def take_update(*arguments: Any) -> float:
        _count(FOLDER / "updates")
        return _update(*arguments)

    loop.take_update = take_update

if __name__ == "__main__":
    from xstilts.cli import main

    sys.argv[0] = "xstilts"
    main()
