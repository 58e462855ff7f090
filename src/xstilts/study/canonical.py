"""Frozen values as JSON with one spelling only, and back.

In: a value of dataclasses, tuples, strings and numbers. Out: plain JSON from which a key can be made; the equal value
again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints


def canonical(value: Any) -> Any:
    """``value`` as plain JSON with one spelling only; what has none is refused with a ``TypeError``.

    Fields that have their default value are left out, so that a field added later changes no earlier key. A default is
    therefore never changed: its job's ``revision`` is raised instead.
    """
    if is_dataclass(value) and not isinstance(value, type):
        said = {field.name: (getattr(value, field.name), field.default) for field in fields(value)}
        return {
            name: canonical(item) for name, (item, default) in said.items() if item != default or name == "revision"
        }
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise TypeError(f"{value} cannot be part of a job's key")
        return int(value) if value.is_integer() else value
    if isinstance(value, tuple | list):
        return [canonical(item) for item in value]
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return {name: canonical(value[name]) for name in sorted(value)}
    raise TypeError(f"a {type(value).__name__} cannot be part of a job's key")


def built(hint: Any, value: Any) -> Any:
    """``value``, read from JSON, as the type that ``hint`` names: the inverse of ``canonical``."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is UnionType:
        if value is None and NoneType in inner:
            return None
        return built(next(kind for kind in inner if kind is not NoneType), value)
    if origin is tuple and isinstance(value, list):
        return tuple(built(inner[0], item) for item in value)
    if origin is Literal and value in inner:
        return value
    if isinstance(hint, type) and is_dataclass(hint) and isinstance(value, Mapping):
        hints = get_type_hints(hint)
        if unknown := set(value) - set(hints):
            raise TypeError(f"{hint.__name__} has no {', '.join(sorted(unknown))}")
        return hint(**{name: built(hints[name], item) for name, item in value.items()})
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if hint in (str, int, bool) and type(value) is hint:
        return value
    raise TypeError(f"{value!r} is not a {hint}")
