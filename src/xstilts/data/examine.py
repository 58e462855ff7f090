"""Everything that is wrong with a file of one's own, at once: what, in which row, and what to do.

In: a task, one of its files. Out: a line a kind of mistake, with its first rows; nothing where all is well. The loader
(``data.load``) stops at the first mistake and leaves unusable rows out, which is right for published sets; one's own
file is better corrected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.placeholder import withheld
from xstilts.catalogue.task import ROLES, Files, Task, TaskType, roles_of
from xstilts.data.columns import PLACE, column_of, filtered, names_in, required
from xstilts.data.labels import label_index, label_names
from xstilts.data.rows import SIDES
from xstilts.data.tables import blank, not_utf8, open_table, places, schema_names

SHOWN = 3  # rows named for each kind of mistake

Row = Mapping[str, Any]
Mistake = tuple[str, str]  # what is wrong with a row, and what to do


def mistakes_in(path: Path, task: Task, files: Files, split: str = "train") -> list[str]:
    """Every mistake in the file at ``path``, which ``task`` reads as ``files`` says; a line a kind. Of a file that is
    not in rows yet only its columns are looked at: what is wrong inside stops its reading."""
    if broken := _not_text(path):
        return [broken]
    try:
        table = open_table(path)
    except Problem as problem:
        return list(problem.problems)
    return mistakes_of(table, path, task, files, split)


def mistakes_of(table: pa.Table, path: Path, task: Task, files: Files, split: str = "train") -> list[str]:
    """The same for the rows of a file that was opened; ``path`` is what is named, and where its lines are looked up."""
    if not table.num_rows:
        return [f"{path} is empty: give it at least one row, or take it out of the study"]
    names = table.column_names
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        return [f"{path} has the column '{name}' {names.count(name)} times: rename all but one" for name in twice]
    columns = {**task.columns, **files.columns}
    wanted = required(task, files, split)
    known = schema_names(table.schema)
    if missing := [name for name in wanted if name not in known]:
        has = f"it has {', '.join(known)}; name the right one (columns in a study file, --column of a command)"
        return [f"{path} has no column '{name}'{nearest(name, known) or ':'} {has}" for name in missing]
    if files.reading:
        return []
    table = table.append_column(PLACE, pa.array(range(1, table.num_rows + 1)))
    try:
        for condition in files.where:
            table = filtered(table, condition, path)
    except Problem as problem:
        return list(problem.problems)
    rows = _rows(table, roles_of(task.type, split), columns, path)
    index = label_index(task, label_names(table.schema.metadata, columns.get("label", columns.get("tags", ""))))
    found = _by_row(path, rows, lambda row: _CHECKS[task.type](row, task, index))
    if "label" in ROLES[task.type] and not found and withheld(len(rows), len({index(row["label"]) for row in rows})):
        found.append(
            f"{path}: every one of {len(rows):,} rows has the label '{rows[0]['label']}', which looks like a "
            "placeholder: give the true labels"
        )
    return found + _duplicates(path, rows)


def _not_text(path: Path) -> str:
    """What keeps a text file from being read at all: bytes that are no UTF-8, or none."""
    return "" if path.suffix == ".parquet" else not_utf8(path) or blank(path)


def _rows(table: pa.Table, roles: Sequence[str], columns: Mapping[str, str], path: Path) -> list[dict[str, Any]]:
    """Rows by role, lists and numbers as the loader reads them, with their place in the file under ``PLACE``."""
    known = schema_names(table.schema)
    values: dict[str, list[Any]] = {PLACE: table[PLACE].to_pylist()}
    for role in roles:
        spec = columns.get(role, role)
        names = names_in(spec)
        if not all(name in known for name in names):
            continue
        several = [column_of(table, name, path).to_pylist() for name in names]
        together = [list(row) for row in zip(*several, strict=True)]
        if "{" in spec:  # a text with columns in it
            values[role] = [None if None in row else " ".join(map(str, row)) for row in together]
        else:
            values[role] = together if len(names) > 1 else several[0]
    return [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]


def _by_row(path: Path, rows: Sequence[Row], check: Callable[[Row], Iterator[Mistake]]) -> list[str]:
    """The mistakes of all rows; those with the same remedy share a line."""
    found: dict[str, list[tuple[int, str]]] = {}
    for row in rows:
        for what, remedy in check(row):
            found.setdefault(remedy, []).append((row[PLACE], what))
    if not found:
        return []
    named = places(path)
    return [_line(path, named, mistakes, remedy) for remedy, mistakes in found.items()]


def _line(path: Path, named: Callable[[int], str], mistakes: Sequence[tuple[int, str]], remedy: str) -> str:
    """One line for the mistakes of several rows, of which the first are ``named``."""
    shown = "; ".join(f"{named(number)}: {what}" for number, what in mistakes[:SHOWN])
    more = f" (and {len(mistakes) - SHOWN:,} more rows)" if len(mistakes) > SHOWN else ""
    return f"{path}, {shown}{more}: {remedy}"


def _duplicates(path: Path, rows: Sequence[Row]) -> list[str]:
    first: dict[object, int] = {}
    again = [
        (row[PLACE], key)
        for row in rows
        if (key := row.get("id")) is not None and first.setdefault(key, row[PLACE]) != row[PLACE]
    ]
    if not again:
        return []
    named = places(path)
    mistakes = [(number, f"id '{key}' as in {named(first[key])}") for number, key in again]
    return [_line(path, named, mistakes, "give every row an id of its own")]


Index = Callable[[object], int | None]


def _classification(row: Row, task: Task, index: Index) -> Iterator[Mistake]:
    yield from _texts(row, "text_a")
    yield from _labelled(row["label"], task.labels, index)


def _multiple_choice(row: Row, task: Task, index: Index) -> Iterator[Mistake]:
    yield from _texts(row, "text_a")
    choices = row["choices"] or []
    if len(choices) < 2 or not all(choices):
        yield f"{sum(map(bool, choices))} choices", "every row needs two choices or more, none of them empty"
    place = index(row["label"])
    if place is None or not 0 <= place < len(choices):
        yield f"label {row['label']!r} for {len(choices)} choices", "the label is the number of a choice, from 0"


def _span(row: Row, task: Task, index: Index) -> Iterator[Mistake]:
    yield from _texts(row, "question", "context")
    texts, starts = _listed(row["answer_texts"]), _listed(row["answer_starts"])
    if len(texts) != len(starts):
        yield f"{len(texts)} answers and {len(starts)} places", "each answer needs its place in the context"
        return
    context = row["context"] or ""
    for text, start in zip(texts, starts, strict=True):
        try:
            exact = bool(text) and context[int(start) : int(start) + len(text)] == text and int(start) >= 0
        except (TypeError, ValueError):
            yield f"place {start!r}", "a place is a whole number of characters from the start of the context"
            continue
        if not exact:
            near = context.find(text) if text else -1
            there = f"it does at character {near}" if near >= 0 else "it occurs nowhere in it"
            remedy = "answers must stand in their context at the place that is given, counted in characters from 0"
            yield f"'{_short(text)}' does not stand at {start}, {there}", remedy


def _tagged(row: Row, task: Task, index: Index) -> Iterator[Mistake]:
    tokens, tags = (value.split() if isinstance(value, str) else value or [] for value in (row["tokens"], row["tags"]))
    if not isinstance(tokens, list) or not isinstance(tags, list):
        yield "no list", "tokens and tags are lists, or texts with blanks between the words"
        return
    if not tokens:
        yield "no tokens", "every row needs at least one token"
    if len(tokens) != len(tags):
        yield f"{len(tokens)} tokens and {len(tags)} tags", "each token needs one tag"
    for tag in dict.fromkeys(tags):
        yield from _labelled(tag, task.labels, index)


def _pairs(*roles: str) -> Callable[[Row, Task, Index], Iterator[Mistake]]:
    return lambda row, task, index: _texts(row, *roles)


def _mining(row: Row, task: Task, index: Index) -> Iterator[Mistake]:
    if row.get("pairs") is not None:
        return  # lists, whose numbers the loader checks
    odd = [side for side in SIDES if isinstance(row[side], list | dict)]
    yield from ((f"{side} is {_short(row[side])}", f"{side} must be one text, or nothing") for side in odd)
    if not odd and not any(row[side] is not None and str(row[side]).strip() for side in SIDES):
        yield "no sentence", "give source, target, or both where they translate one another; or take the row out"


_CHECKS: Mapping[TaskType, Callable[[Row, Task, Index], Iterator[Mistake]]] = {
    TaskType.CLASSIFICATION: _classification,
    TaskType.MULTIPLE_CHOICE: _multiple_choice,
    TaskType.SPAN_EXTRACTION: _span,
    TaskType.TOKEN_CLASSIFICATION: _tagged,
    TaskType.RETRIEVAL: _pairs("source", "target"),
    TaskType.MINING: _mining,
    TaskType.RANKING: lambda row, task, index: _texts(row, *(role for role in ("query", "candidate") if role in row)),
    TaskType.MLM: _pairs("text"),
}


def _texts(row: Row, *roles: str) -> Iterator[Mistake]:
    for role in roles:
        value = row[role]
        if isinstance(value, list | dict):
            yield f"{role} is {_short(value)}", f"{role} must be one text"
        elif value is None or not str(value).strip():
            yield f"no {role}", f"fill in {role}, or take the row out"


def _labelled(value: object, labels: Sequence[str], index: Index) -> Iterator[Mistake]:
    place = index(value)
    known = f"labels: {', '.join(labels)}" if labels else "labels are whole numbers from 0"
    if place is None:
        yield f"unknown label '{value}'{nearest(str(value), labels).removesuffix('?')}", known
    elif place < 0:
        yield "no label", f"every row needs one; {known}"


def _listed(value: object) -> list[Any]:
    """A single answer or place as a list of one."""
    return [] if value is None else list(value) if isinstance(value, list) else [value]


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:37] + "..."
