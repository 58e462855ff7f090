"""The folder that keeps every finished job, found by key.

In: jobs, and the folders of files that they wrote. Out: results that appear whole or not at all. Layout:
``results/<2 digits>/<key>/`` (files, ``record.json`` last), ``jobs/<key>.json`` (what is to be done), ``work/<key>/``
(checkpoint, progress, log, failure, lease), ``studies/<name>@<level>.json``, ``aside/`` (being written), ``damaged/``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import platform
import re
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from xstilts.catalogue.errors import Problem, nearest
from xstilts.study import lease
from xstilts.study.job import Job, Key, from_json, key_of, to_json
from xstilts.study.manifest import Plan, plan_from_json
from xstilts.study.protocols import Places

RECORD = "record.json"
_KEY = re.compile(r"[0-9a-f]{32}")
_PACKAGES = ("xstilts", "torch", "transformers", "tokenizers", "numpy", "pyarrow")


class Store:
    """A store at ``root``; the folder is made when something is first written."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)
        self._begun: dict[Key, float] = {}

    # Finished jobs.

    def has(self, key: Key) -> bool:
        """Whether ``key`` is finished and whole: its record is there and every file has its size.

        A damaged result is moved to ``damaged/`` and counts as missing.
        """
        if not self._result(key).is_dir():
            return False
        if self.check(key) is None:
            return True
        self._set_aside(key)
        return False

    def stored(self, key: Key) -> bool:
        """Whether there is a result, without a look inside."""
        return (self._result(key) / RECORD).is_file()

    def check(self, key: Key, deep: bool = False) -> str | None:
        """What is wrong with a stored result, in one line, or None. ``deep`` reads every byte again."""
        folder = self._result(key)
        record = _read_json(folder / RECORD)
        if not isinstance(record, dict) or not isinstance(record.get("files"), dict):
            return f"{key}: no readable record"
        for name, known in record["files"].items():
            path = folder / name
            size = path.stat().st_size if path.is_file() else None
            if size != known["bytes"]:
                found = "is missing" if size is None else f"has {size} bytes instead of {known['bytes']}"
                return f"{key}: {name} {found}"
            if deep and _sha256(path) != known["sha256"]:
                return f"{key}: {name} has other content than was written"
        return None

    def folder(self, key: Key) -> Path:
        """The files of a finished job. Raises ``Problem`` if it is not finished."""
        if not self.has(key):
            raise Problem(f"job {key} is not in the store '{self.root}': run the study again")
        return self._result(key)

    def record(self, key: Key) -> dict[str, Any]:
        """The record of a finished job: kind, job, files, seconds, versions and what the job added."""
        found: dict[str, Any] = json.loads((self.folder(key) / RECORD).read_bytes())
        return found

    def keys(self) -> list[Key]:
        """The keys of all results, whole or not."""
        return sorted(path.name for path in self.root.glob("results/??/*") if _KEY.fullmatch(path.name))

    @contextlib.contextmanager
    def writing(self, key: Key) -> Iterator[tuple[Path, dict[str, Any]]]:
        """A fresh folder to write the result of a submitted job into, and a table of what its record should add.

        On leaving, files are synced, the record is written last and the folder is renamed into place; after an
        exception nothing is kept. If another process finished the same job first, its result stays. The record's
        ``seconds`` count from the last ``job(key)`` of this process.
        """
        job, _ = self._job(key)
        aside = self.root / "aside" / f"{key}-{uuid.uuid4().hex}"
        aside.mkdir(parents=True)
        extra: dict[str, Any] = {}
        try:
            yield aside, extra
            files = {path: path.relative_to(aside).as_posix() for path in sorted(aside.rglob("*")) if path.is_file()}
            record = {
                "key": key,
                "kind": to_json(job)["kind"],
                "job": to_json(job),
                "files": {
                    name: {"bytes": path.stat().st_size, "sha256": _sha256(path)} for path, name in files.items()
                },
                "finished": time.time(),
                "seconds": time.time() - self._begun.get(key, aside.stat().st_mtime),
                "versions": _versions(),
                **_plain(extra),
            }
            for path in files:
                _sync(path)
            _write(aside / RECORD, _dumps(record))
            for folder in {path.parent for path in files} | {aside}:
                _sync(folder)
            self._place(key, aside)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        self._tidy(key)

    def _place(self, key: Key, aside: Path) -> None:
        place = self._result(key)
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            aside.rename(place)
        except OSError:
            if not place.is_dir():
                raise
            if self.check(key) is not None:
                self._set_aside(key)
                aside.rename(place)
        _sync(place.parent)

    def _set_aside(self, key: Key) -> None:
        target = self.root / "damaged" / f"{key}-{uuid.uuid4().hex[:8]}"
        target.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            self._result(key).rename(target)

    def _result(self, key: Key) -> Path:
        return self.root / "results" / self._checked(key)[:2] / key

    @staticmethod
    def _checked(key: Key) -> Key:
        if not _KEY.fullmatch(key):
            raise Problem(f"'{key}' is no job's key: a key has 32 of the digits 0-9a-f")
        return key

    # Jobs to be done.

    def submit(self, job: Job, places: Places) -> Key:
        """Note a job and where it finds things; its key."""
        key = key_of(job)
        path = self.root / "jobs" / f"{key}.json"
        content = _dumps({"job": to_json(job), "places": _plain(vars(places))})
        if not path.is_file() or path.read_bytes() != content:
            _replace(path, content, synced=False)
        return key

    def job(self, key: Key) -> tuple[Job, Places]:
        """The job that was submitted under ``key``. Raises ``Problem`` where there is none or it can not be read."""
        self._begun[key] = time.time()
        return self._job(key)

    def _job(self, key: Key) -> tuple[Job, Places]:
        content = _read_json(self.root / "jobs" / f"{self._checked(key)}.json")
        if content is None:
            raise Problem(f"no job {key} in the store '{self.root}': plan its study first with: xstilts run STUDY")
        try:
            job, places = from_json(content["job"]), Places(**content["places"])
        except (TypeError, KeyError) as error:
            raise Problem(f"job {key} was written by another version ({error}): run its study again") from None
        if key_of(job) != key:
            raise Problem(f"jobs/{key}.json does not hold that job: delete the file and run its study again")
        return job, places

    # Work in progress.

    def work(self, key: Key) -> Path:
        """The folder of a job that is being done, made if need be."""
        folder = self.root / "work" / self._checked(key)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def progress(self, key: Key) -> dict[str, Any] | None:
        """What the job last said about itself (``done``, ``total``, ...), or None."""
        found = _read_json(self.root / "work" / self._checked(key) / "progress.json")
        return found if isinstance(found, dict) else None

    def fail(self, key: Key, reason: str) -> None:
        """Note why a job failed."""
        _replace(self.work(key) / "failure.json", _dumps({"reason": reason, "at": time.time()}), synced=False)

    def failure(self, key: Key) -> str | None:
        """Why the job failed, or None."""
        found = _read_json(self.root / "work" / self._checked(key) / "failure.json")
        return None if found is None else str(found.get("reason"))

    def clear_failure(self, key: Key) -> None:
        """Forget an earlier failure."""
        (self.root / "work" / self._checked(key) / "failure.json").unlink(missing_ok=True)

    def lease(self, key: Key) -> lease.Lease | None:
        """The right to work on ``key``; None where another process has it. Keep it fresh with ``lease.kept``."""
        return lease.acquire(self.work(key) / "lease")

    def held(self, key: Key) -> bool:
        """Whether a living process works on ``key``."""
        return lease.holder(self.root / "work" / self._checked(key) / "lease") is not None

    def _tidy(self, key: Key) -> None:
        """Remove what a finished job needs no more: all of its work folder but the log and the lease."""
        for path in (self.root / "work" / key).glob("*"):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != "log" and not path.name.startswith("lease"):
                path.unlink(missing_ok=True)

    # Studies.

    def remember(self, plan: Plan) -> None:
        """Keep the plan, so that status and results need neither the study file nor the data."""
        _replace(self.root / "studies" / f"{plan.name}.json", _dumps(plan.to_json()))

    def plan(self, name: str) -> Plan:
        """The plan of ``study@level`` as it was last run. Raises ``Problem`` with the nearest name."""
        known = self.studies()
        if name not in known:
            hint = nearest(name, known) or f" (it has {', '.join(known) or 'none'})"
            raise Problem(f"the store '{self.root}' has no study '{name}'{hint}")
        try:
            return plan_from_json(_read_json(self.root / "studies" / f"{name}.json"))
        except (TypeError, KeyError) as error:
            raise Problem(
                f"the plan of '{name}' was written by another version ({error}): run the study again"
            ) from None

    def studies(self) -> list[str]:
        """The studies that were run into this store, as ``study@level``."""
        return sorted(path.stem for path in self.root.glob("studies/*.json"))


def _read_json(path: Path) -> Any:
    """The content, or None where the file is missing or damaged."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def _dumps(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _plain(value: Any) -> Any:
    """``value`` as JSON can hold it: numbers of array libraries as numbers, what is not finite as null."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return _plain(value.item()) if hasattr(value, "item") else str(value)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    _sync(path)


def _replace(path: Path, content: bytes, synced: bool = True) -> None:
    """Write ``path`` whole: aside, synced (where it can not simply be written again), renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        aside.write_bytes(content)
        if synced:
            _sync(aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@cache
def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found
