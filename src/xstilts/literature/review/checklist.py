"""The items of a checklist, as data: a name, a question, why it is asked, where the question comes from, and rules.

In: ``checklist.toml`` of this package, or a file of the same form. Out: ``Item``. In a pattern (a regular expression
without regard to case) a space stands for any white space, also a line break.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.catalogue.errors import Problem, nearest

_SHIPPED = Path(__file__).with_name("checklist.toml")
_TEXTS = ("name", "question", "reason", "source")
_RULES = {"words": ("yes", "no"), "structure": ("sections", "has"), "figures": ("yes", "columns")}
_LONGEST = 2_000  # letters of a pattern
_SPACE = re.compile(r"\[[^\]]*\]| \?| ")


@dataclass(frozen=True)
class Item:
    """``rules``: kind of evidence to its patterns by field. ``denial``: whether a *not* or *without* just before what a
    pattern finds turns it into a *no* (as in "we do not report intervals"); it does not where the denial is itself the
    answer ("the sets do not overlap")."""

    name: str
    question: str
    reason: str
    source: str
    rules: Mapping[str, Mapping[str, tuple[re.Pattern[str], ...]]]
    denial: bool = True


def checklist(path: Path | None = None) -> tuple[Item, ...]:
    """The shipped items, or those of ``path``. Raises ``Problem`` with every mistake."""
    place = path or _SHIPPED
    try:
        given = tomllib.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Problem(f"the checklist '{place}' can not be read: {error}") from error
    rows = given.get("items")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise Problem(f"the checklist '{place}' has no [[items]]")
    wrong: list[str] = []
    items = [_item(row, f"{place}, item {number}", wrong) for number, row in enumerate(rows, 1)]
    names = [item.name for item in items]
    wrong += [f"{place}: two items are called '{name}'" for name in sorted(set(names)) if names.count(name) > 1]
    if wrong:
        raise Problem(*wrong)
    return tuple(items)


def _item(row: dict[str, Any], where: str, wrong: list[str]) -> Item:
    known = [*_TEXTS, *_RULES, "denial"]
    wrong += [f"{where}: unknown field '{name}'{nearest(name, known)}" for name in row if name not in known]
    texts = {name: row.get(name) for name in _TEXTS}
    missing = [name for name, text in texts.items() if not isinstance(text, str) or not text.strip()]
    wrong += [f"{where}: {name} is missing" for name in missing]
    if not isinstance(row.get("denial", True), bool):
        wrong.append(f"{where}: denial is neither true nor false")
    rules = {kind: _rule(row[kind], kind, f"{where}, {kind}", wrong) for kind in _RULES if kind in row}
    if not rules:
        wrong.append(f"{where}: no rule: it needs one of {', '.join(_RULES)}")
    name, question, reason, source = (str(texts[name]) for name in _TEXTS)
    return Item(name, question, reason, source, rules, row.get("denial", True) is not False)


def _rule(row: object, kind: str, where: str, wrong: list[str]) -> dict[str, tuple[re.Pattern[str], ...]]:
    if not isinstance(row, dict):
        wrong.append(f"{where} is no table of patterns")
        return {}
    found = {}
    for field, patterns in row.items():
        if field not in _RULES[kind]:
            wrong.append(f"{where}: unknown field '{field}'{nearest(field, _RULES[kind])}")
        elif not isinstance(patterns, list) or not all(
            isinstance(one, str) and 0 < len(one) < _LONGEST for one in patterns
        ):
            wrong.append(f"{where}: {field} is no list of patterns")
        else:
            found[field] = tuple(one for text in patterns if (one := _pattern(text, f"{where}, {field}", wrong)))
    if _RULES[kind][0] not in row and not (kind == "figures" and "columns" in row):
        wrong.append(f"{where}: {_RULES[kind][0]} is missing")
    return found


def _pattern(text: str, where: str, wrong: list[str]) -> re.Pattern[str] | None:
    try:
        return re.compile(_SPACE.sub(_any_space, text), re.IGNORECASE)
    except re.error as error:
        wrong.append(f"{where}: '{text}' is no regular expression: {error}")
        return None


def _any_space(found: re.Match[str]) -> str:
    """White space for a space; within brackets as one sign among others."""
    if found[0].startswith("["):
        return found[0].replace(" ", r"\s")
    return r"\s*" if found[0] == " ?" else r"\s+"
