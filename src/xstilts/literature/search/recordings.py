"""Answers of services as they came, one file each, so that a search can be read again without a network.

In: a request and what came back. Out: a file whose first line says what was asked, when, and the checksum of the rest,
which is the answer byte for byte. It is written aside and renamed, so it is whole or not there.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from xstilts.catalogue.sealed import SEAL, replace, seal_of
from xstilts.literature.search.protocol import Request


@dataclass(frozen=True)
class Recording:
    """``failure``: why the answer could not be used, "" where it could. ``asked``: when, as ISO 8601 in UTC."""

    service: str
    request: Request
    asked: str
    status: int | None
    kind: str
    failure: str
    answer: bytes


class Damaged(Exception):
    """A recording that is not as it was written."""


def place(folder: Path, service: str, request: Request) -> Path:
    """Where the answer to ``request`` lies or will lie: named by what is asked, so a request has one place."""
    said = json.dumps([service, request.url, request.parameters], ensure_ascii=False)
    return folder / service / f"{hashlib.sha256(said.encode()).hexdigest()[:24]}.answer"


def write(folder: Path, recording: Recording) -> Path:
    """Keep ``recording`` in the place of an earlier one, if there is one."""
    path = place(folder, recording.service, recording.request)
    first = {
        **asdict(recording.request),
        "service": recording.service,
        "asked": recording.asked,
        "status": recording.status,
        "kind": recording.kind,
        "failure": recording.failure,
        "bytes": len(recording.answer),
        "sha256": hashlib.sha256(recording.answer).hexdigest(),
    }
    line = json.dumps({**first, SEAL: seal_of(first)}, ensure_ascii=False)
    replace(path, line.encode() + b"\n" + recording.answer)
    return path


def read(folder: Path, service: str, request: Request) -> Recording | None:
    """What came back, None where nothing was asked yet. Raises ``Damaged``."""
    path = place(folder, service, request)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    line, _, answer = content.partition(b"\n")
    try:
        said = json.loads(line)
        if said.pop(SEAL) != seal_of(said) or said["sha256"] != hashlib.sha256(answer).hexdigest():
            raise ValueError
        asked = Request(said["url"], tuple((name, value) for name, value in said["parameters"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Damaged(f"the recorded answer '{path}' is not as it was written") from None
    return Recording(service, asked, said["asked"], said["status"], said["kind"], said["failure"], answer)


def last_asked(folder: Path, service: str) -> float:
    """When the newest answer of ``service`` was recorded, in seconds of the epoch; 0 where there is none."""
    try:
        return (folder / service).stat().st_mtime
    except OSError:
        return 0.0
