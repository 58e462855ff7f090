"""What of a task's data can be had here, from where, and whether it is whole.

In: the sources of this machine, a task. Out: ``Holding``, one for each split and language, and their sums by split. No
torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import Files, Task
from xstilts.data.found import is_on_hub
from xstilts.data.stated import in_one_line
from xstilts.jobs.sources import CONSTRUCTED, FOLDER_SAYS, NOT_OFFICIAL, AllSources

LABELS = ("label", "tags")
NAMED = 3  # labels named one by one


@dataclass(frozen=True)
class Holding:
    """One split in one language. ``place``: see ``AllSources.place_of``.

    ``official`` is the size of the official set, None where the catalogue does not know it; ``labels`` how often each
    label occurs, empty where the rows were not read; ``problem`` what is wrong with the files; ``instead`` what the
    rows are where they are not the official ones, ``stated`` what their folder says of them.
    """

    task: str
    split: str
    language: str
    place: str
    rows: int = 0
    official: int | None = None
    revision: str = ""
    labels: tuple[tuple[str, int], ...] = ()
    problem: str = ""
    instead: str = ""
    stated: str = ""


def holdings(source: AllSources, task: Task, deep: bool = True) -> Iterator[Holding]:
    """Every split and language of ``task``; ``deep`` reads the rows and counts their labels."""
    for split in task.splits:
        for language in task.languages_of(split):
            yield holding(source, task, split, language, deep)


def holding(source: AllSources, task: Task, split: str, language: str, deep: bool = True) -> Holding:
    """One split in one language, as far as it is here."""
    place = source.place_of(task, split, language)
    files = next(task.candidates(split, language), None)
    official = files.official.get(language) if files else None
    revision = ""
    if place == "hub" and (found := source.hub.find(task, split, language)):
        revision = found.listing.commit
    here = Holding(task.name, split, language, place, official=official, revision=revision)
    if not place:
        return here
    try:
        rows = source.rows(task, split, language)
        labels = _counted(task, source.read(rows)) if deep and place != CONSTRUCTED and task.labels else ()
    except Problem as problem:
        return replace(here, problem=str(problem))
    return replace(here, rows=rows.rows, labels=labels, instead=source.instead(rows), stated=source.stated(rows))


def _counted(task: Task, rows: pa.Table) -> tuple[tuple[str, int], ...]:
    column = next(name for name in LABELS if name in rows.column_names)
    values = rows[column]
    if pa.types.is_list(values.type):
        values = values.combine_chunks().flatten()
    counts = {row["values"]: row["counts"] for row in values.value_counts().to_pylist()}
    return tuple((label, counts.get(number, 0)) for number, label in enumerate(task.labels))


@dataclass(frozen=True)
class Whole:
    """One split of a task over its languages: how much of it is here, and what is to be said of it.

    Where the catalogue knows official sizes, ``rows`` counts the languages that have one and ``more`` the others.
    """

    task: str
    split: str
    places: tuple[str, ...]
    languages: int
    catalogued: int
    rows: int
    official: int | None
    more: int
    notes: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def size(self) -> str:
        """``"11,051 of 392,702 here"``, or the number alone where the official size is not known or is met."""
        if self.official is None:
            return f"{self.rows:,}"
        size = f"{self.rows:,}" if self.rows == self.official else f"{self.rows:,} of {self.official:,} here"
        return size + (f", and {self.more:,} in further languages" if self.more else "")


def whole(parts: Sequence[Holding]) -> Whole:
    """The sum of the holdings of one split."""
    here = [part for part in parts if part.place]
    known = [part for part in parts if part.official is not None]
    lacking = [part.language for part in parts if not part.place]
    notes = [f"not here: {_shortened(lacking)}"] if lacking else []
    if here and here[0].labels:
        never = [label for label, _ in here[0].labels if not any(dict(part.labels).get(label) for part in here)]
        notes += [_never(never, len(here[0].labels))] if never else []
    for text in dict.fromkeys(part.instead for part in here if part.instead):
        codes = [part.language for part in here if part.instead == text]
        which = "" if len(codes) == len(here) else f" in {_shortened(codes)}"
        notes.append(f"{NOT_OFFICIAL}{which}: {text}")
    if said := in_one_line({part.language: part.stated for part in here}):
        notes.append(f"{FOLDER_SAYS}: {said}")
    revisions = dict.fromkeys(part.revision[:10] for part in here if part.revision)
    notes += [f"revision {', '.join(revisions)}"] if revisions else []
    return Whole(
        task=parts[0].task,
        split=parts[0].split,
        places=tuple(dict.fromkeys(part.place for part in here)),
        languages=len(here),
        catalogued=len(parts),
        rows=sum(part.rows for part in known or here),
        official=sum(part.official or 0 for part in known) if known else None,
        more=sum(part.rows for part in here if part not in known) if known else 0,
        notes=tuple(notes),
        problems=tuple(dict.fromkeys(part.problem for part in here if part.problem)),
    )


def _never(labels: Sequence[str], known: int) -> str:
    """Labels that never occur: by name where they are few, else their number."""
    if len(labels) <= NAMED:
        return f"never the label {', '.join(labels)}"
    return f"{len(labels)} of {known} labels never occur: {', '.join(labels[:NAMED])} ..."


def on_hub(task: Task) -> list[Files]:
    """The files of a task that the hub may hold, each repository and configuration once."""
    every = (files for split in task.splits.values() for files in split.in_turn())
    return [files for files in every if is_on_hub(files)]


def _shortened(codes: Sequence[str]) -> str:
    return " ".join(codes[:8]) + (f" and {len(codes) - 8} more" if len(codes) > 8 else "")
