"""From valid files to broken ones.

In: a ``Case`` (files and the words of a command), a generator, a source of odd values. Out: another ``Case`` with one
to four things wrong. A file that has a structure is mostly broken inside of it (a value of another kind, a name twice,
depth, what looks like a path or a script) and sometimes in its bytes (bits, cuts, what is not UTF-8).
"""

from __future__ import annotations

import base64
import csv
import datetime
import io
import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Odd = Callable[[], Any]

DEEP = "@deep@"  # stands for a depth that no writer of JSON makes
TWICE = "@twice@"  # stands for the name beside it, given again
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 7, 2**15, 2**31, -(2**31) - 1, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**30, 0.5,
    -0.0, 1e308, 5e-324, float("nan"), float("inf"), float("-inf"), "", " ", "\t", "\n", "\0", "\x1b[31m", "\ud800",
    "\u2028", "\u202e", "\ufeff", "é", "👩‍👩‍👧", "-1", "1e999", "0x10", "nan", "null", "true", "../../x", "/etc/passwd",
    "~root/x", "C:\\x", "//host/x", "file:///etc/passwd", "<script>alert(1)</script>",
    "$(touch x)", "`x`", "; rm x", "%s%n", "{}",
    "{0.__class__}", "{language}", "[x]", "a,b", "'", '"', "#", "en", "train", "word " * 2000, "a" * 70_000, [], {},
    [None], [[]], [{}], {"": ""}, {"a": [1, "x"]}, [1, "x", None], ["x", ["y"]], ["a", "b"], [0, 1], [-1], [2**40],
    DEEP, TWICE,
)  # fmt: skip
_BYTES = (
    b"\0", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\r", b"\n", b"\n\n", b"\t", b'"', b"'", b"{", b"}",
    b"[", b"]", b",", b":", b"=", b"<", b"|", b"\\u0000", b"\\ud800", b"NaN", b"-", b"9" * 5000, b"1e999",
    b"[" * 3000, b"null",
)  # fmt: skip
_NESTING = 100_000


@dataclass(frozen=True)
class Case:
    """Files by the names under which they are put in a folder, and the words of a command."""

    files: Mapping[str, bytes]
    words: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that ``case_from_json`` reads."""
        words = [base64.b64encode(word.encode("utf-8", "surrogatepass")).decode() for word in self.words]
        return {
            "files": {name: base64.b64encode(content).decode() for name, content in self.files.items()},
            "words": words,
        }


def case_from_json(value: Mapping[str, Any]) -> Case:
    """The case that ``Case.to_json`` wrote."""
    files = {name: base64.b64decode(content) for name, content in value["files"].items()}
    return Case(files, tuple(base64.b64decode(word).decode("utf-8", "surrogatepass") for word in value["words"]))


def odd_of(dice: Random) -> Odd:
    """Odd values drawn from ``ODD``."""
    return lambda: dice.choice(ODD)


def broken(case: Case, dice: Random, odd: Odd) -> Case:
    """``case`` with one to four things wrong."""
    files, words = dict(case.files), list(case.words)
    for _ in range(dice.choice((1, 1, 1, 2, 2, 3, 4))):
        if not files or (words and dice.random() < 0.6):
            if words:
                _break_words(words, dice, odd)
            continue
        name = dice.choice(sorted(files))
        if dice.random() < 0.03:
            del files[name]
            if not files:
                return Case(files, tuple(words))
            continue
        files[name] = _break_file(name, files[name], dice, odd)
    return Case(files, tuple(words))


def _break_words(words: list[str], dice: Random, odd: Odd) -> None:
    place, way = dice.randrange(len(words)), dice.randrange(6)
    if way == 0:
        del words[place]
    elif way == 1:
        words.insert(place, words[dice.randrange(len(words))])
    elif way == 2:
        other = dice.randrange(len(words))
        words[place], words[other] = words[other], words[place]
    elif way == 3:
        words[place] = words[place][: dice.randrange(len(words[place]) + 1)]
    else:
        said = str(odd()).replace("\0", "")[:100_000].encode("utf-8", "replace").decode()
        words[place] = said if way == 4 else f"{words[place]}{said}"


def _break_file(name: str, content: bytes, dice: Random, odd: Odd) -> bytes:
    suffix = name.rsplit(".", 1)[-1]
    if suffix in _STRUCTURED and dice.random() < 0.8:
        try:
            return _STRUCTURED[suffix](content, dice, odd)
        except Exception:
            pass  # what is broken already has lost its structure, and not every odd value can be written in it
    return break_bytes(content, dice)


def break_bytes(content: bytes, dice: Random) -> bytes:
    """One thing wrong that needs no structure."""
    size = len(content)
    low, high = sorted((dice.randrange(size + 1), dice.randrange(size + 1)))
    way = dice.randrange(8)
    if way == 0:
        return content[:low]
    if way == 1 and size:
        place = dice.randrange(size)
        return content[:place] + bytes([content[place] ^ 1 << dice.randrange(8)]) + content[place + 1 :]
    if way == 2:
        return content[:low] + content[high:]
    if way == 3:
        return content[:high] + (content[low:high] * dice.choice((1, 2, 50)))[:100_000] + content[high:]
    if way == 4:
        lines = content.split(b"\n")
        dice.shuffle(lines)
        return b"\n".join(lines)
    if way == 5:
        return dice.choice(
            (b"", content.replace(b"\n", b"\r\n"), content.replace(b"\n", b""), b"\xef\xbb\xbf" + content)
        )
    return content[:low] + dice.choice(_BYTES) + content[low if way == 6 else high :]


# Trees of values, as JSON and TOML have them.


def break_tree(value: Any, dice: Random, odd: Odd) -> Any:
    """The value with one thing in it changed; it is changed in place where it can be."""
    places = [(None, None), *_places(value)]
    holder, key = dice.choice(places)
    if holder is None:
        return odd() if dice.random() < 0.2 or len(places) == 1 else break_tree(value, dice, odd)
    way = dice.randrange(8)
    if way <= 2:
        holder[key] = odd()
    elif way == 3:
        del holder[key]
    elif way == 4:
        other, its = dice.choice(places[1:])
        holder[key] = other[its]
        _uncircled(holder, key, other[its])
    elif way == 5:
        holder[key] = [holder[key]] if dice.random() < 0.5 else {"x": holder[key]}
    elif way == 6 and isinstance(holder, dict):
        holder[str(odd())] = holder.pop(key) if dice.random() < 0.5 else holder[key]
    elif isinstance(holder[key], str):
        holder[key] = holder[key] + str(odd())
    elif isinstance(holder, list):
        holder.append(holder[key])
    else:
        holder[f"{key} "] = odd()
    return value


def _uncircled(holder: Any, key: Any, copied: Any) -> None:
    """What is put elsewhere is put there as a copy, so that nothing holds itself."""
    holder[key] = None
    holder[key] = json.loads(json.dumps(copied, default=str))


def _places(value: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    left = [value]
    while left and len(found) < 5000:
        one = left.pop()
        pairs = one.items() if isinstance(one, dict) else enumerate(one) if isinstance(one, list) else ()
        for key, inner in pairs:
            found.append((one, key))
            left.append(inner)
    return found


def _dumped(value: Any, dice: Random) -> bytes:
    plain = dice.random() < 0.5
    try:
        text = json.dumps(value, ensure_ascii=not plain).encode()
    except UnicodeEncodeError:
        text = json.dumps(value).encode()
    text = text.replace(b'"' + DEEP.encode() + b'"', b"[" * _NESTING + (b"]" * _NESTING if plain else b""))
    if TWICE.encode() in text and (first := text.find(b'"')) >= 0:
        name = text[first : text.find(b'"', first + 1) + 1]
        text = text.replace(b"{", b"{" + name + b": 1, ", 1)
    return text


def _json(content: bytes, dice: Random, odd: Odd) -> bytes:
    return _dumped(break_tree(json.loads(content), dice, odd), dice)


def _jsonl(content: bytes, dice: Random, odd: Odd) -> bytes:
    rows = break_tree([json.loads(line) for line in content.splitlines() if line.strip()], dice, odd)
    return b"\n".join(_dumped(row, dice) for row in rows)


def _toml(content: bytes, dice: Random, odd: Odd) -> bytes:
    tables = tomllib.loads(content.decode())
    for _ in range(dice.randrange(1, 3)):
        tables = break_tree(tables, dice, odd)
    lines = [f"{_toml_text(name)} = {_toml_value(value)}\n" for name, value in tables.items()]
    if dice.random() < 0.05:
        lines.append(dice.choice(lines))
    text = "".join(lines).encode("utf-8", "surrogatepass" if dice.random() < 0.5 else "replace")
    return text.replace(b'"' + DEEP.encode() + b'"', b"[" * 5000 + b"]" * 5000)


def _toml_text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _toml_value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml_text(str(name))} = {_toml_value(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return "1979-05-27" if value is None else _toml_text(str(value))  # TOML has no null, but dates


# Tables.


def _csv(content: bytes, dice: Random, odd: Odd) -> bytes:
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    rows = break_tree(rows, dice, odd)
    text = io.StringIO(newline="")
    csv.writer(text, quoting=dice.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))).writerows(
        row if isinstance(row, list) else [row] for row in rows
    )
    return text.getvalue().encode("utf-8", "replace")


def _parquet(content: bytes, dice: Random, odd: Odd) -> bytes:
    table = pq.read_table(io.BytesIO(content))
    if dice.random() < 0.5:
        table = pa.Table.from_pylist(break_tree(table.to_pylist(), dice, odd)).replace_schema_metadata(
            table.schema.metadata
        )
    else:
        table = _other_kind(table, dice)
    written = io.BytesIO()
    pq.write_table(table, written, row_group_size=dice.choice((1, 1000)))
    return written.getvalue()


def _other_kind(table: pa.Table, dice: Random) -> pa.Table:
    """A column of the same name and another kind, no column, no rows, rows again, other metadata."""
    place, rows, way = dice.randrange(table.num_columns), table.num_rows, dice.randrange(8)
    if way == 0:
        return table.remove_column(place)
    if way == 1:
        return table.slice(0, 0)
    if way == 2:
        return pa.concat_tables([table, table])
    if way == 3:
        return table.replace_schema_metadata(
            {b"huggingface": dice.choice((b"{", b"[]", b"null", b"\xff", b'{"info": 3}'))}
        )
    if way == 4:
        return table.append_column(table.column_names[place], table.column(place))
    kinds = (
        pa.null(), pa.bool_(), pa.int8(), pa.uint64(), pa.float16(), pa.float64(), pa.decimal128(5, 2), pa.date32(),
        pa.timestamp("us", "UTC"), pa.duration("s"), pa.binary(), pa.large_string(), pa.string_view(),
        pa.list_(pa.null()),
        pa.list_(pa.int64()), pa.large_list(pa.string()), pa.list_(pa.string(), 2), pa.list_(pa.list_(pa.string())),
        pa.map_(pa.string(), pa.int32()), pa.struct([("text", pa.string()), ("answer_start", pa.list_(pa.int32()))]),
        pa.dictionary(pa.int8(), pa.string()), pa.binary(3),
    )  # fmt: skip
    kind = dice.choice(kinds)
    try:
        column = table.column(place).cast(kind)
    except (pa.ArrowException, NotImplementedError):
        column = pa.nulls(rows, kind) if dice.random() < 0.5 else _filled(rows, kind)
    return table.set_column(place, table.column_names[place], column)


def _filled(rows: int, kind: pa.DataType) -> pa.Array:
    for value in (b"\xff\xfe", b"abc", ["a", "b"], [["a"]], [1], 1, True, "x", [("k", 1)], {"text": "x"}):
        try:
            return pa.array([value] * rows, kind)
        except (pa.ArrowException, TypeError, ValueError, AttributeError):
            continue
    return pa.nulls(rows, kind)


def _safetensors(content: bytes, dice: Random, odd: Odd) -> bytes:
    length = int.from_bytes(content[:8], "little")
    header = _dumped(break_tree(json.loads(content[8 : 8 + length]), dice, odd), dice)
    said = dice.choice((len(header), len(header), len(header), 0, 2**63, len(header) + 7))
    return said.to_bytes(8, "little") + header + content[8 + length :]


_STRUCTURED: Mapping[str, Callable[[bytes, Random, Odd], bytes]] = {
    "json": _json,
    "jsonl": _jsonl,
    "toml": _toml,
    "csv": _csv,
    "parquet": _parquet,
    "safetensors": _safetensors,
}
