"""What can be made again, kept on the disk: a folder that appears whole, with checksums of its files.

In: a folder and a function that writes its files. Out: the folder, its files as they were written: each is read against
its checksum once a process (again when its time or size has changed), and what is not as it was is made again.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from xstilts.catalogue.sealed import sha256

SUMS = "sums.json"
State = tuple[tuple[str, int, int], ...]
_checked: dict[Path, State] = {}  # what was read against its checksums, as it was then


def kept(folder: Path, make: Callable[[Path], object]) -> Path:
    """``folder`` with the files that ``make`` writes; ``make`` is called only where they are not there as written."""
    if folder.is_dir() and _checked.get(folder) == _state(folder):
        return folder
    if folder.exists() and not _whole(folder):
        shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        aside = folder.with_name(f"{folder.name}.{uuid4().hex}")
        aside.mkdir(parents=True)
        try:
            make(aside)
            sums = {path.name: sha256(path) for path in sorted(aside.iterdir())}
            (aside / SUMS).write_text(json.dumps(sums), encoding="utf-8")
            with contextlib.suppress(OSError):  # another process was faster; its files are the same
                aside.rename(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    _checked[folder] = _state(folder)
    return folder


def _state(folder: Path) -> State:
    return tuple(sorted((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in folder.iterdir()))


def _whole(folder: Path) -> bool:
    try:
        sums = json.loads((folder / SUMS).read_bytes())
        return set(sums) == {path.name for path in folder.iterdir()} - {SUMS} and all(
            sha256(folder / name) == known for name, known in sums.items()
        )
    except (OSError, ValueError, TypeError):
        return False
