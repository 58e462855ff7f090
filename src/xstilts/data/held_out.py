"""A user's own rows, cut into those that train and those that are held out.

In: a table as its file has it, which columns hold what. Out: labels as texts, their names, and two tables. Rows with
the same text stay on one side, so that what is held out was not seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.data.columns import column_of
from xstilts.data.examine import mistakes_in
from xstilts.data.given import LABELS, TEXTS
from xstilts.data.random import stream

SHARE, MOST = 0.1, 2_000  # of the rows, and rows at most, that are held out
MANY_LABELS = 1_000


def named_labels(table: pa.Table, type: TaskType, columns: Mapping[str, str], path: Path) -> tuple[str, ...]:
    """The names of the labels in ``table``, sorted, numbers by size; none for types whose answers have no names."""
    if type not in (TaskType.CLASSIFICATION, TaskType.TOKEN_CLASSIFICATION):
        return ()
    (role,) = LABELS[type]
    values = column_of(with_texts(table, type, columns, path), columns.get(role, role), path)
    if type is TaskType.TOKEN_CLASSIFICATION:
        rows = [row.split() if isinstance(row, str) else row or [] for row in values.to_pylist()]
        found = {tag for row in rows for tag in row if tag}
    else:
        found = {value for value in values.to_pylist() if value}
    if len(found) > max(2, min(MANY_LABELS, table.num_rows // 2)):
        raise Problem(
            f"{path}: column '{columns.get(role, role)}' has {len(found):,} different labels in {table.num_rows:,} "
            f"rows: name the column that holds labels, with --column {role}=NAME"
        )
    return tuple(sorted(found, key=lambda name: (0, int(name), name) if name.isdecimal() else (1, 0, name)))


def with_texts(table: pa.Table, type: TaskType, columns: Mapping[str, str], path: Path) -> pa.Table:
    """``table`` with labels as texts, so that a label called 1 is never taken for the second one."""
    if type not in (TaskType.CLASSIFICATION, TaskType.TOKEN_CLASSIFICATION):
        return table
    (role,) = LABELS[type]
    name = columns.get(role, role)
    column = column_of(table, name, path)
    kind = pa.list_(pa.string()) if pa.types.is_list(column.type) else pa.string()
    return table.set_column(table.column_names.index(name), name, column.cast(kind))


def cut(
    table: pa.Table, type: TaskType, columns: Mapping[str, str], path: Path, seed: int
) -> tuple[pa.Table, pa.Table]:
    """What trains and what is held out: a tenth of the different texts, drawn from ``seed``, at most ``MOST``.

    Of questions and answers whole contexts are held out. Raises ``Problem`` where there is too little to cut.
    """
    role = "context" if type is TaskType.SPAN_EXTRACTION else TEXTS[type][0]
    texts = column_of(table, columns.get(role, role), path)
    group = np.unique(np.array([repr(text) for text in texts.to_pylist()]), return_inverse=True)[1]
    groups = int(group.max(initial=-1)) + 1
    wanted = min(MOST, round(SHARE * groups))
    if not wanted:
        raise Problem(f"{path} has {groups} different texts: too few to hold some out; name others with --validation")
    out = np.isin(group, stream(seed, "held out").permutation(groups)[:wanted])
    return table.filter(pa.array(~out)), table.filter(pa.array(out))


def mistakes(
    table: pa.Table,
    type: TaskType,
    labels: tuple[str, ...],
    columns: Mapping[str, str],
    path: Path,
    split: str,
    place: Path,
) -> list[str]:
    """What is wrong with the rows of ``path``, a line each; ``table`` are its rows with labels as texts. ``place`` is a
    folder in which they may be written for a moment."""
    copy = place / "looked-at.parquet"
    pq.write_table(table, copy)
    files = Files("", ("",), split, path=str(copy))
    task = Task("mine", "mine", type, "", ("en",), {split: files}, columns, labels)
    try:
        return [line.replace(str(copy), str(path)) for line in mistakes_in(copy, task, files, split)]
    finally:
        copy.unlink()
