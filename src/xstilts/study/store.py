"""The folder that keeps every finished job, found by key.

In: jobs, and the folders of files that they wrote. Out: results that appear whole or not at all, and are never used
when they are not what was written. Layout: ``store.json`` (the format), ``results/<2 digits>/<key>/`` (files,
``record.json`` last), ``jobs/<key>.json`` (what is to be done), ``work/<key>/`` (checkpoint, progress, log, failure,
lease), ``studies/<name>@<level>.json``, ``aside/`` (being written), ``damaged/``.
"""

from __future__ import annotations

import contextlib
import platform
import re
import shutil
import time
import uuid
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.sealed import dumps, plain, read_json, read_sealed, replace, sealed, sha256, sync, write
from xstilts.study import lease
from xstilts.study.job import Job, Key, from_json, key_of, to_json
from xstilts.study.manifest import Plan, plan_from_json
from xstilts.study.protocols import Places

RECORD = "record.json"
# Format 1 had no seals: its files are checked, but nothing tells whether a record has changed. ``repair`` adds them.
FORMAT = 2
_KEY = re.compile(r"[0-9a-f]{32}")
_PACKAGES = ("xstilts", "torch", "transformers", "tokenizers", "numpy", "pyarrow")


class Damaged(Problem):
    """A stored result is not what was written; it has been moved to ``damaged/``."""


class Store:
    """A store at ``root``; the folder is made when something is first written. Raises ``Problem`` for one of a later
    format."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)
        self._begun: dict[Key, float] = {}
        self._checked_deep: set[Key] = set()
        self.format = self._format()

    def _format(self) -> int:
        path = self.root / "store.json"
        # Another process may be making this store: it writes the file, whole, before the first result. So ask in the
        # opposite order.
        filled = (self.root / "results").is_dir()
        if not path.exists():
            return 1 if filled else FORMAT
        found = read_json(path)
        said = found.get("format") if isinstance(found, dict) else None
        if not isinstance(said, int):
            raise Problem(f"'{path}' does not say the store's format: write {{\"format\": {FORMAT}}} into it")
        if said > FORMAT:
            raise Problem(
                f"the store '{self.root}' has format {said}, that of a later xstilts; this one reads up to {FORMAT}: "
                "update xstilts, or take another store"
            )
        return said

    def read(self, path: Path) -> dict[str, Any] | None:
        """A file of this store that bears a seal, or None where it is not as it was written."""
        return read_sealed(path, required=self.format > 1)

    # Finished jobs.

    def has(self, key: Key) -> bool:
        """Whether ``key`` is finished and looks whole."""
        return self.finished(key) is not None

    def finished(self, key: Key) -> dict[str, Any] | None:
        """The record of ``key`` if it is finished and looks whole: its record is as written and every file has its
        size. A damaged result is moved to ``damaged/`` and counts as missing."""
        if not self.place(key).is_dir():
            return None
        record, wrong = self._examined(key)
        if wrong is None:
            return record
        self.set_aside(key)
        return None

    def records(self, keys: Iterable[Key]) -> dict[Key, dict[str, Any]]:
        """The records of those of ``keys`` that are ``finished``."""
        return {key: record for key in keys if (record := self.finished(key)) is not None}

    def stored(self, key: Key) -> bool:
        """Whether there is a result, without a look inside."""
        return (self.place(key) / RECORD).is_file()

    def check(self, key: Key, deep: bool = False) -> str | None:
        """What is wrong with a stored result, in one line, or None. ``deep`` reads every byte again."""
        return self._examined(key, deep)[1]

    def _examined(self, key: Key, deep: bool = False) -> tuple[dict[str, Any] | None, str | None]:
        """The record of a stored result, and what is wrong with it."""
        folder = self.place(key)
        if not folder.is_dir():
            return None, f"{key}: no result"
        record = self.read(folder / RECORD)
        if record is None:
            return None, f"{key}: {RECORD} is not as it was written"
        if record.get("key") != key or not isinstance(record.get("files"), dict):
            return record, f"{key}: {RECORD} is that of another job"
        for name, known in record["files"].items():
            path = folder / name
            size = path.stat().st_size if path.is_file() and not path.is_symlink() else None
            if size != known["bytes"]:
                found = "is missing" if size is None else f"has {size} bytes instead of {known['bytes']}"
                return record, f"{key}: {name} {found}"
            if deep and sha256(path) != known["sha256"]:
                return record, f"{key}: {name} has other content than was written"
        return record, None

    def folder(self, key: Key) -> Path:
        """The files of a finished job, every byte of them as it was written (read again once a process).

        Raises ``Problem`` if the job is not finished or its weights were pruned, ``Damaged`` if a file has changed.
        """
        if key not in self._checked_deep:
            if not self.stored(key):
                raise Problem(f"job {key} is not in the store '{self.root}': run the study again")
            wrong = self.check(key, deep=True)
            if wrong is not None:
                self.set_aside(key)
                raise Damaged(f"{wrong}; moved to '{self.root / 'damaged'}': run the study again")
            if self.pruned(key):
                raise Problem(f"the weights of job {key} were pruned from '{self.root}': run the study again")
            self._checked_deep.add(key)
        return self.place(key)

    def record(self, key: Key) -> dict[str, Any]:
        """The record of a finished job: kind, job, files, seconds, versions and what the job added. Raises as
        ``folder``."""
        found = self.read(self.place(key) / RECORD)
        if found is None or found.get("key") != key:
            if not self.stored(key):
                raise Problem(f"job {key} is not in the store '{self.root}': run the study again")
            self.set_aside(key)
            raise Damaged(
                f"{key}: {RECORD} is not as it was written; moved to '{self.root / 'damaged'}': run the study again"
            )
        return found

    def pruned(self, key: Key) -> bool:
        """Whether a finished job's weights were removed to save room; its record stays."""
        return bool((self.read(self.place(key) / RECORD) or {}).get("pruned"))

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
        self._begin()
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
                "files": {name: {"bytes": path.stat().st_size, "sha256": sha256(path)} for path, name in files.items()},
                "finished": time.time(),
                "seconds": time.time() - self._begun.get(key, aside.stat().st_mtime),
                "versions": _versions(),
                **plain(extra),
            }
            for path in files:
                sync(path)
            write(aside / RECORD, sealed(record))
            self._place(key, aside)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        self._tidy(key)

    def _place(self, key: Key, aside: Path) -> None:
        for folder in {path.parent for path in aside.rglob("*")}:
            sync(folder)
        place = self.place(key)
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            aside.rename(place)
        except OSError:
            if not place.is_dir():
                raise
            if self.check(key) is not None:
                self.set_aside(key)
                aside.rename(place)
        sync(place.parent)

    def _begin(self) -> None:
        """Say the format in a new store."""
        path = self.root / "store.json"
        if not path.exists():
            replace(path, dumps({"format": self.format}))

    def set_aside(self, key: Key) -> None:
        """Move a result to ``damaged/``, where nothing reads it."""
        self._checked_deep.discard(key)
        target = self.root / "damaged" / f"{key}-{uuid.uuid4().hex[:8]}"
        target.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            self.place(key).rename(target)

    def drop(self, key: Key) -> None:
        """Remove a result, if there is one: first out of sight in one step, then its files."""
        self._checked_deep.discard(key)
        aside = self.root / "aside" / f"{key}-{uuid.uuid4().hex}"
        aside.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            self.place(key).rename(aside)
            shutil.rmtree(aside, ignore_errors=True)

    def adopt(self, key: Key, folder: Path, record: dict[str, Any]) -> None:
        """Copy a whole result of another store."""
        self._begin()
        aside = self.root / "aside" / f"{key}-{uuid.uuid4().hex}"
        try:
            for name in record["files"]:
                (aside / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(folder / name, aside / name)
                sync(aside / name)
            aside.mkdir(parents=True, exist_ok=True)
            write(aside / RECORD, sealed(record))
            self._place(key, aside)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def place(self, key: Key) -> Path:
        """Where the result of ``key`` is, or would be."""
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
        content = sealed({"job": to_json(job), "places": plain(vars(places))})
        if not path.is_file() or path.read_bytes() != content:
            replace(path, content, synced=False)
        return key

    def job(self, key: Key) -> tuple[Job, Places]:
        """The job that was submitted under ``key``. Raises ``Problem`` where there is none or it can not be read."""
        self._begun[key] = time.time()
        return self._job(key)

    def _job(self, key: Key) -> tuple[Job, Places]:
        path = self.root / "jobs" / f"{self._checked(key)}.json"
        content = self.read(path)
        if content is None:
            what = f"'{path}' is damaged: run" if path.exists() else f"no job {key} in the store '{self.root}': plan"
            raise Problem(f"{what} its study first with: xstilts run STUDY")
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

    def log(self, key: Key) -> Path:
        """Where what the job says goes."""
        return self.root / "work" / self._checked(key) / "log"

    def progress(self, key: Key) -> dict[str, Any] | None:
        """What the job last said about itself (``done``, ``total``, ...), or None."""
        found = read_json(self.root / "work" / self._checked(key) / "progress.json")
        return found if isinstance(found, dict) else None

    def fail(self, key: Key, reason: str) -> None:
        """Note why a job failed."""
        replace(self.work(key) / "failure.json", dumps({"reason": reason, "at": time.time()}), synced=False)

    def failure(self, key: Key) -> str | None:
        """Why the job failed, or None."""
        found = read_json(self.root / "work" / self._checked(key) / "failure.json")
        return str(found.get("reason")) if isinstance(found, dict) else None

    def clear_failure(self, key: Key) -> None:
        """Forget an earlier failure."""
        (self.root / "work" / self._checked(key) / "failure.json").unlink(missing_ok=True)

    def lease(self, key: Key) -> lease.Lease | None:
        """The right to work on ``key``; None where another process has it. Keep it fresh with ``lease.kept``."""
        return lease.acquire(self.work(key) / "lease")

    def held(self, key: Key) -> bool:
        """Whether a living process works on ``key``. The lease of one that is gone is removed."""
        return self.holder(key) is not None

    def holder(self, key: Key) -> str | None:
        """The living process that works on ``key`` or has it next, None where there is none. The lease of one that is
        gone is removed."""
        path = self.root / "work" / self._checked(key) / "lease"
        holder = lease.holder(path)
        if holder is None:
            lease.clear(path)
            return None
        return f"{holder.get('host')} {holder.get('pid')}"

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
        self._begin()
        replace(self.root / "studies" / f"{plan.name}.json", sealed(plan.to_json()))

    def plan(self, name: str) -> Plan:
        """The plan of ``study@level`` as it was last run. Raises ``Problem`` with the nearest name."""
        known = self.studies()
        if name not in known:
            hint = nearest(name, known) or f" (it has {', '.join(known) or 'none'})"
            raise Problem(f"the store '{self.root}' has no study '{name}'{hint}")
        content = self.read(self.root / "studies" / f"{name}.json")
        if content is None:
            raise Problem(f"the plan of '{name}' in '{self.root}' is damaged: run the study again")
        try:
            return plan_from_json(content)
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            raise Problem(
                f"the plan of '{name}' was written by another version ({error}): run the study again"
            ) from None

    def studies(self) -> list[str]:
        """The studies that were run into this store, as ``study@level``."""
        return sorted(path.stem for path in self.root.glob("studies/*.json"))


@cache
def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found
