"""Looking after a store: is everything as it was written, what takes the room, what can go, two stores into one.

In: a ``Store``. Out: what is wrong or was done, as values; nothing is printed. Nothing here is needed for a run: damage
is found when a result is used, too.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.sealed import dumps, is_sealed, read_json, replace, sealed
from xstilts.study.job import Key
from xstilts.study.store import FORMAT, RECORD, Store

LEFT = 24 * 3600.0  # seconds after which a half-written result belongs to nobody


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be. ``kind``: ``damaged`` (never used; done again by the next run),
    ``foreign`` (not written by xstilts), ``left`` (of a process that is gone), ``old`` (without a seal: format 1)."""

    kind: str
    what: str
    path: Path
    key: Key | None = None


def examine(store: Store, told: Callable[[int, int], None] = lambda done, total: None) -> Iterator[Finding]:
    """Read every byte of every result, every plan and every note of a job; ``told`` hears how far it is."""
    keys = store.keys()
    known = {store.place(key) for key in keys}
    for number, key in enumerate(keys):
        told(number, len(keys))
        yield from _of_result(store, key)
    told(len(keys), len(keys))
    for path in sorted(store.root.glob("results/*/*")):
        if path not in known:
            yield Finding("foreign", f"'{path}' is no result", path)
    for folder in ("studies", "jobs"):
        for path in sorted(store.root.glob(f"{folder}/*.json")):
            if store.read(path) is None:
                yield Finding("damaged", f"'{path}' is not as it was written", path)
    for path in sorted(store.root.glob("aside/*")):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > LEFT:
                yield Finding("left", f"'{path}' was never finished", path)
    for path in sorted(store.root.glob("*/.*")):
        yield Finding("left", f"'{path}' was never finished", path)


def _of_result(store: Store, key: Key) -> Iterator[Finding]:
    place = store.place(key)
    wrong = store.check(key, deep=True)
    if wrong is not None:
        yield Finding("damaged", wrong, place, key)
        return
    if not is_sealed(place / RECORD):
        yield Finding("old", f"{key}: {RECORD} has no seal", place / RECORD, key)
    files = {place / name for name in store.record(key)["files"]} | {place / RECORD}
    for path in sorted(place.rglob("*")):
        if path not in files and not path.is_dir():
            yield Finding("foreign", f"'{path}' does not belong to the result", path)


def repair(store: Store, findings: Iterable[Finding]) -> None:
    """Move what is damaged to ``damaged/``, remove what is left over, and seal old records; foreign files stay."""
    for found in findings:
        if found.kind == "damaged" and found.key is not None:
            store.set_aside(found.key)
        elif found.kind in ("damaged", "left"):
            shutil.rmtree(found.path) if found.path.is_dir() else found.path.unlink(missing_ok=True)
        elif found.kind == "old":
            replace(found.path, sealed(read_json(found.path)))
    if store.format < FORMAT:
        for path in store.root.glob("studies/*.json"):
            if not is_sealed(path) and (content := read_json(path)):
                replace(path, sealed(content))
        for path in store.root.glob("jobs/*.json"):
            if not is_sealed(path):
                path.unlink()  # written again by the next run
        replace(store.root / "store.json", dumps({"format": FORMAT}))


def sizes(store: Store) -> dict[str, int]:
    """Bytes of the store by what they are for: weights, predictions, scores, ..., each once."""
    found: dict[str, int] = {}
    keys = store.keys()
    for key in keys:
        record = store.read(store.place(key) / RECORD) or {}
        job = record.get("job") or {}
        kind = f"{job['phase']} weights" if "phase" in job else f"{record.get('kind', 'unreadable')} results"
        found[kind] = found.get(kind, 0) + _bytes(store.place(key))
    for name, kind in (
        ("work", "checkpoints and logs"),
        ("damaged", "damaged"),
        ("aside", "being written"),
        ("jobs", "notes of jobs"),
        ("studies", "plans"),
    ):
        if size := _bytes(store.root / name):
            found[kind] = size
    return found


@dataclass(frozen=True)
class Surplus:
    """What can go: whole results, weights of results whose records stay, and folders. ``bytes`` of all of them."""

    results: tuple[Key, ...]
    weights: tuple[Key, ...]
    folders: tuple[Path, ...]
    bytes: int


def surplus(store: Store, weights: str = "", unused: bool = False) -> Surplus:
    """What nothing needs: damaged results, work of finished jobs; with ``weights`` (``target`` or ``all``) those that
    no open job of a study in the store needs; with ``unused`` the results that no study in the store names.

    Raises ``Problem`` where a plan can not be read: what it needs is not known then.
    """
    plans = [store.plan(name) for name in store.studies()]
    named = {key for plan in plans for key in plan.jobs}
    stored = store.keys()
    keys = [key for key in stored if store.check(key) is None]
    results = tuple(key for key in keys if unused and key not in named)
    done = set(keys)
    wanted = {needed for plan in plans for key in plan.jobs if key not in done for needed in plan.needs(key)}
    light = tuple(
        key
        for key in keys
        if weights and key in named and key not in wanted and _prunable(store, key, weights) and not store.pruned(key)
    )
    folders = [*store.root.glob("damaged/*"), *(store.root / "work" / key for key in keys)]
    kept = tuple(path for path in folders if path.exists() and not store.held(path.name[:32]))
    size = sum(map(_bytes, [*map(store.place, results), *kept]))
    size += sum(known["bytes"] for key in light for known in _weights(store, key).values())
    return Surplus(results, light, kept, size)


def prune(store: Store, found: Surplus) -> None:
    """Remove ``found``. A result that loses its weights says so, and is done again when something needs them."""
    for key in found.results:
        store.drop(key)
    for key in found.weights:
        place, record = store.place(key), store.record(key)
        gone = _weights(store, key)
        record["files"] = {name: known for name, known in record["files"].items() if name not in gone}
        record["pruned"] = gone
        replace(place / RECORD, sealed(record))
        for name in gone:
            (place / name).unlink(missing_ok=True)
    for path in found.folders:
        shutil.rmtree(path, ignore_errors=True)


@dataclass(frozen=True)
class Merged:
    """What ``merge`` did: results ``copied``, ``there`` before, ``damaged`` in the other store, and studies."""

    copied: int
    there: int
    damaged: tuple[str, ...]
    studies: tuple[str, ...]
    studies_kept: tuple[str, ...]


def merge(store: Store, other: Store, told: Callable[[int, int], None] = lambda done, total: None) -> Merged:
    """Copy every whole result of ``other`` that ``store`` lacks, and its studies. Of a study that both have,
    ``store``'s own plan stays."""
    if other.root.resolve() == store.root.resolve():
        raise Problem(f"'{other.root}' is this store itself: name another one")
    copied = there = 0
    damaged = []
    keys = other.keys()
    for number, key in enumerate(keys):
        told(number, len(keys))
        if store.has(key) and not (store.pruned(key) and not other.pruned(key)):
            there += 1
            continue
        wrong = other.check(key, deep=True)
        if wrong is not None:
            damaged.append(wrong)
            continue
        store.drop(key)
        store.adopt(key, other.place(key), other.record(key))
        copied += 1
    told(len(keys), len(keys))
    theirs = other.studies()
    kept = tuple(name for name in theirs if name in store.studies())
    for name in theirs:
        if name not in kept:
            store.remember(other.plan(name))
    return Merged(copied, there, tuple(damaged), tuple(set(theirs) - set(kept)), kept)


def _prunable(store: Store, key: Key, weights: str) -> bool:
    job = store.record(key)["job"]
    return "phase" in job and (weights == "all" or job["phase"] == "target")


def _weights(store: Store, key: Key) -> dict[str, dict[str, int]]:
    files: dict[str, dict[str, int]] = store.record(key)["files"]
    return {name: known for name, known in files.items() if name.endswith(".safetensors")}


def _bytes(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
