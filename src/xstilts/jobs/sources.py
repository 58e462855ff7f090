"""Where rows come from on this machine: the constructed languages, a data folder, the hub, in this order.

In: ``Places``. Out: one ``Source`` that also reads rows. Torch is not imported here, so planning uses it too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import platformdirs
import pyarrow as pa
from pyarrow import feather

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.find import get_task
from xstilts.catalogue.task import Task
from xstilts.data.examine import mistakes_in
from xstilts.data.hub import Hub
from xstilts.data.kept import kept
from xstilts.data.refusal import Withheld
from xstilts.data.size import mean_tokens
from xstilts.data.source import OWN, Contents, Folder, Sources
from xstilts.data.stated import in_one_line
from xstilts.jobs.given import check_given
from xstilts.study.job import Rows
from xstilts.study.overlap import numbers_in, ranges
from xstilts.study.own import own_tasks
from xstilts.study.protocols import Given, Places
from xstilts.world import World, WorldSettings

if TYPE_CHECKING:
    from xstilts.jobs.compare import Scored

CONSTRUCTED = "constructed world"
SOME = 50  # rows of a constructed set tell how long they are
NOT_OFFICIAL, FOLDER_SAYS = "not the official rows", "the data folder says"


class AllSources:
    """The constructed languages for tasks named ``world/...``; for all others the data folder and files of one's own,
    and for languages that these lack the hub (not ``online``: what was fetched from it before)."""

    def __init__(self, places: Places, fetch: bool = True, online: bool = True, fresh: bool = False) -> None:
        self._world = World(WorldSettings.of(places.world))
        self._base = Path(places.base or "")
        self._own = own_tasks(places.tasks, places.languages, "this study")
        self.contents = Contents(cache_folder() / "sizes")
        self.folder = Folder(Path(places.data) if places.data else None, self._base, self.contents)
        listings = None if fresh else cache_folder() / "hub"
        self.hub = Hub(revisions=places.revisions, kept=listings, fetch=fetch, ask=online, contents=self.contents)
        self._rows = Sources([self.folder, self.hub])
        self._mistakes: dict[str, list[str]] = {}
        self._instead: dict[tuple[str, str, str], str] = {}
        self._stated: dict[tuple[str, str, str], str] = {}
        self._scored: dict[tuple[tuple[Rows, ...], bool], Scored] = {}

    def task(self, name: str) -> Task:
        """A task of the catalogue, or one of the study's own."""
        return self.settled(get_task(name, self._own))

    def settled(self, task: Task) -> Task:
        """``task`` with its labels, where these are found in its training rows and these are here."""
        return self._rows.settled(task)

    def languages(self, task: Task, split: str, among: Collection[str] | None = None) -> tuple[str, ...]:
        """Languages whose rows can be had, of ``among`` alone where it is given: the hub is not asked for others.
        Raises ``Problem`` where there is none at all because the hub gave nothing."""
        if _constructed(task):
            return tuple(code for code in self._world.languages(task, split) if among is None or code in among)
        found = self._rows.languages(task, split, among)
        if not found and among is None and self.hub.ask and (why := self.refusals(task, split)):
            raise Problem(*why)
        return found

    def rows(self, task: Task, split: str, language: str) -> Rows:
        """Number and digest of the rows. Raises ``Problem`` with every mistake in a task's own files."""
        if wrong := self.mistakes(task):
            raise Problem(*wrong)
        return self._identified(task, split, language)

    def tokens(self, rows: Rows) -> float | None:
        """Mean tokens of one of ``rows``, which were asked for before, as far as characters tell; None where nobody
        counted."""
        known = self.contents.tokens
        if rows.task.startswith("world/") and rows.checksum not in known:
            task = get_task(rows.task)
            known[rows.checksum] = mean_tokens(self._world.read(task, rows.split, rows.language, SOME), task.type)
        return known.get(rows.checksum)

    def mistakes(self, task: Task) -> list[str]:
        """Everything that is wrong with the files of a task that lie outside data folder and hub, a line each."""
        if task.name not in self._mistakes:
            found: dict[str, None] = {}
            for split in task.splits:
                for language in task.languages_of(split):
                    found.update(dict.fromkeys(self._mistakes_of(task, split, language)))
            self._mistakes[task.name] = list(found)
        return self._mistakes[task.name]

    def _mistakes_of(self, task: Task, split: str, language: str) -> list[str]:
        files = task.splits[split]
        if files.path and not (path := self.folder.own_file(files, language)).is_file():
            return [f"{path} is not there, but '{task.name}' ({split}, {language}) names it: correct path or languages"]
        if not (files.path or files.repository.startswith(OWN)) or not self.folder.has(task, split, language):
            return []
        return [
            line for path in self.folder.files(task, split, language) for line in mistakes_in(path, task, files, split)
        ]

    def _identified(self, task: Task, split: str, language: str) -> Rows:
        if _constructed(task):
            count = self._world.count(task, split, language)
            digest = self._world.checksum(task, split, language)
        else:
            count, digest = self._rows.rows_of(task, split, language)
            self._instead[task.name, split, language] = self._not_official(task, split, language, count)
            self._stated[task.name, split, language] = self.folder.stated(task, split, language)
        return Rows(task.name, split, language, count, digest)

    def _not_official(self, task: Task, split: str, language: str, count: int) -> str:
        """What these rows are where their number is not the official one and the catalogue knows what they are."""
        if not any(files.instead for files in task.splits[split].in_turn()):
            return ""
        if self.folder.has(task, split, language):
            files = self.folder.located(task, split, language)[0]
        elif found := self.hub.find(task, split, language):
            files = found.files
        else:
            return ""
        return "" if files.official.get(language) == count else files.instead

    def instead(self, rows: Rows) -> str:
        """What these rows, whose number was asked for, are where they are not the official ones."""
        return self._instead.get((rows.task, rows.split, rows.language), "")

    def stated(self, rows: Rows) -> str:
        """What the data folder says of these rows, whose number was asked for."""
        return self._stated.get((rows.task, rows.split, rows.language), "")

    def read(self, rows: Rows) -> pa.Table:
        """The rows themselves; refuses rows that are no longer those that were planned."""
        task = self.task(rows.task)
        now = self._identified(task, rows.split, rows.language)
        if now.checksum != rows.checksum:
            raise Problem(
                f"{rows.task} {rows.split} ({rows.language}) has changed since the study was planned: run it again"
            )
        if _constructed(task):
            table = _made_once(rows.checksum, lambda: self._world.read(task, rows.split, rows.language))
        else:
            table = self._rows.read(task, rows.split, rows.language)
        if not rows.without:
            return table
        keep = np.ones(table.num_rows, bool)
        keep[numbers_in(rows.without)] = False
        return table.filter(pa.array(keep))

    def apart(self, rows: Rows, scored: tuple[Rows, ...], near: bool) -> Rows:
        """``rows`` without those that have a text of ``scored`` ones or of their translations, or nearly one."""
        from xstilts.jobs.compare import Scored

        if (scored, near) not in self._scored:
            self._scored[scored, near] = Scored(self, scored, near)
        met = self._scored[scored, near].trained_met(rows, scored)
        return replace(rows, rows=rows.rows - len(met), without=ranges(met.tolist())) if len(met) else rows

    def here(self, task: Task, split: str, language: str) -> bool:
        """Whether these rows can be read without downloading anything."""
        if _constructed(task) or self.folder.has(task, split, language):
            return bool(self.place_of(task, split, language))
        try:
            found = self.hub.find(task, split, language)
        except Problem:
            return False
        return found is not None and self.hub.here(found)

    def given(self, folder: str, rows: Rows, examples: int | None) -> Given:
        """Another system's predictions of ``rows``, in a folder that starts at the study file's where it is relative.
        The rows are read. Raises ``Problem`` with every mistake in the file."""
        place = self._base / Path(folder).expanduser()
        return check_given(place, self.task(rows.task), rows, self.read(rows), examples)

    def place_of(self, task: Task, split: str, language: str) -> str:
        """Where these rows come from: ``constructed world``, ``own file``, ``folder`` or ``hub``; nothing where they
        can not be had."""
        if _constructed(task):
            return CONSTRUCTED if language in self._world.languages(task, split) else ""
        if self.folder.has(task, split, language):
            return "own file" if task.splits[split].path else "folder"
        return "hub" if self.hub.has(task, split, language) else ""

    def notes(self, tabled: bool = False) -> list[str]:
        """What whoever asked for rows should know: rows that are not the official ones (not where they were ``tabled``
        already), rows that can not be used, sets that the hub did not give or has in a newer version."""
        left_out = [
            f"{task} ({split}, {language}): {text}" for (task, split, language), text in self.contents.left_out.items()
        ]
        hub = [*self.hub.notes, *self.hub.passed_over(), *self.refused(), *self.hub.changed()]
        return [*([] if tabled else self._stood_in()), *left_out, *hub]

    def _stood_in(self) -> list[str]:
        """A line for each kind of rows in a split that are not the official ones, and one for what their folder says of
        those of a split."""
        kinds: dict[tuple[str, str, str], list[str]] = {}
        stated: dict[tuple[str, str], dict[str, str]] = {}
        for (task, split, language), text in self._instead.items():
            if text:
                kinds.setdefault((task, split, text), []).append(language)
            stated.setdefault((task, split), {})[language] = self._stated[task, split, language]
        lines = [
            f"{one} ({part}, {' '.join(codes)}): {NOT_OFFICIAL}: {text}" for (one, part, text), codes in kinds.items()
        ]
        said = {place: in_one_line(notes) for place, notes in stated.items()}
        return lines + [f"{one} ({part}): {FOLDER_SAYS}: {text}" for (one, part), text in said.items() if text]

    def left_out(self, rows: Rows) -> str:
        """How many of some rows that were read are used and what was left out why; empty where all are used."""
        return self.contents.left_out.get((rows.task, rows.split, rows.language), "")

    def refused(self) -> list[str]:
        """Why the hub gave nothing of some data sets, where it was asked."""
        return self.hub.refusals()

    def said_once(self, lines: Sequence[str]) -> list[str]:
        """``lines``, and why the hub gave nothing: where nobody answers, once for all sets and whoever wants them."""
        refused = self.refused()
        if self.hub.down is not None:
            single = tuple(str(one) for one in self.hub.refused.values() if not isinstance(one, Withheld))
            repeated = [line for line in lines if line.endswith(single)]
            lines = [line for line in lines if line not in repeated] if len(repeated) > 1 else lines
        return [*lines, *(line for line in refused if not any(line in told for told in lines))]

    def refusals(self, task: Task, split: str) -> list[str]:
        """Why the hub gave nothing of a split."""
        refused = self.hub.refused
        names = {files.repository for code in task.languages_of(split) for files in task.candidates(split, code)}
        return list(dict.fromkeys(str(refused[name]) for name in sorted(names) if name in refused))


def open_source(places: Places, fetch: bool = True, online: bool = True, fresh: bool = False) -> AllSources:
    """The sources of this machine. Without ``fetch`` nothing is downloaded where the hub says enough; without
    ``online`` only what was fetched from the hub before is there; ``fresh``: the hub alone counts, not what was last
    seen of it."""
    return AllSources(places, fetch, online, fresh)


def cache_folder() -> Path:
    """Where what can be made again lies: ``XSTILTS_CACHE``, else the platform's cache folder."""
    import os

    return Path(os.environ.get("XSTILTS_CACHE") or platformdirs.user_cache_dir("xstilts"))


def _made_once(checksum: str, make: Callable[[], pa.Table]) -> pa.Table:
    """Constructed rows, made once; every later reader maps them from the cache folder."""
    folder = kept(
        cache_folder() / "rows" / checksum,
        lambda place: feather.write_feather(make(), place / "rows.arrow", compression="uncompressed"),
    )
    return feather.read_table(folder / "rows.arrow", memory_map=True)


def _constructed(task: Task) -> bool:
    return task.name.startswith("world/")
