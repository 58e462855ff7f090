"""What a data set of the hub holds at one commit, and which of its files are a split of a configuration.

In: what the hub says of a repository (file names, sizes, digests, the card). Out: ``Listing``, plain enough to be kept
as JSON, since a commit never changes; and the files of one split, found as the card says or else by their names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from xstilts.catalogue.sealed import replace

# Rows are read from these alone; nothing else of a repository is ever downloaded.
READABLE = ("parquet", "jsonl", "json", "csv")


@dataclass(frozen=True)
class Stored:
    """One file: its size in bytes and, where the hub says it, the SHA-256 of its content (64 hex digits)."""

    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Listing:
    """A repository at ``commit``. ``configs`` maps configuration and split to patterns of file names, ``rows`` to the
    number of rows that the card states, ``columns`` configuration to the names of its columns. ``gated``: everyone may
    list the files, and not everyone gets them."""

    commit: str
    files: Mapping[str, Stored]
    configs: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    gated: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that ``listing_from_json`` reads."""
        return asdict(self)

    def split_files(self, config: str, split: str) -> list[str]:
        """The names of the files that hold ``split`` of ``config``, pieces in order; empty if there are none.

        The card decides where it says something of this split; else the names do (``named``).
        """
        patterns = self.configs.get(config, {}).get(split)
        if patterns is None:
            return named(self.files, config, split)
        found = [name for pattern in patterns for name in sorted(self.files) if _glob(pattern).fullmatch(name)]
        return [name for name in dict.fromkeys(found) if name.rsplit(".", 1)[-1] in READABLE]


def listing_from_json(value: Mapping[str, Any]) -> Listing:
    """The listing that ``Listing.to_json`` wrote. Raises ``KeyError`` or ``TypeError`` where it is none."""
    files = {name: Stored(**stored) for name, stored in value["files"].items()}
    return Listing(**{**value, "files": files})


def keep_listing(folder: Path, repository: str, revision: str, listing: Listing) -> None:
    """Keep ``listing`` in ``folder`` as what ``revision`` (a commit or a branch) of ``repository`` was last seen to
    be."""
    content = json.dumps(listing.to_json(), ensure_ascii=False).encode()
    replace(_place(folder, repository, revision), content, synced=False)


def kept_listing(folder: Path | None, repository: str, revision: str) -> Listing | None:
    """What ``keep_listing`` kept; None where nothing is, or where another version wrote it."""
    try:
        return listing_from_json(json.loads(_place(folder, repository, revision).read_bytes())) if folder else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _place(folder: Path, repository: str, revision: str) -> Path:
    return folder / quote(repository, safe="") / f"{quote(revision, safe='')}.json"


def listing_of(commit: str, files: Mapping[str, Stored], card: Mapping[str, Any], gated: bool = False) -> Listing:
    """A listing from the hub's answer; ``card`` is the metadata at the top of the repository's README."""
    configs = {}
    for entry in _tables(card.get("configs")):
        data = entry.get("data_files")
        folder = str(entry.get("data_dir") or "").strip("/")
        by_split = _by_split(data, f"{folder}/" if folder else "")
        if by_split:
            configs[str(entry.get("config_name", "default"))] = by_split
    rows, columns = {}, {}
    for entry in _tables(card.get("dataset_info")):
        name = str(entry.get("config_name", "default"))
        splits = _tables(entry.get("splits"))
        rows[name] = {
            str(split["name"]): int(split["num_examples"]) for split in splits if {"name", "num_examples"} <= {*split}
        }
        columns[name] = [str(feature["name"]) for feature in _tables(entry.get("features")) if "name" in feature]
    return Listing(commit, files, configs, rows, columns, gated)


def named(names: Iterable[str], config: str, split: str) -> list[str]:
    """Those of a repository's ``names`` that hold ``split`` of ``config``, pieces in order.

    Known layouts: ``CONFIG/SPLIT.parquet``, ``CONFIG/SPLIT-00000-of-00002.parquet`` (with or without a hash),
    ``CONFIG/SPLIT/0000.parquet``, each also under ``data/``; for a set's only configuration also without ``CONFIG/``.
    Of several formats the first of ``READABLE`` counts.
    """
    for ending in READABLE:
        piece = re.escape(split) + r"(?:-\d+-of-\d+(?:-[0-9a-f]+)?|/\d+)?\." + ending
        within = re.compile(rf"(?:data/)?{re.escape(config)}/{piece}")
        found = sorted(name for name in names if within.fullmatch(name))
        only = all(re.match(r"(?:data/)?[^/]+$", name) for name in names if name.endswith(f".{ending}"))
        if not found and only:
            plain = re.compile(rf"(?:data/)?{piece}")
            found = sorted(name for name in names if plain.fullmatch(name))
        if found:
            return found
    return []


def _by_split(data: object, folder: str) -> dict[str, list[str]]:
    """Split to patterns; files that belong to no named split are training data, as on the hub."""
    found: dict[str, list[str]] = {}
    entries = data if isinstance(data, list) else [data]
    for entry in entries:
        split, path = ("train", entry) if not isinstance(entry, Mapping) else (entry.get("split"), entry.get("path"))
        paths = path if isinstance(path, list) else [path]
        found.setdefault(str(split), []).extend(folder + each for each in paths if isinstance(each, str))
    return {split: patterns for split, patterns in found.items() if patterns}


def _glob(pattern: str) -> re.Pattern[str]:
    """``*`` stands for anything within a folder, ``**`` for anything, ``**/`` for any folders or none."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    said = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(said.get(part, re.escape(part)) for part in parts))


def _tables(value: object) -> list[Mapping[str, Any]]:
    """A card may hold one table where several are meant."""
    found = value if isinstance(value, list) else [value]
    return [entry for entry in found if isinstance(entry, Mapping)]
