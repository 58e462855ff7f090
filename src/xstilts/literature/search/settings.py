"""What is known of the services, and what the user changes of it.

In: ``services.toml`` of this package, and a file of the same form that XSTILTS_LITERATURE_SERVICES names. Out: a
``Settings`` a service. Keys and an address for questions come from environment variables alone.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from xstilts.catalogue.errors import Problem, nearest
from xstilts.literature.search.protocol import Settings

VARIABLE = "XSTILTS_LITERATURE_SERVICES"
CONTACT = "XSTILTS_CONTACT"
_SHIPPED = Path(__file__).with_name("services.toml")
_NUMBERS = {"interval": (0.0, 3600.0), "page": (1, 10**6), "most": (1, 10**6), "answer_mib": (0.001, 4096.0)}
_NUMBERS |= {"seconds": (0.1, 86400.0)}
_HERE = ("127.0.0.1", "::1", "localhost")


def settings(environment: Mapping[str, str]) -> dict[str, Settings]:
    """All services by name, in the order in which they are asked. Raises ``Problem``."""
    rows: dict[str, dict[str, Any]] = tomllib.loads(_SHIPPED.read_text(encoding="utf-8"))
    if own := environment.get(VARIABLE):
        _change(rows, Path(own))
    if (contact := environment.get(CONTACT)) and not re.fullmatch(r"[!-~]+@[!-~]+", contact):
        raise Problem(f"{CONTACT} is no mail address")
    found = {name: Settings(name=name, **row) for name, row in rows.items()}
    for one in found.values():
        address = urlsplit(one.url)
        in_clear = address.scheme == "http" and address.hostname not in _HERE
        if in_clear and one.key_variable and environment.get(one.key_variable):
            raise Problem(f"{one.title}: a key is not sent over http to '{address.hostname}': use https")
    return found


def chosen(names: Sequence[str], known: Mapping[str, Settings]) -> tuple[str, ...]:
    """``names`` without repetition, or all; raises ``Problem`` for an unknown one."""
    wrong = [f"unknown service '{name}'{nearest(name, known)}" for name in names if name not in known]
    if wrong:
        raise Problem(*wrong, f"known services: {', '.join(known)}")
    return tuple(dict.fromkeys(names)) or tuple(known)


def _change(rows: dict[str, dict[str, Any]], path: Path) -> None:
    try:
        own = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Problem(f"{VARIABLE}: '{path}' can not be read: {error}") from error
    wrong = []
    fields = {field.name: field for field in dataclasses.fields(Settings) if field.name != "name"}
    for name, changes in own.items():
        if name not in rows:
            wrong.append(f"{path}: unknown service '{name}'{nearest(name, rows)}")
            continue
        for field, value in (changes if isinstance(changes, dict) else {"": changes}).items():
            if field not in fields:
                wrong.append(f"{path}, [{name}]: unknown field '{field}'{nearest(field, fields)}")
            elif reason := _mistaken(field, value):
                wrong.append(f"{path}, [{name}]: {field} {reason}")
            else:
                rows[name][field] = value
    if wrong:
        raise Problem(*wrong)


def _mistaken(field: str, value: object) -> str:
    if field in _NUMBERS:
        least, most = _NUMBERS[field]
        whole = isinstance(least, int)
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            return f"is no {'whole ' if whole else ''}number: {value!r}"
        return "" if least <= value <= most else f"is {value}, and must lie between {least} and {most}"
    if not isinstance(value, str):
        return f"is no text: {value!r}"
    if field == "url" and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname):
        return f"is no http address: '{value}'"
    if field == "url" and urlsplit(str(value)).username is not None:
        return "holds a user name, which recordings would keep: leave it out"
    return ""
