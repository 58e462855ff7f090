"""Files that are whole or not there: written aside, synced, renamed; sealed with a checksum of their own.

In: values and paths. Out: JSON files that tell when a byte of theirs has changed. A sealed file holds ``seal``, the
SHA-256 of everything else in it.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SEAL = "seal"


def read_json(path: Path) -> Any:
    """The content, or None where the file is missing or no JSON."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def read_sealed(path: Path, required: bool = True) -> dict[str, Any] | None:
    """The content without its seal, or None where the file is missing, no JSON object, or other than it was written.

    ``required``: whether a file without a seal is one of these.
    """
    content = read_json(path)
    if not isinstance(content, dict):
        return None
    seal = content.pop(SEAL, None)
    return content if seal == seal_of(content) or (seal is None and not required) else None


def is_sealed(path: Path) -> bool:
    """Whether a file has a seal at all."""
    content = read_json(path)
    return isinstance(content, dict) and SEAL in content


def sealed(content: Mapping[str, Any]) -> bytes:
    """``content`` as a file that ``read_sealed`` reads."""
    return dumps({**content, SEAL: seal_of(content)})


def seal_of(content: Mapping[str, Any]) -> str:
    """The SHA-256 of ``content``, whatever the order of its names."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def dumps(value: Any) -> bytes:
    """``value`` as a JSON file."""
    return (json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def plain(value: Any) -> Any:
    """``value`` as JSON can hold it: numbers of array libraries as numbers, what is not finite as null."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return plain(value.item()) if hasattr(value, "item") else str(value)


def write(path: Path, content: bytes) -> None:
    """Write a file in a folder that nobody reads yet."""
    path.write_bytes(content)
    sync(path)


def replace(path: Path, content: bytes, synced: bool = True) -> None:
    """Write ``path`` whole: aside, synced (where it can not simply be written again), renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        aside.write_bytes(content)
        if synced:
            sync(aside)
        aside.replace(path)
        if synced:
            sync(path.parent)
    finally:
        aside.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Have the system write a file's content, or a folder's names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256(path: Path) -> str:
    """The SHA-256 of a file's content."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
