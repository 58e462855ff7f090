"""From files to the one form of rows.

In: Parquet, JSONL or CSV files and how a task reads them (``Files``: columns, filter, join). Out: an Arrow table in
``data.rows.SCHEMAS``, rows in the order of the files, and how many rows were left out for which reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.task import CANDIDATES, OPTIONAL_ROLES, Files, Task, TaskType, roles_of
from xstilts.data.checks import check_answers, check_choices, check_ids, check_labels, check_lengths, exact
from xstilts.data.collections import settled, unfolded
from xstilts.data.columns import BRACES, PLACE, column_of, filtered, joined, made, named, names_in, needed
from xstilts.data.labels import label_index, label_names
from xstilts.data.readings import READINGS
from xstilts.data.rows import SCHEMAS
from xstilts.data.tables import open_table, places

READER = 1  # counts up when the same file and recipe give other rows


@dataclass(frozen=True)
class Loaded:
    """``rows`` in the schema of the task's type. ``left_out`` counts rows that could not be used, ``kept`` those that
    are scored although something about them is odd; both by reason."""

    rows: pa.Table
    left_out: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Part:
    """One file's table with what is needed to name things in errors and to read its labels. ``used`` holds the rows of
    the table that are read, None for all of them."""

    path: Path
    table: pa.Table
    task: Task
    columns: Mapping[str, str]
    split: str
    used: np.ndarray | None = None

    @property
    def training(self) -> bool:
        """Whether rows must be fit to train on."""
        return self.split == "train"

    def at(self, row: int) -> str:
        """``FILE, row N`` (and its line): where the ``row``-th row that is read stands in its file, as far as rows of
        the file are read."""
        place = row if self.used is None else int(self.used[row])
        known = PLACE in self.table.column_names
        return f"{self.path}, {places(self.path)(self.table[PLACE][place].as_py() if known else place + 1)}"


def load(paths: Sequence[Path], other: Sequence[Path], task: Task, files: Files, split: str) -> Loaded:
    """Read ``paths`` one after the other as ``task`` says.

    ``other`` are the files to join with, empty where ``files.join`` is None. Rows without a text, a label or an answer
    that their type needs are left out and counted; in the split ``train`` those, too, whose answer is not where the
    file says. Raises ``Problem`` that names file and row for a damaged or empty file, a missing column, an unknown
    label, labels that are all the same, tags that do not fit their tokens, answers without their places, ids that are
    there twice where rows are scored.
    """
    columns = {**task.columns, **files.columns}
    partner = pa.concat_tables([open_table(path) for path in other]) if files.join else None
    loaded = []
    for path in paths:
        table = open_table(path, None if files.join else needed(task, files, columns, split))
        if not table.num_rows:
            continue  # one of several pieces may be empty
        try:
            loaded.append(_loaded(path, table, partner, task, files, split))
        except (pa.ArrowException, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            kinds = ", ".join(f"{column.name}: {column.type}" for column in table.schema)[:1000]
            raise Problem(
                f"{path}: its columns are of kinds that can not be read as {task.type} ({_first_line(error)}): write "
                f"texts, whole numbers, or lists of these; they are {kinds}"
            ) from error
    if not loaded:
        raise Problem(f"{paths[0]} is empty: fetch it or copy it again, or name a source that holds its rows")
    rows = pa.concat_tables([part.rows for part in loaded]).combine_chunks()
    if task.type is TaskType.MINING:
        rows, blank = settled(rows, files.paired)
        loaded.append(Loaded(rows, {"no sentence": blank} if blank else {}))
    if "id" in roles_of(task.type, split):
        rows = named(rows)
        if split != "train":
            check_ids(rows, paths[0])
    left_out, kept = _summed([part.left_out for part in loaded]), _summed([part.kept for part in loaded])
    if not rows.num_rows:
        _refuse_none(paths[0], files, left_out)
    check_labels(rows, task, paths[0])
    return Loaded(rows, left_out, kept)


def _loaded(path: Path, table: pa.Table, partner: pa.Table | None, task: Task, files: Files, split: str) -> Loaded:
    """The rows of one file, whose ``table`` is not empty."""
    table = table.append_column(PLACE, pa.array(range(1, table.num_rows + 1)))
    if files.join and partner is not None:
        table = joined(table, partner, files.join[1], path)
    for condition in files.where:
        table = filtered(table, condition, path)
    columns: Mapping[str, str] = {**task.columns, **files.columns}
    less: dict[str, int] = {}
    if files.reading:
        (table, less), columns = made(table, files, split, path), {}
    elif "pairs" in columns:
        table, columns = unfolded({role: column_of(table, name, path) for role, name in columns.items()}, path), {}
    found = _rows(_Part(path, table, task, columns, split))
    return replace(found, left_out={**less, **found.left_out})


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _summed(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    reasons = dict.fromkeys(reason for one in counts for reason in one)
    return {reason: sum(one.get(reason, 0) for one in counts) for reason in reasons}


def _refuse_none(path: Path, files: Files, left_out: Mapping[str, int]) -> None:
    """No row is left to use: say why."""
    reasons = [f"{count:,} rows have {reason}" for reason, count in left_out.items()]
    reasons += [f"no row fulfils {name} {comparison} {value!r}" for name, comparison, value in files.where[:1]]
    reasons = reasons or ["no row has a partner in the file it is joined with"]
    raise Problem(f"{path}: none of its rows can be used ({'; '.join(reasons)}): use a split or a source that has them")


def recipe(task: Task, files: Files, split: str) -> dict[str, Any]:
    """All that decides, beside the files' content, which rows ``load`` gives; plain JSON."""
    return {
        "reader": READER,
        "type": str(task.type),
        "columns": {**task.columns, **files.columns},
        "labels": list(task.labels),
        "where": [list(row) for row in files.where],
        "join": files.join[1] if files.join else None,
        "training": split == "train",
        **({"reading": [files.reading, READINGS[files.reading].revision]} if files.reading else {}),
        **({"split": split} if files.reading or split == CANDIDATES else {}),
        **({"no_answer": True} if task.no_answer else {}),
        **({"other": task.other} if task.other else {}),
        **({"paired": files.paired} if files.paired else {}),
    }


def _rows(part: _Part) -> Loaded:
    """``part`` in its schema: unusable rows out, then one reader a role."""
    schema = SCHEMAS[part.task.type]
    roles = roles_of(part.task.type, part.split)
    found = {role: column for role in roles if (column := _role(part, role)) is not None}
    keep, left_out = _usable(part, found)
    if not keep.all():
        found = {role: column.filter(pa.array(keep)) for role, column in found.items()}
        part = replace(part, used=np.flatnonzero(keep))
    arrays = {
        name: _READERS[name](part, name, found[name].combine_chunks()) if name in found else pa.nulls(keep.sum(), kind)
        for name, kind in zip(schema.names, schema.types, strict=True)
    }
    rows = pa.table({name: arrays[name].cast(schema.field(name).type) for name in schema.names}, schema=schema)
    kept: dict[str, int] = {}
    if part.task.type is TaskType.TOKEN_CLASSIFICATION:
        check_lengths(rows, part.at)
    if part.task.type is TaskType.MULTIPLE_CHOICE:
        check_choices(rows, part.at)
    if part.task.type is TaskType.SPAN_EXTRACTION:
        check_answers(rows, part.at)
        good = exact(rows)
        (left_out if part.training else kept)["an answer that is not where the file says"] = int((~good).sum())
        rows = rows.filter(pa.array(good)) if part.training else rows
    return Loaded(rows, *({reason: count for reason, count in counts.items() if count} for counts in (left_out, kept)))


def _role(part: _Part, role: str) -> pa.ChunkedArray | None:
    """The column that plays ``role``; None for an optional role whose column is not there."""
    name = part.columns.get(role, role)
    if role in OPTIONAL_ROLES and role not in part.columns and name not in part.table.column_names:
        return None
    if "{" in name:
        return _filled(part, name)
    if role == "choices" and "," in name:
        several = [column_of(part.table, each, part.path).to_pylist() for each in names_in(name)]
        return pa.chunked_array([pa.array([list(row) for row in zip(*several, strict=True)], pa.list_(pa.string()))])
    return column_of(part.table, name, part.path)


def _filled(part: _Part, template: str) -> pa.ChunkedArray:
    """``template`` with each row's values for the columns in braces; null where one of them is."""
    pieces: list[pa.ChunkedArray | str] = []
    for place, piece in enumerate(BRACES.split(template)):  # words and names take turns
        column = column_of(part.table, piece, part.path) if place % 2 else None
        if column is not None and pa.types.is_nested(column.type):
            raise _wrong(part, piece, "one text a row", column.type)
        pieces.append(piece if column is None else column.cast(pa.string()))
    return pc.binary_join_element_wise(*pieces, "")


def _usable(part: _Part, found: Mapping[str, pa.ChunkedArray]) -> tuple[np.ndarray, dict[str, int]]:
    """Which rows have all that their type needs, and how many have not, by reason."""
    kind, keep = part.task.type, np.ones(part.table.num_rows, bool)
    left_out: dict[str, int] = {}
    if kind is TaskType.MINING:
        return keep, left_out
    for role, column in found.items():
        needless = part.task.no_answer or (role == "answer_starts" and not part.training)
        if role in ("label", *OPTIONAL_ROLES) or (role.startswith("answer_") and needless):
            continue
        bad = pc.is_null(column)
        reason = f"no {role}"
        if kind in (TaskType.MLM, TaskType.RANKING) and pa.types.is_string(column.type):
            bad, reason = (
                pc.or_kleene(bad, pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(column)), 0)),
                f"blank {role}",
            )
        elif role in ("tokens", "answer_texts") and _is_list(column.type):
            bad = pc.or_kleene(bad, pc.equal(pc.list_value_length(column), 0))
        wrong = _mask(bad) & keep
        left_out[reason] = int(wrong.sum())
        keep &= ~wrong
    if "label" in found:
        unlabelled = _label(part, "label", found["label"].combine_chunks()).to_numpy() < 0
        # Where no row has a label they were withheld, which ``check_labels`` says.
        wrong = unlabelled & keep if part.training or not unlabelled.all() else np.zeros_like(keep)
        left_out["no label"] = int(wrong.sum())
        keep &= ~wrong
    return keep, left_out


def _mask(values: pa.ChunkedArray) -> np.ndarray:
    return np.array(pc.fill_null(values, True), dtype=bool)


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _wrong(part: _Part, role: str, wanted: str, kind: object) -> Problem:
    column = part.columns.get(role, role)
    return Problem(f"{part.path}: column '{column}' holds {kind}, but {role} needs {wanted}")


def _text(part: _Part, role: str, values: pa.Array) -> pa.Array:
    if pa.types.is_nested(values.type):
        raise _wrong(part, role, "one text a row", values.type)
    return values.cast(pa.string())


def _texts(part: _Part, role: str, values: pa.Array) -> pa.Array:
    """Lists of texts. A plain text is split at white space, or is the only answer."""
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        split = (lambda text: [text]) if role in ("answer_texts", "matches") else str.split
        return pa.array([None if text is None else split(text) for text in values.to_pylist()], pa.list_(pa.string()))
    if not _is_list(values.type):
        raise _wrong(part, role, "a list of texts a row", values.type)
    if role == "tokens":
        texts = [["" if token is None else str(token) for token in row] for row in values.to_pylist()]
        return pa.array(texts, pa.list_(pa.string())) if values.flatten().null_count else values
    return pc.coalesce(values.cast(pa.list_(pa.string())), pa.scalar([], pa.list_(pa.string())))


def _starts(part: _Part, role: str, values: pa.Array) -> pa.Array:
    """Character offsets, one an answer."""
    wanted = pa.list_(pa.int32())
    try:
        if not _is_list(values.type):
            return pa.array([None if start is None else [int(start)] for start in values.to_pylist()], wanted)
        return pc.coalesce(values.cast(wanted), pa.scalar([], wanted))
    except (pa.ArrowException, ValueError) as error:
        raise _wrong(part, role, "whole numbers", values.type) from error


def _label(part: _Part, role: str, values: pa.Array) -> pa.Array:
    return pa.array(_indices(part, role, values, np.arange(1, len(values) + 1)), pa.int16())


def _tags(part: _Part, role: str, values: pa.Array) -> pa.Array:
    if pa.types.is_string(values.type):
        values = pa.array([text.split() for text in values.to_pylist()], pa.list_(pa.string()))
    if not _is_list(values.type):
        raise _wrong(part, role, "a list of tags a row", values.type)
    ends = np.cumsum(pc.list_value_length(values).to_numpy(), dtype=np.int32)
    tags = _indices(part, role, values.flatten(), ends)
    if (missing := np.flatnonzero(tags < 0)).size:
        row = int(np.searchsorted(ends, missing[0], "right"))
        raise Problem(
            f"{part.at(row)}: a tag in column '{part.columns.get(role, role)}' is missing; every token needs one"
        )
    return pa.ListArray.from_arrays(np.concatenate([np.zeros(1, np.int32), ends]), pa.array(tags, pa.int16()))


_READERS: Mapping[str, Callable[[_Part, str, pa.Array], pa.Array]] = {
    **dict.fromkeys(("text_a", "text_b", "id", "question", "context", "source", "target"), _text),
    **dict.fromkeys(("query", "candidate", "text", "source_id", "target_id"), _text),
    **dict.fromkeys(("choices", "answer_texts", "tokens", "matches"), _texts),
    "answer_starts": _starts,
    "label": _label,
    "tags": _tags,
}


def _indices(part: _Part, role: str, values: pa.Array, ends: np.ndarray) -> np.ndarray:
    """int16 indices into ``Task.labels``, -1 where not known. ``ends``: how many values there are up to each row.

    Texts are looked up by name, then read as an index. Numbers whose names the file's metadata holds are looked up by
    these names, so a file with another order of labels is read rightly; other numbers are indices.
    """
    labels, column = part.task.labels, part.columns.get(role, role)
    kinds = values.unique().to_pylist()
    index = label_index(part.task, label_names(part.table.schema.metadata, column) if labels else ())
    found = [index(value) for value in kinds]
    if unknown := [value for value, place in zip(kinds, found, strict=True) if place is None]:
        known = f"labels: {', '.join(labels)}" if labels else "labels are whole numbers from 0"
        near = nearest(str(unknown[0]), labels)
        where = part.at(
            int(np.searchsorted(ends, pc.index(values, pa.scalar(unknown[0], values.type)).as_py(), "right"))
        )
        raise Problem(f"{where}: column '{column}' holds the unknown label '{unknown[0]}'{near or '.'} {known}")
    if not kinds:
        return np.zeros(0, np.int16)
    indices: np.ndarray = np.array(found, np.int16)[values.dictionary_encode("encode").indices.to_numpy()]
    return indices
