"""The lock file: which commit of each data set of the hub is read.

In and out: ``data.lock.json`` in the store, so that all studies of one store, and every job of theirs, read the same
rows until someone asks for newer ones. One line a data set, sorted, fit to be kept under version control.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.sealed import replace

NAME = "data.lock.json"
COMMIT = re.compile(r"[0-9a-f]{40}")


def read_lock(path: Path) -> dict[str, str]:
    """Commits by data set; empty where there is no file. Raises ``Problem`` for a file that is no lock."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise Problem(f"{path} can not be read ({error}): correct it, or delete it to lock anew") from None
    if not isinstance(found, dict):
        raise Problem(f"{path} is no lock file: it should hold one JSON object; delete it to lock anew")
    wrong = [name for name, commit in found.items() if not isinstance(commit, str) or not COMMIT.fullmatch(commit)]
    if wrong:
        raise Problem(*(f"{path}: '{name}' needs a commit, 40 of the digits 0-9a-f" for name in wrong))
    return found


def write_lock(path: Path, revisions: Mapping[str, str]) -> bool:
    """Add ``revisions`` to the file, whole or not at all; whether that changed it."""
    known = read_lock(path)
    merged = {**known, **revisions}
    if merged == known:
        return False
    replace(path, json.dumps(merged, indent=1, sort_keys=True).encode() + b"\n", synced=False)
    return True
