"""Where rows come from on this machine: the constructed languages, a data folder, the hub, in this order.

In: ``Places``. Out: one ``Source`` that also reads rows. Torch is not imported here, so planning uses it too.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import platformdirs
import pyarrow as pa

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.find import get_task, task_from_table
from xstilts.catalogue.task import Task
from xstilts.data.source import Folder
from xstilts.study.job import Rows
from xstilts.study.protocols import Places
from xstilts.world import World, WorldSettings


class AllSources:
    """The constructed languages for tasks named ``world/...``; the data folder for all others."""

    def __init__(self, places: Places) -> None:
        self._world = World(WorldSettings.of(places.world))
        self._folder = Folder(Path(places.data)) if places.data else None
        self._places = places

    def task(self, name: str) -> Task:
        """A task of the catalogue, or one of the study's own."""
        if name in self._places.tasks:
            return task_from_table(name, self._places.tasks[name], "this study")
        return get_task(name)

    def languages(self, task: Task, split: str) -> tuple[str, ...]:
        """Languages whose rows can be had."""
        if _constructed(task):
            return self._world.languages(task, split)
        return self._folder.languages(task, split) if self._folder else ()

    def rows(self, task: Task, split: str, language: str) -> Rows:
        """Number and digest of the rows."""
        if _constructed(task):
            count = self._world.count(task, split, language)
            digest = hashlib.sha256(f"{self._world.identity()}:{task.name}:{split}:{language}".encode()).hexdigest()
        else:
            count, digest = self._here(task).rows_of(task, split, language)
        return Rows(task.name, split, language, count, digest)

    def read(self, rows: Rows) -> pa.Table:
        """The rows themselves; refuses rows that are no longer those that were planned."""
        task = self.task(rows.task)
        now = self.rows(task, rows.split, rows.language)
        if now.checksum != rows.checksum:
            raise Problem(
                f"{rows.task} {rows.split} ({rows.language}) has changed since the study was planned: run it again"
            )
        if _constructed(task):
            return self._world.read(task, rows.split, rows.language)
        return self._here(task).read(task, rows.split, rows.language)

    def _here(self, task: Task) -> Folder:
        if self._folder is None:
            raise Problem(f"no data for '{task.name}': name a data folder with --data DIR or XSTILTS_DATA")
        return self._folder


def open_source(places: Places) -> AllSources:
    """The sources of this machine."""
    return AllSources(places)


def cache_folder() -> Path:
    """Where what can be made again lies: ``XSTILTS_CACHE``, else the platform's cache folder."""
    import os

    return Path(os.environ.get("XSTILTS_CACHE") or platformdirs.user_cache_dir("xstilts"))


def _constructed(task: Task) -> bool:
    return task.name.startswith("world/")
