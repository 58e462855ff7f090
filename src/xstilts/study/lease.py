"""Who works on a job: a small file that its holder keeps fresh.

In: a path. Out: ``Lease``, or nothing where somebody else holds it. Works on any shared folder where a file can be
created exclusively: it names process and machine, and its time is renewed. A lease is broken when its process is gone
(same machine), or when its time has stood still for a minute *of the watcher's own clock*, so that clocks which differ
or are set back do no harm; only a time that lies far behind is believed at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STALE = 60.0
FAR = 900.0
BEAT = 10.0
# When this process first saw a lease with this time: path to (token, time of the file, own monotonic time).
_seen: dict[Path, tuple[object, int, float]] = {}


@dataclass(frozen=True)
class Lease:
    """A held lease. ``token`` tells it from any that another process made at the same path."""

    path: Path
    token: str

    def beat(self) -> None:
        """Renew the time of the file."""
        with contextlib.suppress(OSError):
            os.utime(self.path)

    def release(self) -> None:
        """Give the lease back, if it is still ours."""
        if (_read(self.path) or {}).get("token") == self.token:
            self.path.unlink(missing_ok=True)


def holder(path: Path) -> dict[str, Any] | None:
    """Who holds the lease at ``path`` (``pid``, ``host``), or None where nobody alive does."""
    content = _read(path)
    return content if content is not None and _alive(path, content) else None


def clear(path: Path) -> None:
    """Remove the lease at ``path`` if its holder is gone, so that processes which have not watched it can take it."""
    with contextlib.suppress(OSError):
        if path.exists() and holder(path) is None:
            _break(path)


def acquire(path: Path) -> Lease | None:
    """Take the lease at ``path``, breaking a stale one; None where it is held."""
    path.parent.mkdir(parents=True, exist_ok=True)
    token = uuid.uuid4().hex
    content = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "token": token}).encode()
    for _ in range(3):
        try:
            handle = path.open("xb", buffering=0)
        except FileExistsError:
            if holder(path) is not None:
                return None
            _break(path)
            continue
        # Whoever reads it before the content is there sees a fresh file of an unknown holder: held.
        try:
            with handle:
                handle.write(content)
        except OSError:  # the disk is full; a file without a holder would keep everybody away
            path.unlink(missing_ok=True)
            raise
        return Lease(path, token)
    return None


@contextlib.contextmanager
def kept(leases: Sequence[Lease], orphaned: Callable[[], None] | None = None) -> Iterator[None]:
    """Renew ``leases`` from a thread while inside, and give them back. ``orphaned`` is called at every renewal."""
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(BEAT if orphaned is None else 1.0):
            for lease in leases:
                lease.beat()
            if orphaned is not None:
                orphaned()

    thread = threading.Thread(target=renew, name="leases", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        for lease in leases:
            lease.release()


def _read(path: Path) -> dict[str, Any] | None:
    """The content of the lease; an empty one where the file is damaged; None where there is no file."""
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _alive(path: Path, content: dict[str, Any]) -> bool:
    try:
        beat = path.stat().st_mtime_ns
    except OSError:
        return False
    if _still(path, content.get("token"), beat) > STALE or time.time() - beat / 1e9 > FAR:
        return False
    if content.get("host") == socket.gethostname() and isinstance(content.get("pid"), int):
        return process_lives(content["pid"])
    return True


def _still(path: Path, token: object, beat: int) -> float:
    """For how many seconds this process has seen the lease unchanged."""
    now = time.monotonic()
    known = _seen.get(path)
    if known is None or known[:2] != (token, beat):
        known = _seen[path] = (token, beat, now)
    return now - known[2]


def process_lives(pid: int) -> bool:
    """Whether a process of this machine is there and has not ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with contextlib.suppress(OSError):  # a zombie has ended, only nobody has asked yet (Linux)
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        return state != "Z"
    return True


def _break(path: Path) -> None:
    """Remove a stale lease. Only who holds the claim to a stale token may, so that no fresh lease is ever removed."""
    token = str((_read(path) or {}).get("token", "unreadable"))
    claim = path.with_name(f"{path.name}.{token}")
    try:
        claim.touch(exist_ok=False)
    except FileExistsError:
        with contextlib.suppress(OSError):  # its maker died on the way
            if time.time() - claim.stat().st_mtime > STALE:
                claim.unlink()
        return
    try:
        content = _read(path)
        if content is not None and str(content.get("token", "unreadable")) == token and not _alive(path, content):
            path.unlink(missing_ok=True)
    finally:
        claim.unlink(missing_ok=True)
