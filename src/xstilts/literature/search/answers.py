"""What answers in JSON have in common: they may be anything.

In: bytes. Out: objects and lists where there should be some, or ``Unreadable`` with what is there instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from xstilts.literature.search.protocol import Throttled, Unreadable
from xstilts.literature.search.records import Record, text_of

_AUTHORS = 200  # that are kept of a paper


def json_object(answer: bytes) -> dict[str, Any]:
    """The answer as a JSON object. Raises ``Unreadable``."""
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        raise instead_of(answer, "JSON") from None
    if not isinstance(found, dict):
        raise Unreadable(f"the answer is no JSON object but {_kind(found)}")
    return found


def rows_of(found: object, where: str) -> list[Any]:
    """The list of records. Raises ``Unreadable``."""
    if not isinstance(found, list):
        raise Unreadable(f"the answer has no list of records in '{where}' but {_kind(found)}")
    return found


def inside(value: object, *names: str) -> Any:
    """What lies under ``names`` in nested objects, None where one is missing or no object."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def count_of(value: object) -> int | None:
    """How many there are, where it is such a number."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12 else None


def names_of(values: object, *path: str) -> tuple[str, ...]:
    """Names of authors out of a list of objects."""
    if not isinstance(values, list):
        return ()
    found = (text_of(inside(value, *path)) for value in values[:_AUTHORS])
    return tuple(name for name in found if name)


def usable(found: Iterable[tuple[Record, object]]) -> tuple[tuple[Record, ...], tuple[str, ...]]:
    """The records that have a title, ranked from 1 in the order given, and a line for each of the others."""
    kept, skipped = [], []
    for number, (record, raw) in enumerate(found, 1):
        if not isinstance(raw, dict):
            skipped.append(f"record {number} is no object but {_kind(raw)}")
        elif not record.title:
            skipped.append(f"record {number} ({record.name if record.identifiers else 'no identifier'}) has no title")
        else:
            kept.append(record)
    return tuple(kept), tuple(skipped)


def instead_of(answer: bytes, wanted: str) -> Unreadable:
    """What an answer is that should have been ``wanted``."""
    start = answer[:2000].decode("utf-8", "replace").strip()
    if not start:
        return Unreadable("the answer is empty")
    low = start.lower()
    if is_page(answer):
        return Unreadable(f"the answer is an HTML page ({text_of(start, 80)})")
    if len(answer) < 200 and "rate" in low and "exceed" in low:
        return Throttled(f"too many requests ({text_of(start, 80)})")
    cut = " or cut off" if start[0] in "{[<" else ""
    return Unreadable(f"the answer is no {wanted}{cut} (it begins with {text_of(start, 40)!r})")


def is_page(answer: bytes) -> bool:
    """Whether an answer is a page for readers."""
    return answer[:200].lstrip().lower().startswith((b"<!doctype html", b"<html"))


def rest_from(seen: int, given: int, wanted: int, limit: int, most: int, total: int | None) -> int | None:
    """Where the next page begins, None where there is none to ask for. A page that is not full ends a list whose
    length nobody says."""
    reached = seen + given
    done = given == 0 or reached >= min(limit, most) or (given < wanted if total is None else reached >= total)
    return None if done else reached


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "nothing"}
    return names.get(type(value), "a number")


def joined(parts: Sequence[str]) -> str:
    """Parts that are there, with spaces."""
    return " ".join(part for part in parts if part)
