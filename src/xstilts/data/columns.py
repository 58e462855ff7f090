"""Columns of a table by the names that a task gives them.

In: a table as its file has it, entries of ``Task.columns``. Out: columns, rows that fulfil a condition, rows joined
with those of another file. A column may be ``outer.inner``, a field of a struct, or a text with columns in braces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.task import OPTIONAL_ROLES, ROLES, Files, Task, TaskType
from xstilts.data.tables import column_names

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


def required(kind: TaskType, columns: Mapping[str, str]) -> list[str]:
    """Columns that a file must have: of every role that is not optional or that ``columns`` names."""
    roles = [role for role in ROLES[kind] if role not in OPTIONAL_ROLES or role in columns]
    return list(dict.fromkeys(name for role in roles for name in names_in(columns.get(role, role))))


def needed(task: Task, files: Files, columns: Mapping[str, str]) -> set[str]:
    """Names of the columns that may be read, structs by their outer name."""
    names = {name for role in ROLES[task.type] for name in names_in(columns.get(role, role))}
    names |= {column for column, _, _ in files.where}
    return names | {name.split(".")[0] for name in names}


def filtered(table: pa.Table, condition: tuple[str, str, str | int], path: Path) -> pa.Table:
    """Rows of ``table`` that fulfil ``condition``; a missing value differs from every value."""
    name, comparison, value = condition
    column = column_of(table, name, path)
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
    if name in table.column_names:
        return table[name]
    outer, _, inner = name.partition(".")
    if inner and outer in table.column_names and pa.types.is_struct(table.schema.field(outer).type):
        kind = table.schema.field(outer).type
        if kind.get_field_index(inner) >= 0:
            return pc.struct_field(table[outer], inner)
    known = [*column_names(path), *(added for added in table.column_names if added.startswith("other."))]
    raise Problem(f"{path} has no column '{name}'{nearest(name, known) or '.'} columns: {', '.join(known)}")
