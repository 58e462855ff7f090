"""Labels that nobody can list beforehand: those that occur often enough in the training rows.

In: the training files of a task with ``common``. Out: the same task with its labels, the most frequent first and
``other`` last, as which all rarer ones are read. Supertags are counted so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import Files, Task
from xstilts.data.columns import column_of
from xstilts.data.labels import label_names
from xstilts.data.tables import open_table


def with_labels(task: Task, files: Files, paths: Sequence[Path]) -> Task:
    """``task`` with the tags that ``paths``, its training files, hold at least ``task.common`` times.

    Raises ``Problem`` where none does, or where the column is not one of tags.
    """
    name = {**task.columns, **files.columns}.get("tags", "tags")
    counts: Counter[str] = Counter()
    for path in paths:
        counts.update(_tags(path, name))
    often = sorted((tag for tag, count in counts.items() if count >= task.common), key=lambda tag: (-counts[tag], tag))
    labels = [tag for tag in often if tag != task.other]
    if not labels:
        raise Problem(
            f"{paths[0]}: no tag in column '{name}' occurs {task.common} times, so '{task.name}' has no labels: give "
            "it all of its training rows"
        )
    return replace(task, labels=(*labels, task.other))


def _tags(path: Path, name: str) -> dict[str, int]:
    table = open_table(path, {name.split(".")[0]})
    column = column_of(table, name, path).combine_chunks()
    if pa.types.is_string(column.type):
        column = pc.utf8_split_whitespace(pc.utf8_trim_whitespace(column))
    if not (pa.types.is_list(column.type) or pa.types.is_large_list(column.type)):
        raise Problem(f"{path}: column '{name}' holds {column.type}, but tags needs a list of tags a row")
    numbered = label_names(table.schema.metadata, name)
    counted = [(row["values"], row["counts"]) for row in column.flatten().value_counts().to_pylist()]
    return {
        (numbered[tag] if numbered and isinstance(tag, int) else str(tag)): count
        for tag, count in counted
        if tag not in (None, "")
    }
