"""Rows from the hub: Parquet files only, nothing executed, the revision always a commit.

In: a task's repository and configuration. Out: the same as from a data folder, with the files kept in the hub client's
cache. The client is imported when it is first needed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import Files, Task
from xstilts.data.load import Loaded
from xstilts.data.source import Contents, Located, candidates, check_asked, read_located

CONVERTED = "refs/convert/parquet"  # the hub's own conversion of sets in other formats


class Hub:
    """Data sets of the hub. ``cache`` is the folder for downloads, None for the client's own.

    A set whose task names no revision is read at its newest commit, resolved once and kept in ``revisions``. Where a
    repository holds no Parquet for a configuration, the hub's conversion is read instead. ``unreachable`` holds the
    reason, by repository, where the hub did not answer; ``languages`` then knows none.
    """

    def __init__(self, cache: Path | None = None, endpoint: str | None = None) -> None:
        self.cache = cache
        self.endpoint = endpoint
        self.revisions: dict[str, str] = {}
        self.unreachable: dict[str, str] = {}
        self._listings: dict[tuple[str, str], tuple[str, tuple[str, ...]] | None] = {}
        self._contents = Contents()

    def languages(self, task: Task, split: str) -> tuple[str, ...]:
        try:
            return tuple(code for code in task.languages_of(split) if self._find(task, split, code))
        except Problem:
            return ()

    def rows_of(self, task: Task, split: str, language: str) -> tuple[int, str]:
        return self._contents.rows_of(task, split, self._located(task, split, language))

    def read(self, task: Task, split: str, language: str) -> pa.Table:
        return self.load(task, split, language).rows

    def load(self, task: Task, split: str, language: str) -> Loaded:
        """The rows, and how many were left out for which reason."""
        return read_located(task, split, self._located(task, split, language))

    def _find(self, task: Task, split: str, language: str) -> tuple[Files, list[str], list[str]] | None:
        """The files that hold these rows: with the commit as revision, and their paths in the repository."""
        for files in candidates(task, split, language):
            if "/" not in files.repository or files.repository.startswith(("/", ".", "~")):
                continue  # not on a hub
            for revision in (files.revision,) if files.revision else ("main", CONVERTED):
                listing = self._listing(files.repository, revision)
                if listing is None:
                    continue
                commit, names = listing
                paths = [
                    path for config in files.configs_of(language) for path in parquet_of(names, config, files.split)
                ]
                other = parquet_of(names, files.join[0], files.split) if files.join else []
                if paths and (other or not files.join):
                    self.revisions[files.repository] = commit
                    return replace(files, revision=commit), paths, other
        return None

    def _located(self, task: Task, split: str, language: str) -> Located:
        check_asked(task, split, language)
        found = self._find(task, split, language)
        if found is None:
            repository = task.splits[split].repository
            raise Problem(
                f"no Parquet files of '{task.name}' ({split}, {language}) on the hub in '{repository}': "
                "name a data folder that holds them with --data DIR"
            )
        files, paths, other = found
        return files, self._fetched(files, paths), self._fetched(files, other)

    def _listing(self, repository: str, revision: str) -> tuple[str, tuple[str, ...]] | None:
        """The commit behind ``revision`` and the names of its files; None where there is no such revision."""
        asked = (repository, revision)
        if asked not in self._listings:
            self._listings[asked] = self._ask(repository, revision)
        return self._listings[asked]

    def _ask(self, repository: str, revision: str) -> tuple[str, tuple[str, ...]] | None:
        client = _client()
        try:
            info = client.HfApi(endpoint=self.endpoint).dataset_info(repository, revision=revision)
        except client.errors.RevisionNotFoundError:
            return None
        except Exception as error:  # the client lets through errors of whatever carries its requests
            self.unreachable[repository] = str(error).split("\n")[0]
            raise self._failed(repository, error) from error
        return str(info.sha), tuple(file.rfilename for file in info.siblings or ())

    def _fetched(self, files: Files, names: Sequence[str]) -> tuple[Path, ...]:
        client = _client()
        try:
            return tuple(
                Path(
                    client.hf_hub_download(
                        files.repository,
                        name,
                        repo_type="dataset",
                        revision=files.revision,
                        cache_dir=self.cache,
                        endpoint=self.endpoint,
                    )
                )
                for name in names
            )
        except Exception as error:  # as above
            raise self._failed(files.repository, error) from error

    def _failed(self, repository: str, error: Exception) -> Problem:
        reason = str(error).split("\n")[0]
        return Problem(
            f"the hub did not give the data set '{repository}' ({type(error).__name__}: {reason}): check name, "
            "connection and access, or name a data folder with --data DIR"
        )


def parquet_of(names: Sequence[str], config: str, split: str) -> list[str]:
    """Those of a repository's ``names`` that hold ``split`` of ``config``, pieces in order.

    Known layouts: ``CONFIG/SPLIT.parquet``, ``CONFIG/SPLIT-00000-of-00002.parquet`` (with or without a hash),
    ``CONFIG/SPLIT/0000.parquet``, each also under ``data/``; for a set's only configuration also without ``CONFIG/``.
    """
    piece = re.escape(split) + r"(?:-\d+-of-\d+(?:-[0-9a-f]+)?|/\d+)?\.parquet"
    named = re.compile(rf"(?:data/)?{re.escape(config)}/{piece}")
    found = sorted(name for name in names if named.fullmatch(name))
    only = all(re.match(r"(?:data/)?[^/]+$", name) for name in names if name.endswith(".parquet"))
    if not found and only:
        plain = re.compile(rf"(?:data/)?{piece}")
        found = sorted(name for name in names if plain.fullmatch(name))
    return found


def _client() -> Any:
    try:
        import huggingface_hub
    except ImportError as error:
        raise Problem(
            "reading from the hub needs the package huggingface-hub: install it, or use --data DIR"
        ) from error
    return huggingface_hub
