"""From files to the one form of rows.

In: Parquet, JSONL or CSV files and how a task reads them (``Files``: columns, filter, join). Out: an Arrow table in
``data.rows.SCHEMAS``, rows in the order of the files, and how many rows were left out for which reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.task import CANDIDATES, OPTIONAL_ROLES, Files, Task, TaskType, roles_of
from xstilts.data.collections import settled, unfolded
from xstilts.data.columns import BRACES, column_of, filtered, joined, made, named, names_in, needed
from xstilts.data.labels import check_labels, label_index, label_names
from xstilts.data.readings import READINGS
from xstilts.data.rows import SCHEMAS
from xstilts.data.tables import open_table

READER = 1  # counts up when the same file and recipe give other rows


@dataclass(frozen=True)
class Loaded:
    """``rows`` in the schema of the task's type; ``left_out`` counts rows that could not be used, by reason."""

    rows: pa.Table
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Part:
    """One file's table with what is needed to name things in errors and to read its labels."""

    path: Path
    table: pa.Table
    task: Task
    columns: Mapping[str, str]
    split: str

    @property
    def training(self) -> bool:
        """Whether rows must be fit to train on."""
        return self.split == "train"


def load(paths: Sequence[Path], other: Sequence[Path], task: Task, files: Files, split: str) -> Loaded:
    """Read ``paths`` one after the other as ``task`` says.

    ``other`` are the files to join with, empty where ``files.join`` is None. In the split ``train`` rows that can not
    train (no label, no answer in the text) are left out; elsewhere an unknown label becomes -1. Raises ``Problem``
    that names the file for a damaged file, a missing column, an unknown label, labels that are all the same, or tags
    that do not fit their tokens.
    """
    columns = {**task.columns, **files.columns}
    partner = pa.concat_tables([open_table(path) for path in other]) if files.join else None
    loaded = []
    for path in paths:
        table = open_table(path, None if files.join else needed(task, files, columns, split))
        if files.join and partner is not None:
            table = joined(table, partner, files.join[1], path)
        for condition in files.where:
            table = filtered(table, condition, path)
        read: Mapping[str, str] = columns
        less: dict[str, int] = {}
        if files.reading:
            (table, less), read = made(table, files, split, path), {}
        elif "pairs" in columns:
            table, read = unfolded({role: column_of(table, name, path) for role, name in columns.items()}, path), {}
        found = _rows(_Part(path, table, task, read, split))
        loaded.append(Loaded(found.rows, {**less, **found.left_out}))
    rows = pa.concat_tables([part.rows for part in loaded]).combine_chunks()
    if task.type is TaskType.MINING:
        rows, blank = settled(rows, files.paired)
        loaded.append(Loaded(rows, {"no sentence": blank} if blank else {}))
    if "id" in roles_of(task.type, split):
        rows = named(rows)
    check_labels(rows, task, paths[0])
    reasons = dict.fromkeys(reason for part in loaded for reason in part.left_out)
    return Loaded(rows, {reason: sum(part.left_out.get(reason, 0) for part in loaded) for reason in reasons})


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
    size = int(keep.sum())
    arrays = {
        name: _READERS[name](part, name, found[name].combine_chunks()) if name in found else pa.nulls(size, kind)
        for name, kind in zip(schema.names, schema.types, strict=True)
    }
    rows = pa.table({name: arrays[name].cast(schema.field(name).type) for name in schema.names}, schema=schema)
    if part.task.type is TaskType.TOKEN_CLASSIFICATION:
        _check_lengths(part, rows)
    if part.task.type is TaskType.MULTIPLE_CHOICE:
        _check_choices(part, rows)
    if part.task.type is TaskType.SPAN_EXTRACTION and part.training:
        exact = _exact(rows)
        if part.task.no_answer:
            exact |= pc.equal(pc.list_value_length(rows["answer_texts"]), 0).to_numpy()
        left_out["an answer that is not where the file says"] = int((~exact).sum())
        rows = rows.filter(pa.array(exact))
    return Loaded(rows, {reason: count for reason, count in left_out.items() if count})


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
        answers_needed = part.training and not part.task.no_answer
        if role in ("label", *OPTIONAL_ROLES) or (role.startswith("answer_") and not answers_needed):
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
    if part.training and "label" in found:
        wrong = (_label(part, "label", found["label"].combine_chunks()).to_numpy() < 0) & keep
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
    return pa.array(_indices(part, role, values), pa.int16())


def _tags(part: _Part, role: str, values: pa.Array) -> pa.Array:
    if pa.types.is_string(values.type):
        values = pa.array([text.split() for text in values.to_pylist()], pa.list_(pa.string()))
    if not _is_list(values.type):
        raise _wrong(part, role, "a list of tags a row", values.type)
    tags = _indices(part, role, values.flatten())
    if (tags < 0).any():
        raise Problem(
            f"{part.path}: a tag in column '{part.columns.get(role, role)}' is missing; every token needs one"
        )
    ends = np.cumsum(pc.list_value_length(values).to_numpy(), dtype=np.int32)
    return pa.ListArray.from_arrays(np.concatenate([np.zeros(1, np.int32), ends]), pa.array(tags, pa.int16()))


_READERS: Mapping[str, Callable[[_Part, str, pa.Array], pa.Array]] = {
    **dict.fromkeys(("text_a", "text_b", "id", "question", "context", "source", "target"), _text),
    **dict.fromkeys(("query", "candidate", "text", "source_id", "target_id"), _text),
    **dict.fromkeys(("choices", "answer_texts", "tokens", "matches"), _texts),
    "answer_starts": _starts,
    "label": _label,
    "tags": _tags,
}


def _indices(part: _Part, role: str, values: pa.Array) -> np.ndarray:
    """int16 indices into ``Task.labels``, -1 where not known.

    Texts are looked up by name, then read as an index. Numbers whose names the file's metadata holds are looked up by
    these names, so a file with another order of labels is read rightly; other numbers are indices.
    """
    labels, column = part.task.labels, part.columns.get(role, role)
    kinds = values.unique().to_pylist()
    index = label_index(part.task, label_names(part.table.schema.metadata, column) if labels else ())
    found = [index(value) for value in kinds]
    unknown = [str(value) for value, place in zip(kinds, found, strict=True) if place is None]
    if unknown:
        known = f"labels: {', '.join(labels)}" if labels else "labels are whole numbers from 0"
        near = nearest(unknown[0], labels)
        raise Problem(f"{part.path}: column '{column}' holds the unknown label '{unknown[0]}'{near or '.'} {known}")
    if not kinds:
        return np.zeros(0, np.int16)
    indices: np.ndarray = np.array(found, np.int16)[values.dictionary_encode("encode").indices.to_numpy()]
    return indices


def _check_lengths(part: _Part, rows: pa.Table) -> None:
    tokens, tags = (pc.list_value_length(rows[name]).to_numpy() for name in ("tokens", "tags"))
    if (wrong := np.flatnonzero(tokens != tags)).size:
        row = int(wrong[0])
        raise Problem(
            f"{part.path}: the {row + 1}th usable row has {tokens[row]} tokens and {tags[row]} tags "
            f"({wrong.size} such rows); each token needs one tag"
        )


def _check_choices(part: _Part, rows: pa.Table) -> None:
    choices, label = pc.list_value_length(rows["choices"]).to_numpy(), rows["label"].to_numpy()
    if (wrong := np.flatnonzero((choices < 2) | (label >= choices))).size:
        row = int(wrong[0])
        raise Problem(
            f"{part.path}: the {row + 1}th usable row has {choices[row]} choices and the label {label[row]} "
            f"({wrong.size} such rows); at least two choices are needed, and labels count them from 0"
        )


def _exact(rows: pa.Table) -> np.ndarray:
    """Rows whose first answer stands in the context at its offset."""
    context, texts, starts = (rows[name].to_pylist() for name in ("context", "answer_texts", "answer_starts"))
    return np.fromiter(
        (
            bool(found and where) and where[0] >= 0 and text.startswith(found[0], where[0])
            for text, found, where in zip(context, texts, starts, strict=True)
        ),
        bool,
        len(context),
    )
