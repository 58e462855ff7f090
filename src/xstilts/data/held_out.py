"""A user's own rows, cut into those that train and those that are held out.

In: a table as its file has it, which columns hold what. Out: labels as texts, their names, and two tables. Rows with
the same text stay on one side, so that what is held out was not seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.data.columns import column_of
from xstilts.data.examine import mistakes_of
from xstilts.data.given import LABELS, TEXTS
from xstilts.data.random import stream

SHARE, MOST = 0.1, 2_000  # of the rows, and rows at most, that are held out
MANY_LABELS = 1_000


def named_labels(table: pa.Table, type: TaskType, columns: Mapping[str, str], path: Path) -> tuple[str, ...]:
    """The names of the labels in ``table``, sorted, numbers by size; none for types whose answers have no names."""
    if type not in (TaskType.CLASSIFICATION, TaskType.TOKEN_CLASSIFICATION):
        return ()
    (role,) = LABELS[type]
    name = columns.get(role, role)
    if name not in table.column_names:
        raise Problem(
            f"{path} has no column '{name}'{nearest(name, table.column_names) or ''} (it has "
            f"{', '.join(table.column_names)}): name the column that holds labels, with --column {role}=NAME"
        )
    values = column_of(with_texts(table, type, columns, path), name, path)
    if type is TaskType.TOKEN_CLASSIFICATION:
        rows = [row.split() if isinstance(row, str) else row or [] for row in values.to_pylist()]
        found = Counter(tag for row in rows for tag in row if tag)
    else:
        found = Counter(value for value in values.to_pylist() if value)
    _check_alike(found, path, name)
    if len(found) > max(2, min(MANY_LABELS, table.num_rows // 2)):
        raise Problem(
            f"{path}: column '{name}' has {len(found):,} different labels in {table.num_rows:,} "
            f"rows: name the column that holds labels, with --column {role}=NAME"
        )
    names = {label.strip() for label in found}
    return tuple(sorted(names, key=lambda label: (0, int(label), label) if label.isdecimal() else (1, 0, label)))


def _check_alike(found: Counter[str], path: Path, column: str) -> None:
    """Raises ``Problem`` for labels that differ only by case or blanks, which a reader takes for one, and for -1, which
    published sets write where they have no label."""
    alike: dict[str, list[str]] = {}
    for label in found:
        alike.setdefault(" ".join(label.split()).casefold(), []).append(label)
    wrong = []
    for spellings in alike.values():
        if len(spellings) > 1:
            said = ", ".join(f"'{label}' ({found[label]:,})" for label in sorted(spellings, key=lambda x: -found[x]))
            wrong.append(
                f"{path}: labels in column '{column}' differ only by case or blanks, {said}: write each in one way"
            )
    if count := sum(found[label] for label in alike.get("-1", ())):
        wrong.append(
            f"{path}: column '{column}' holds -1 {count:,} times, which stands for no label: give it a name, or take "
            "these rows out"
        )
    if wrong:
        raise Problem(*wrong)


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
    table: pa.Table, type: TaskType, labels: tuple[str, ...], columns: Mapping[str, str], path: Path, split: str
) -> list[str]:
    """What is wrong with the rows of ``path``, a line each; ``table`` are its rows with labels as texts."""
    files = Files("", ("",), split, path=str(path))
    task = Task("mine", "mine", type, "", ("en",), {split: files}, columns, labels)
    return mistakes_of(table, path, task, files, split)
