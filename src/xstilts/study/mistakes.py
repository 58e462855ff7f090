"""From a checker's report to sentences for the author of a study file.

In: pydantic's ``ValidationError`` and the model that raised it. Out: one line a mistake, with the section and, for an
unknown field, the nearest known one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from xstilts.catalogue.errors import nearest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_UNION_PARTS = ("function-", "tuple[", "literal[", "constrained-", "dict[", "list[", "is-instance")
# What a value must be, by the checker's name for what it is not.
_KINDS: Mapping[str, str] = {
    **dict.fromkeys(("tuple_type", "list_type"), "a list in square brackets"),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type"), "a table, as under [{}]"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), "a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    "string_type": "a text in quotes",
}
# The same of its size, with the checker's name for the bound.
_BOUNDS: Mapping[str, tuple[str, str]] = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("at most", "le"),
}
_Path = tuple[str | int, ...]


def mistakes_of(error: ValidationError, model: type[BaseModel], place: str) -> list[str]:
    """A line for each mistake, in the order of the file's fields; what a union reports twice appears once."""
    found: dict[_Path, list[ErrorDetails]] = {}
    for item in error.errors(include_url=False):
        path = tuple(part for part in item["loc"] if not _is_union_part(part))
        found.setdefault(path, []).append(item)
    lines: dict[str, None] = {}
    for path, items in found.items():
        # Where something inside a value is wrong, the value itself is of a right kind.
        inside = any(len(other) > len(path) and other[: len(path)] == path for other in found)
        where = _where(path)
        for text in _texts([item for item in items if not inside or not _of_kind(item)], model, path):
            lines[f"{place}{', ' if where else ': '}{where}{': ' if where else ''}{text}"] = None
    return list(lines)


def _is_union_part(part: str | int) -> bool:
    return isinstance(part, str) and (part in ("str", "int", "float") or part.startswith(_UNION_PARTS))


def _where(path: _Path) -> str:
    """``("arms", "nli", "sampling")`` as ``[arms.nli] sampling``, ``("seeds", 0)`` as ``seeds, entry 1``, ``("x", 0,
    "y")`` as ``[[x]] 1, y``."""
    if path and isinstance(path[-1], int):
        return f"{_where(path[:-1])}, entry {path[-1] + 1}"
    tables = [place for place, part in enumerate(path) if isinstance(part, int)]
    if tables:
        last = tables[-1]
        before, number = ".".join(str(part) for part in path[:last] if isinstance(part, str)), int(path[last]) + 1
        return f"[[{before}]] {number}, {'.'.join(map(str, path[last + 1 :]))}"
    if len(path) < 2:
        return str(path[0]) if path else ""
    return f"[{'.'.join(map(str, path[:-1]))}] {path[-1]}"


def _of_kind(item: ErrorDetails) -> bool:
    """Whether a value is of a wrong kind or length, which says nothing where another kind fits as well."""
    return item["type"] in _KINDS or item["type"] in ("literal_error", "too_short")


def _texts(items: Sequence[ErrorDetails], model: type[BaseModel], path: _Path) -> list[str]:
    """What is wrong at one place. A value that may be of several kinds is reported for each: either one of them fits,
    and its own mistake is told, or all are named."""
    told = [text for item in items if item["type"] not in _KINDS for text in _text(item, model, path).split("\n")]
    kinds = list(dict.fromkeys(_KINDS[item["type"]] for item in items if item["type"] in _KINDS))
    literal = next((item for item in items if item["type"] == "literal_error"), None)
    if not kinds or (told and literal is None):
        return told
    words = []
    if literal is not None:
        if hint := nearest(str(literal["input"]), _words(literal)):
            return [f"unknown value {literal['input']!r}{hint}"]
        words = [str(literal["ctx"]["expected"])]
    wanted = [*words, *(kind.format(".".join(map(str, path))) for kind in kinds)]
    return [f"must be {' or '.join(wanted)} (found {_short(items[0]['input'])})"]


def _text(item: ErrorDetails, model: type[BaseModel], path: _Path) -> str:
    """What is wrong with a value that is of a right kind."""
    kind, message = item["type"], str(item["msg"])
    if kind == "extra_forbidden":
        fields = _fields_at(model, path[:-1])
        if len(path) > 1 and path[-1] in model.model_fields:
            return "unknown field in this section: at the top of the file, above all sections, it is known"
        hint = nearest(str(path[-1]), fields)
        return "unknown field" + (hint or f" (known: {', '.join(fields)})")
    if kind == "missing":
        return "is missing"
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    if kind == "literal_error":
        hint = nearest(str(item["input"]), _words(item)) or f": it must be {item['ctx']['expected']}"
        return f"unknown value {item['input']!r}{hint}"
    found = f"(found {_short(item['input'])})"
    if kind in _BOUNDS:
        word, bound = _BOUNDS[kind]
        return f"must be {word} {item['ctx'][bound]:g} {found}"
    if kind in ("too_short", "string_too_short"):
        least, what = item["ctx"]["min_length"], "entries" if kind == "too_short" else "letters"
        return f"must not be empty {found}" if least == 1 else f"needs {least} {what} or more {found}"
    return f"{message[0].lower()}{message[1:]} {found}"


def _words(item: ErrorDetails) -> list[str]:
    """The words that a value may be."""
    return re.findall(r"'([^']*)'", str(item["ctx"]["expected"]))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _fields_at(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """The fields that the table at ``path`` may have."""
    hint: Any = model
    for part in path:
        models = _models(hint)
        found = next(
            (kind.model_fields[str(part)].annotation for kind in models if str(part) in kind.model_fields), None
        )
        hint = found if found is not None else hint
    return [name for kind in _models(hint) for name in kind.model_fields if name not in ("name", "file", "level")]


def _models(hint: Any) -> list[type[BaseModel]]:
    """The models inside ``hint``: of a table of tables, a list or a union."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return [hint]
    if get_origin(hint) in (dict, tuple, list, Union, UnionType) or get_args(hint):
        return [model for inner in get_args(hint) for model in _models(inner)]
    return []
