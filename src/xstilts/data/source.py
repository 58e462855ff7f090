"""Where rows come from: a data folder, the hub, or the first of several sources that has them.

In: a task, a split, a language. Out: which languages there are, how many rows with which checksum, and the rows. The
checksum covers the files' content and how they are read, never where they lie.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.task import Files, Task
from xstilts.data.frequent import with_labels
from xstilts.data.kept import kept
from xstilts.data.load import Loaded, load, recipe
from xstilts.data.size import mean_tokens
from xstilts.data.stated import stated
from xstilts.data.tables import SUFFIXES

Located = tuple[Files, tuple[Path, ...], tuple[Path, ...]]

OWN = ("/", "./", "../", "~")  # how a repository begins that is a folder of the user's own


class RowSource(Protocol):
    """What has rows."""

    def languages(self, task: Task, split: str, among: Collection[str] | None = None) -> tuple[str, ...]:
        """Languages whose rows are here, in the task's order; empty if none. Only those ``among`` which it is asked
        are looked for."""

    def rows_of(self, task: Task, split: str, language: str) -> tuple[int, str]:
        """Number of rows and their checksum (64 hex digits). Raises ``Problem``."""

    def located(self, task: Task, split: str, language: str) -> Located:
        """How and from which files these rows are read. Raises ``Problem``."""

    def read(self, task: Task, split: str, language: str) -> pa.Table:
        """The rows in ``data.rows.SCHEMAS[task.type]``, always in the same order. Raises ``Problem``."""


class Folder:
    """A data folder: ``root/<repository's name>/<config>/<split>.parquet``, also ``.jsonl`` and ``.csv``.

    A repository that starts with ``/``, ``./``, ``../`` or ``~`` is a folder itself; relative ones, and ``Files.path``,
    start at ``base``. Without a ``root`` only these are there. Split files may be cut as on the hub
    (``train-00000-of-00002.parquet``).
    """

    def __init__(self, root: Path | None, base: Path = Path(), contents: Contents | None = None) -> None:
        self.root = root
        self.base = base
        self.contents = contents or Contents()

    def languages(self, task: Task, split: str, among: Collection[str] | None = None) -> tuple[str, ...]:
        wanted = (code for code in task.languages_of(split) if among is None or code in among)
        return tuple(code for code in wanted if self.has(task, split, code))

    def has(self, task: Task, split: str, language: str) -> bool:
        """Whether these rows are here."""
        return self._find(task, split, language) is not None

    def rows_of(self, task: Task, split: str, language: str) -> tuple[int, str]:
        return self.contents.rows_of(task, split, language, self.located(task, split, language))

    def read(self, task: Task, split: str, language: str) -> pa.Table:
        return self.load(task, split, language).rows

    def load(self, task: Task, split: str, language: str) -> Loaded:
        """The rows, and how many were left out for which reason."""
        return read_located(task, split, self.located(task, split, language))

    def stated(self, task: Task, split: str, language: str) -> str:
        """What the folder says of the files that hold these rows; nothing where it says nothing or has none."""
        if (found := self._find(task, split, language)) is None or self.root is None:
            return ""
        places = (path.relative_to(self.root).parts for path in found[1] if path.is_relative_to(self.root))
        names = ((place[0], "/".join(place[1:-1]), found[0].split) for place in places)
        return "; ".join(dict.fromkeys(self._notes[name] for name in names if name in self._notes))

    @cached_property
    def _notes(self) -> Mapping[tuple[str, str, str], str]:
        return stated(self.root) if self.root else {}

    def files(self, task: Task, split: str, language: str) -> tuple[Path, ...]:
        """The files that hold these rows, without those they are joined with."""
        return self.located(task, split, language)[1]

    def _find(self, task: Task, split: str, language: str) -> Located | None:
        for files in task.candidates(split, language):
            if files.path:
                if (path := self.own_file(files, language)).is_file():
                    return files, (path,), ()
                continue
            if (folder := self._folder(files)) is None:
                continue
            paths = [path for config in files.configs_of(language) for path in _shards(folder / config, files.split)]
            other = _shards(folder / files.join[0], files.split) if files.join else ()
            if paths and (other or not files.join):
                return files, tuple(paths), tuple(other)
        return None

    def own_file(self, files: Files, language: str) -> Path:
        """The file that ``files.path`` names for ``language``."""
        return self.base / Path(files.path.format(language=files.names.get(language, language))).expanduser()

    def _folder(self, files: Files) -> Path | None:
        if files.repository.startswith(OWN):
            return self.base / Path(files.repository).expanduser()
        return self.root / files.folder if self.root else None

    def located(self, task: Task, split: str, language: str) -> Located:
        """How and from which files these rows are read. Raises ``Problem`` where they are not here."""
        check_asked(task, split, language)
        if found := self._find(task, split, language):
            return found
        files = task.splits[split]
        folder = self._folder(files)
        if files.path or folder is None:
            lacking = (
                f"no file {self.own_file(files, language)}" if files.path else "no data folder is named (--data DIR)"
            )
            raise Problem(f"no rows of '{task.name}' ({split}, {language}): {lacking}")
        wanted = folder / files.configs_of(language)[0] / f"{files.split}.parquet"
        raise Problem(
            f"no rows of '{task.name}' ({split}, {language}) in {self.root}: expected {wanted}. "
            f"{task.to_get or f'see: xstilts data check {task.name}'}"
        )


class Sources:
    """Several sources as one: each language's rows come from the first source that has them."""

    def __init__(self, sources: Sequence[RowSource]) -> None:
        self.sources = tuple(sources)
        self._known: dict[tuple[str, str, str], RowSource | None] = {}
        self._settled: dict[str, Task] = {}

    def languages(self, task: Task, split: str, among: Collection[str] | None = None) -> tuple[str, ...]:
        """As of one source; a later one is asked only for what the earlier ones lack."""
        wanted = [code for code in task.languages_of(split) if among is None or code in among]
        return tuple(code for code in wanted if self._having(task, split, code))

    def rows_of(self, task: Task, split: str, language: str) -> tuple[int, str]:
        return self._first(task, split, language).rows_of(task, split, language)

    def read(self, task: Task, split: str, language: str) -> pa.Table:
        return self._first(task, split, language).read(task, split, language)

    def settled(self, task: Task) -> Task:
        """``task`` with its labels, where these are found in its training rows and these are here."""
        if not task.common or task.labels or not self.languages(task, "train", (task.train_language,)):
            return task
        if task.name not in self._settled:
            files, paths, _ = self._first(task, "train", task.train_language).located(
                task, "train", task.train_language
            )
            self._settled[task.name] = with_labels(task, files, paths)
        return self._settled[task.name]

    def _having(self, task: Task, split: str, language: str) -> RowSource | None:
        asked = (task.name, split, language)
        if asked not in self._known:
            having = (source for source in self.sources if source.languages(task, split, (language,)))
            self._known[asked] = next(having, None)
        return self._known[asked]

    def _first(self, task: Task, split: str, language: str) -> RowSource:
        check_asked(task, split, language)
        if source := self._having(task, split, language):
            return source
        if not self.sources:
            raise Problem(f"no data for '{task.name}': name a data folder with --data DIR or XSTILTS_DATA")
        problems: list[str] = []
        for source in self.sources:
            try:
                source.rows_of(task, split, language)
            except Problem as problem:
                problems += problem.problems
        raise Problem(*problems)


class Contents:
    """Counts, sizes and checksums, worked out once a process for each file as it is (path, size, time of change).

    ``kept``: a folder for what is known by checksum, so that a later process need not read all rows to count them. Only
    rows without a mistake are counted, so that a mistake is found each time. ``tokens``: guessed means of a row, by
    checksum, of what has been counted.
    """

    def __init__(self, kept: Path | None = None) -> None:
        self.kept = kept
        self.left_out: dict[tuple[str, str, str], str] = {}
        self._files: dict[tuple[str, int, int], str] = {}
        self.tokens: dict[str, float] = {}
        self._rows: dict[str, tuple[int, str]] = {}

    def rows_of(self, task: Task, split: str, language: str, located: Located) -> tuple[int, str]:
        """Rows and checksum; what is left out is added to ``left_out`` by task, split, language."""
        files, paths, other = located
        digests, others = ([self.digest(path) for path in found] for found in (paths, other))
        checksum = self.checksum(task, split, files, digests, others)
        if checksum not in self._rows:
            self._rows[checksum] = self._counted(checksum, task, split, located)
        count, less = self._rows[checksum]
        if less:
            self.left_out[task.name, split, language] = f"{count:,} rows used, {less}"
        return count, checksum

    def _counted(self, checksum: str, task: Task, split: str, located: Located) -> tuple[int, str]:
        def count() -> tuple[int, str, float]:
            loaded = read_located(task, split, located)
            return loaded.rows.num_rows, described(loaded), mean_tokens(loaded.rows, task.type)

        if self.kept is None:
            rows, less, self.tokens[checksum] = count()
            return rows, less
        folder = kept(
            self.kept / checksum, lambda place: (place / "count.json").write_text(json.dumps(count()), encoding="utf-8")
        )
        rows, less, self.tokens[checksum] = json.loads((folder / "count.json").read_text(encoding="utf-8"))
        return rows, less

    @staticmethod
    def checksum(task: Task, split: str, files: Files, digests: Sequence[str], other: Sequence[str]) -> str:
        """The checksum of files whose ``digests`` (and ``other``, those of the files to join with) are known."""
        said = {"files": list(digests), "other": list(other), "recipe": recipe(task, files, split)}
        text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def digest(self, path: Path) -> str:
        """A file's suffix and SHA-256, worked out once."""
        state = path.stat()
        known = (str(path), state.st_size, state.st_mtime_ns)
        if known not in self._files:
            with path.open("rb") as content:
                # The suffix is part of what a file says: the same bytes as CSV and as JSONL are different rows.
                self._files[known] = path.suffix + hashlib.file_digest(content, "sha256").hexdigest()
        return self._files[known]


def check_asked(task: Task, split: str, language: str) -> None:
    """Raises ``Problem`` if the task has no such split, or the split no such language."""
    if split not in task.splits:
        have = ", ".join(task.splits)
        raise Problem(f"task '{task.name}' has no split '{split}'{nearest(split, task.splits) or '.'} it has: {have}")
    if language not in task.languages_of(split):
        have = " ".join(task.languages_of(split))
        raise Problem(f"task '{task.name}' has no language '{language}' in its split '{split}'; it has: {have}")


def read_located(task: Task, split: str, located: Located) -> Loaded:
    """The rows in files that have been found."""
    files, paths, other = located
    return load(paths, other, task, files, split)


def _shards(folder: Path, split: str) -> tuple[Path, ...]:
    """``split`` in ``folder``: one file, or the numbered pieces of one in their order."""
    for suffix in SUFFIXES:
        if (path := folder / f"{split}{suffix}").is_file():
            return (path,)
    return tuple(sorted(folder.glob(f"{split}-[0-9]*-of-[0-9]*.parquet")))


def described(loaded: Loaded) -> str:
    """``"left out: 3 with no label, 1 with blank text"``, ``"kept: 2 with ..."``, both, or nothing."""
    said = {"left out": loaded.left_out, "kept": loaded.kept}
    texts = {
        verb: ", ".join(f"{count} with {reason}" for reason, count in counts.items()) for verb, counts in said.items()
    }
    return "; ".join(f"{verb}: {text}" for verb, text in texts.items() if text)
