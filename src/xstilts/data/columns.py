"""Columns of a table by the names that a task gives them.

In: a table as its file has it, entries of ``Task.columns``. Out: columns, rows that fulfil a condition, rows joined
with those of another file, rows made of what a file holds in their stead. A column may be ``outer.inner``, a field of a
struct, or a text with columns in braces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.task import OPTIONAL_ROLES, ROLES, ROW_NUMBER, Files, Task, TaskType, roles_of
from xstilts.data.readings import READINGS
from xstilts.data.rows import SCHEMAS
from xstilts.data.tables import column_names

PLACE = "row in the file"  # from 1, beside the file's own columns, so that mistakes can name it
BRACES = re.compile(r"\{([^{}]+)\}")
_COMPARE: Mapping[str, Callable[..., Any]] = {
    "==": pc.equal,
    "!=": pc.not_equal,
    "<": pc.less,
    ">=": pc.greater_equal,
    "starts": pc.starts_with,
}


def names_in(column: str) -> list[str]:
    """The columns that an entry of ``Task.columns`` names."""
    return BRACES.findall(column) if "{" in column else [name.strip() for name in column.split(",")]


def required(task: Task, files: Files, split: str) -> list[str]:
    """Columns that a file must have: of every role that is not optional or that its task names."""
    if files.reading:
        return list(READINGS[files.reading].columns[split])
    columns = {**task.columns, **files.columns}
    roles = [role for role in roles_of(task.type, split) if role not in OPTIONAL_ROLES or role in columns]
    named = [name for role in roles for name in names_in(columns.get(role, role))]
    return list(dict.fromkeys([*named, *(name for name, _, _ in files.where if name != ROW_NUMBER)]))


def needed(task: Task, files: Files, columns: Mapping[str, str], split: str) -> set[str]:
    """Names of the columns that may be read, structs by their outer name."""
    names = {name for role in ROLES[task.type] for name in names_in(columns.get(role, role))}
    if files.reading:
        names = {*READINGS[files.reading].columns[split], *READINGS[files.reading].optional}
    names |= {column for column, _, _ in files.where}
    return names | {name.split(".")[0] for name in names}


def filtered(table: pa.Table, condition: tuple[str, str, str | int], path: Path) -> pa.Table:
    """Rows of ``table`` that fulfil ``condition``; a missing value differs from every value."""
    name, comparison, value = condition
    column = pc.subtract(table[PLACE], 1) if name == ROW_NUMBER else column_of(table, name, path)
    try:
        if isinstance(value, int) and pa.types.is_string(column.type):
            column = column.cast(pa.int64())
        return table.filter(pc.fill_null(_COMPARE[comparison](column, value), comparison == "!="))
    except pa.ArrowException as error:
        raise Problem(
            f"{path}: column '{name}' ({column.type}) can not be compared with {value!r}: correct the task"
        ) from error


def joined(table: pa.Table, partner: pa.Table, key: str, path: Path) -> pa.Table:
    """Rows of ``table`` with a partner, in their order; the partner's columns are called ``other.NAME``."""
    wanted = column_of(table, key, path)
    places = pc.index_in(wanted, column_of(partner, key, path).combine_chunks().cast(wanted.type))
    found = pc.is_valid(places)
    table, taken = table.filter(found), partner.take(pc.drop_null(places))
    for name in taken.column_names:
        table = table.append_column(f"other.{name}", taken[name])
    return table


def column_of(table: pa.Table, name: str, path: Path) -> pa.ChunkedArray:
    """A column by its name, or a field of a struct by ``outer.inner``."""
    if table.column_names.count(name) > 1:
        raise Problem(f"{path} has several columns '{name}': give every column a name of its own")
    if name in table.column_names:
        return table[name]
    outer, _, inner = name.partition(".")
    if inner and outer in table.column_names and pa.types.is_struct(table.schema.field(outer).type):
        kind = table.schema.field(outer).type
        if kind.get_field_index(inner) >= 0:
            return pc.struct_field(table[outer], inner)
    known = [*column_names(path), *(added for added in table.column_names if added.startswith("other."))]
    raise Problem(f"{path} has no column '{name}'{nearest(name, known) or '.'} columns: {', '.join(known)}")


def made(table: pa.Table, files: Files, split: str, path: Path) -> tuple[pa.Table, dict[str, int]]:
    """The rows of a ranking that ``files.reading`` makes of ``table``, and how many are left out why."""
    reading, schema = READINGS[files.reading], SCHEMAS[TaskType.RANKING]
    there = [*reading.columns[split], *(name for name in reading.optional if name in table.column_names)]
    try:
        found, left_out = reading.rows({name: column_of(table, name, path).to_pylist() for name in there}, split)
        columns = {name: pa.array(values, schema.field(name).type) for name, values in found.items()}
    except (TypeError, LookupError, AttributeError) as error:
        raise Problem(f"{path}: its columns are not what '{files.reading}' are read from ({error!r})") from error
    except (ValueError, pa.ArrowException) as error:
        raise Problem(f"{path}, {error}") from error
    return pa.table(columns), {reason: count for reason, count in left_out.items() if count}


def named(rows: pa.Table) -> pa.Table:
    """Rows without ids are called by their numbers; what matches nothing by name matches its own id."""
    if rows["id"].null_count:
        names = pa.array([str(row) for row in range(rows.num_rows)])
        rows = rows.set_column(rows.column_names.index("id"), "id", names)
    if "matches" in rows.column_names and rows["matches"].null_count:
        own = pa.array([[name] for name in rows["id"].to_pylist()], pa.list_(pa.string()))
        rows = rows.set_column(rows.column_names.index("matches"), "matches", pc.coalesce(rows["matches"], own))
    return rows
