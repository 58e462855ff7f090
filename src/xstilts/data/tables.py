"""Opens one file as an Arrow table.

In: a Parquet, JSON (one object a line, or one list of objects) or CSV file. Out: its columns as they are, before any
task has a say. A damaged file gives a ``Problem`` that names it.
"""

from __future__ import annotations

import contextlib
import csv
import json
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from xstilts.catalogue.errors import Problem

SUFFIXES = (".parquet", ".jsonl", ".json", ".csv")
_MARKS = {
    ",": "commas",
    ";": "semicolons",
    "\t": "tabs",
}  # between the fields of a CSV file, the first that its head has
_WORDS = {
    str: "a text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object",
}  # fmt: skip


def unreadable(path: Path) -> str:
    """Why ``path`` is none of a user's files that are read here; nothing where it may be one."""
    if not path.is_file():
        return f"'{path}' is no file that can be read: check its name and folder"
    if path.suffix not in SUFFIXES:
        marks = " or ".join(_MARKS.values())
        return (
            f"'{path}' is no file that can be read: save it as one of {', '.join(SUFFIXES)} (a .csv may have {marks} "
            "between its columns)"
        )
    return ""


def open_table(path: Path, needed: Collection[str] | None = None) -> pa.Table:
    """The file as a table with its schema metadata; of a Parquet file only ``needed`` columns where these are given.

    Columns of a CSV file are all texts; commas are between them, or semicolons or tabs where its head has no comma.
    Raises ``Problem`` for a file that is damaged or of another format.
    """
    if path.suffix in (".jsonl", ".json"):
        return _open_json(path)
    kind, reader = ("CSV", _open_csv) if path.suffix == ".csv" else ("Parquet", _open_parquet)
    try:
        table = reader(path, needed)
        table.validate(full=True)  # texts of a Parquet file may be no UTF-8
        return _decoded(table)
    except (pa.ArrowException, ValueError, OSError) as error:
        if kind == "CSV" and (wrong := not_utf8(path) or blank(path) or _uneven(path)):
            raise Problem(wrong) from error
        raise _not_whole(path, kind, error) from error


def _not_whole(path: Path, kind: str, error: Exception) -> Problem:
    first = str(error).split("\n")[0]
    return Problem(f"{path} is not a whole {kind} file ({first}): fetch it or copy it again")


def _decoded(table: pa.Table) -> pa.Table:
    """Categories as the texts or numbers that they stand for."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(field.type.value_type))
    return table


def places(path: Path) -> Callable[[int], str]:
    """How the rows of a file are named in messages, by their number from 1: in texts with the line of the file on which
    a row begins, since lines are what an editor shows."""
    if path.suffix == ".jsonl" or (path.suffix == ".json" and not _is_list(path.read_bytes())):
        lines = [number for number, line in enumerate(path.read_bytes().split(b"\n"), start=1) if line.strip()]
        return lambda row: f"line {lines[row - 1]}" if row <= len(lines) else f"row {row}"
    if path.suffix == ".json":
        return lambda row: f"entry {row}"
    starts = [line for line, _ in _records(path)][1:] if path.suffix == ".csv" else []
    return lambda row: f"row {row} (line {starts[row - 1]})" if row <= len(starts) else f"row {row}"


def blank(path: Path) -> str:
    """That a text file holds nothing, and what to do; nothing where it holds something."""
    held = path.suffix == ".parquet" or path.read_bytes().strip()
    return "" if held else f"{path} is empty: give it at least one row, or take it out of the study"


def not_utf8(path: Path) -> str:
    """Where a text file is no UTF-8, and what to do; nothing where it is."""
    content = path.read_bytes()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return f"{path}, line {line}: byte 0x{content[error.start]:02x} is not UTF-8: save the file in UTF-8"
    return ""


def column_names(path: Path) -> list[str]:
    """The names of all columns of a file that can be opened; fields of structs as ``outer.inner``."""
    if path.suffix != ".parquet":
        return schema_names(open_table(path).schema)
    try:
        return schema_names(pq.read_schema(path))
    except (pa.ArrowException, OSError) as error:
        raise _not_whole(path, "Parquet", error) from error


def schema_names(schema: pa.Schema) -> list[str]:
    """The same for a schema."""
    structs = [field for field in schema if pa.types.is_struct(field.type)]
    return [*schema.names, *(f"{field.name}.{inner.name}" for field in structs for inner in field.type)]


def _open_parquet(path: Path, needed: Collection[str] | None) -> pa.Table:
    with pq.ParquetFile(path) as file:
        names = [name for name in file.schema_arrow.names if needed is None or name in needed]
        return file.read(names or None).replace_schema_metadata(file.schema_arrow.metadata)


def _open_csv(path: Path, needed: Collection[str] | None) -> pa.Table:
    parse = pyarrow.csv.ParseOptions(newlines_in_values=True, delimiter=_mark(path))
    with pyarrow.csv.open_csv(path, parse_options=parse) as reader:
        names = reader.schema.names
    convert = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    return pyarrow.csv.read_csv(path, parse_options=parse, convert_options=convert)


def _mark(path: Path) -> str:
    """What stands between the fields of a CSV file. Spreadsheets of many countries write semicolons."""
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as text, contextlib.suppress(csv.Error):
        head = next((line for line in text if line.strip()), "")
        return next((mark for mark in _MARKS if len(next(csv.reader([head], delimiter=mark), [])) > 1), ",")
    return ","


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The head and the rows of a CSV file with the line on which each begins; blank lines are passed over, and it ends
    where the rest can not be read."""
    mark = _mark(path)
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as text, contextlib.suppress(csv.Error):
        rows = csv.reader(text, delimiter=mark)
        start = 1
        for row in rows:
            if row:
                yield start, row
            start = rows.line_num + 1


def _uneven(path: Path) -> str:
    """The first row of a CSV file that has not as many fields as the head, and what to do; nothing where all have."""
    rows = _records(path)
    _, head = next(rows, (1, []))
    for number, (line, row) in enumerate(rows, start=1):
        if len(row) != len(head):
            marks = _MARKS[_mark(path)]
            return (
                f"{path}, row {number} (line {line}): {len(row)} fields, where the head has {len(head)} with {marks} "
                f"between them: put texts that hold {marks}, quotes or line breaks in double quotes"
            )
    return ""


def _open_json(path: Path) -> pa.Table:
    if wrong := not_utf8(path):
        raise Problem(wrong)
    rows = list(json_rows(path))
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: _column(path, name, [row.get(name) for row in rows]) for name in names})


def _column(path: Path, name: str, values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError) as error:
        kinds = [_WORDS.get(type(value), "") for value in values]
        first = next(kind for kind in kinds if kind)
        odd = next((place for place, kind in enumerate(kinds) if kind not in (first, "")), None)
        if odd is not None:
            raise Problem(
                f"{path}, {places(path)(odd + 1)}: the field '{name}' is {kinds[odd]} here and {first} before: write "
                "all of them as texts, or all as numbers"
            ) from error
        raise Problem(
            f"{path}: the field '{name}' has values of different kinds in different rows ({error}): write all of them "
            "as texts, or all as numbers"
        ) from error


def json_rows(path: Path) -> Iterator[dict[str, Any]]:
    """One object a line, or the objects of one list; blank lines are passed over. Lines end at line feeds only, so that
    a text may hold U+2028."""
    content = path.read_bytes()
    if path.suffix == ".json" and _is_list(content):
        yield from _listed(path, content)
        return
    wanted = "each line must be one JSON object" + ", or the file one list of them" * (path.suffix == ".json")
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        row = parsed(line, f"{path}, line {number}", wanted)
        if not isinstance(row, dict):
            raise Problem(f'{path}, line {number}: each line must be one JSON object such as {{"text": "..."}}')
        yield row


def _is_list(content: bytes) -> bool:
    return content.lstrip().startswith(b"[")


def _listed(path: Path, content: bytes) -> Iterator[dict[str, Any]]:
    rows = parsed(content, str(path), "it must be one list of JSON objects")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise Problem(f"{path}, entry {number}: it is no JSON object")
        yield row


def parsed(content: bytes, where: str, wanted: str) -> Any:
    """A JSON value. Raises ``Problem`` for what is none, is nested too deeply or has half a character in a text."""
    try:
        value = json.loads(content)
        if b"\\ud" in content.lower():  # half of a pair of escapes makes a text that no table can hold
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        line = f", line {error.lineno}" if b"\n" in content.strip() else ""
        raise Problem(f"{where}{line}, character {error.colno}: no JSON ({error.msg}); {wanted} in UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise Problem(f"{where}: {error}; {wanted} in UTF-8") from error
    return value
