"""A user's own rows in one file, labelled or not, in the form of a task type.

In: a file, a task type. Out: an Arrow table in the type's schema, and whether its labels are known. Only texts are
required: what is not labelled can still be compared with other tasks' texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType
from xstilts.data.columns import column_of
from xstilts.data.rows import SCHEMAS
from xstilts.data.tables import open_table, places, unreadable

TEXTS = {
    TaskType.CLASSIFICATION: ("text_a",),
    TaskType.MULTIPLE_CHOICE: ("text_a", "choices"),
    TaskType.SPAN_EXTRACTION: ("question", "context"),
    TaskType.TOKEN_CLASSIFICATION: ("tokens",),
    TaskType.RETRIEVAL: ("source", "target"),
}
LABELS = {
    TaskType.CLASSIFICATION: ("label",),
    TaskType.MULTIPLE_CHOICE: ("label",),
    TaskType.SPAN_EXTRACTION: ("answer_texts", "answer_starts"),
    TaskType.TOKEN_CLASSIFICATION: ("tags",),
}


_SAME: Mapping[str, str] = MappingProxyType({})


def given_rows(
    path: Path, type: TaskType, named: Mapping[str, str] = _SAME, labelled: bool = True
) -> tuple[pa.Table, bool]:
    """The rows of ``path`` as rows of a task of ``type``, and whether they have labels.

    Labels may be names or numbers; tokens and tags lists, or texts with blanks between. ``named``: what the file calls
    a role that has another name. Without ``labelled`` labels are passed over. Raises ``Problem`` for what is not there
    or has no texts.
    """
    if type not in TEXTS:
        raise Problem(f"files of one's own are read for the types {', '.join(TEXTS)}, not for {type}")
    if wrong := unreadable(path):
        raise Problem(wrong)
    table = open_table(path)
    for role, name in named.items():
        if role != name and name in table.column_names:
            table = table.drop_columns([role] if role in table.column_names else [])
            table = table.rename_columns([role if one == name else one for one in table.column_names])
    wanted = TEXTS[type]
    if lacking := [name for name in wanted if name not in table.column_names]:
        raise Problem(
            f"{path}: a target of type {type} needs the columns {', '.join(wanted)}; there is no "
            f"{', '.join(lacking)} (it has {', '.join(table.column_names)}): name it with --column {lacking[0]}=NAME"
        )
    if not table.num_rows:
        raise Problem(f"{path} holds no rows")
    labelled = labelled and bool(LABELS.get(type)) and all(name in table.column_names for name in LABELS[type])
    rows = table.num_rows
    columns: dict[str, list[object]] = {}
    for field in SCHEMAS[type]:
        if field.name in LABELS.get(type, ()) and not labelled:
            columns[field.name] = [_no_label(field.name, row) for row in _split(table, wanted[0], path)]
        elif field.name == "label":
            columns["label"] = _numbers(column_of(table, "label", path).to_pylist())
        elif field.name == "tags":
            columns["tags"] = _tags(_split(table, "tags", path))
        elif pa.types.is_list(field.type):
            columns[field.name] = _split(table, field.name, path)
        elif field.name in table.column_names:
            columns[field.name] = [
                None if value is None else str(value) for value in column_of(table, field.name, path).to_pylist()
            ]
        else:
            columns[field.name] = [str(k) if field.name == "id" else None for k in range(rows)]
    try:
        found = pa.table(columns, schema=SCHEMAS[type])
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError) as error:
        raise Problem(f"{path} does not hold rows of type {type}: {str(error).splitlines()[0]}") from error
    for role in wanted:
        if found[role].null_count:
            first = found[role].is_null().index(True).as_py() + 1
            more = f" ({found[role].null_count:,} such rows)"
            raise Problem(f"{path}, {places(path)(first)}: no {role}{more}: fill it in, or take the row out")
    return found, labelled


def _no_label(name: str, row: object) -> object:
    """What stands for a label that is not known."""
    return -1 if name == "label" else [-1] * len(row) if name == "tags" and isinstance(row, list) else []


def _split(table: pa.Table, name: str, path: Path) -> list[object]:
    """A column of lists; texts are cut at blanks."""
    return [value.split() if isinstance(value, str) else value for value in column_of(table, name, path).to_pylist()]


def _numbers(values: list[object]) -> list[object]:
    """Labels as numbers from 0, names in their order; -1 where there is none."""
    known = {name: k for k, name in enumerate(sorted({str(v) for v in values if v is not None and str(v) != ""}))}
    return [known.get(str(value), -1) for value in values]


def _tags(rows: list[object]) -> list[object]:
    names = sorted({str(tag) for row in rows if isinstance(row, list) for tag in row})
    known = {name: k for k, name in enumerate(names)}
    return [[known[str(tag)] for tag in row] if isinstance(row, list) else [] for row in rows]
