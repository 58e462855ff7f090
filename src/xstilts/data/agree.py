"""Whether the hub has what the catalogue says: files, columns, labels, sizes.

In: the hub, a task of the catalogue. Out: ``Agreement``, one a split, from listings, cards and the ends of files; no
rows are downloaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.task import ROLES, Files, Task
from xstilts.data.columns import required
from xstilts.data.found import Found
from xstilts.data.hub import Hub
from xstilts.data.labels import label_names
from xstilts.data.tables import schema_names


@dataclass(frozen=True)
class Agreement:
    """One split of a task: what the hub has, and every difference to what the catalogue says, a line each.

    ``official`` counts the rows of ``stated`` languages, as the catalogue says; ``compared`` is the number of languages
    whose size was held against it.
    """

    task: str
    split: str
    repository: str
    revision: str
    languages: int
    catalogued: int
    rows: int | None
    official: int | None
    stated: int
    compared: int
    differences: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """Whether the hub agrees, and how much of it was compared."""
        if self.differences:
            return "differs"
        if self.compared == self.languages:
            return "agrees"
        if not self.stated:
            return "agrees; the catalogue has no sizes"
        unknown = self.languages - self.compared
        return f"agrees; sizes not compared in {unknown} of {self.languages} languages"


def agreement(hub: Hub, task: Task, split: str) -> Agreement:
    """Hold one split against the hub. What can not be asked is a difference too."""
    codes = task.languages_of(split)
    files = task.splits[split]
    found: dict[str, Found] = {}
    wrong: dict[str, None] = {}
    for code in codes:
        try:
            if (there := hub.find(task, split, code)) is not None:
                found[code] = there
        except Problem as problem:
            wrong.update(dict.fromkeys(problem.problems))
    if not wrong and (lacking := [code for code in codes if code not in found]):
        wrong[f"no files in {' '.join(lacking)}"] = None
    # Once a repository, and once a language where each has columns of its own.
    for there in {(each.files.repository, *each.files.columns.values()): each for each in found.values()}.values():
        wrong.update(dict.fromkeys(_columns(hub, task, split, there)))
    sizes = _sizes(hub, found, wrong)
    stated = {code: there.files.official[code] for code, there in found.items() if code in there.files.official}
    compared = [code for code in stated if sizes[code] is not None and not _unsure(found[code].files)]
    for code in compared:
        if sizes[code] != stated[code]:
            wrong[f"{code} has {sizes[code]:,} rows, the catalogue says {stated[code]:,}"] = None
    for code, there in found.items():
        if there.files.instead and code not in there.files.official:  # where there are some, their number says it
            wrong[f"not the official rows: {there.files.instead}"] = None
    return Agreement(
        task=task.name,
        split=split,
        repository=" ".join(dict.fromkeys(there.files.repository for there in found.values())) or files.repository,
        revision=" ".join(dict.fromkeys(there.listing.commit[:10] for there in found.values())),
        languages=len(found),
        catalogued=len(codes),
        rows=None if None in sizes.values() or not sizes else sum(filter(None, sizes.values())),
        official=sum(files.official.values()) or None,
        stated=len(files.official),
        compared=len(compared),
        differences=tuple(wrong),
    )


def _unsure(files: Files) -> bool:
    """Whether only the rows themselves tell how many are used."""
    return bool(files.where or files.reading)


def _sizes(hub: Hub, found: Mapping[str, Found], wrong: dict[str, None]) -> dict[str, int | None]:
    """Rows by the card, else by the ends of the files; None where only a download would tell. ``wrong`` collects why
    they can not be had."""
    sizes: dict[str, int | None] = {code: there.rows for code, there in found.items()}
    unknown = {
        code: there
        for code, there in found.items()
        if there.rows is None and all(name.endswith(".parquet") for name in there.names)
    }
    hub.read_footers((there, name) for there in unknown.values() for name in there.names)
    for code, there in unknown.items():
        try:
            sizes[code] = sum(int(hub.footer(there, name).num_rows) for name in there.names)
        except Problem as problem:
            wrong.update(dict.fromkeys(problem.problems))
    return sizes


def _columns(hub: Hub, task: Task, split: str, found: Found) -> list[str]:
    """Columns that are not there, and label names that the catalogue does not know."""
    files = found.files
    schema: pa.Schema | None = None
    if found.names[0].endswith(".parquet"):
        try:
            schema = hub.footer(found, found.names[0]).schema.to_arrow_schema()
        except Problem as problem:
            return list(problem.problems)
    stated = [name for config in found.listing.columns.values() for name in config]
    known = schema_names(schema) if schema is not None else stated
    columns = {**task.columns, **files.columns}
    wanted = [name for name in required(task, files, split) if not name.startswith("other.")]
    wrong = [f"no column '{name}'{nearest(name, known)}" for name in wanted if known and name not in known]
    for role in ("label", "tags"):
        if schema is None or role not in ROLES[task.type] or not task.labels:
            continue
        names = label_names(schema.metadata, columns.get(role, role))
        if other := [name for name in names if name.casefold() not in {label.casefold() for label in task.labels}]:
            wrong.append(f"labels that the catalogue lacks: {', '.join(other)}")
    return wrong
