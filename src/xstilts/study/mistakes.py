"""From a checker's report to sentences for the author of a study file.

In: pydantic's ``ValidationError`` and the model that raised it. Out: one line a mistake, with the section and, for an
unknown field, the nearest known one.
"""

from __future__ import annotations

from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from xstilts.catalogue.errors import nearest

_UNION_PARTS = ("function-", "tuple[", "literal[", "constrained-", "dict[", "list[", "is-instance")


def mistakes_of(error: ValidationError, model: type[BaseModel], place: str) -> list[str]:
    """A line for each mistake, in the order of the file's fields; what a union reports twice appears once."""
    lines: dict[str, None] = {}
    for item in error.errors(include_url=False, include_context=False):
        path = tuple(part for part in item["loc"] if not _is_union_part(part))
        for text in _text(item, model, path).split("\n"):
            where = _where(path)
            lines[f"{place}{', ' if where else ': '}{where}{': ' if where else ''}{text}"] = None
    return list(lines)


def _is_union_part(part: str | int) -> bool:
    return isinstance(part, str) and (part in ("str", "int", "float") or part.startswith(_UNION_PARTS))


def _where(path: tuple[str | int, ...]) -> str:
    """``("arms", "nli", "sampling")`` as ``[arms.nli] sampling``."""
    if len(path) < 2:
        return str(path[0]) if path else ""
    names = [str(part) for part in path]
    return f"[{'.'.join(names[:-1])}] {names[-1]}"


def _text(item: Any, model: type[BaseModel], path: tuple[str | int, ...]) -> str:
    kind, message = item["type"], str(item["msg"])
    if kind == "extra_forbidden":
        fields = _fields_at(model, path[:-1])
        hint = nearest(str(path[-1]), fields)
        return "unknown field" + (hint or f" (known: {', '.join(fields)})")
    if kind == "missing":
        return "is missing"
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    if kind == "literal_error":
        known = [part.strip("'") for part in message.removeprefix("Input should be ").replace(" or ", ", ").split(", ")]
        return f"unknown value {item['input']!r}{nearest(str(item['input']), known) or ': ' + message}"
    return f"{message[0].lower()}{message[1:]} (found {_short(item['input'])})"


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
