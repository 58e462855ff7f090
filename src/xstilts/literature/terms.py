"""The words of the field: which pieces of a sentence name what the catalogue knows, which carry direction and hedge.

In: ``terms.toml`` and the catalogue's languages. Out: marks, pieces of a sentence with their meaning. The words are
data; how marks make a statement is said in ``statement.py``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from xstilts.catalogue.language import languages

# Kinds of things that a statement is about.
THINGS = ("intermediate", "target", "benchmark", "model", "method", "topic", "language")
# Marks of one row do not overlap: the longest wins. Those of different rows are found apart.
_ROWS = (
    (*THINGS, "baseline", "aside", "without.retrieval"),
    ("often", "maybe", "bound.upper", "bound.lower", "bound.about", "mean", "not", "not.partly", "not.but"),
    (
        "up.worth",
        "up.amount",
        "up.more",
        "up.weak",
        "down.worth",
        "down.amount",
        "down.more",
        "flat",
        "flat.change",
        "small",
        "rank",
        "idle",
    ),
    ("than", "than.verbs"),
    ("cut",),
)


@dataclass(frozen=True)
class Mark:
    """Characters ``start`` to ``end`` of a sentence say ``value`` of this ``kind``."""

    start: int
    end: int
    kind: str
    value: str


@cache
def groups() -> Mapping[str, tuple[str, ...]]:
    """Names that stand for several tasks."""
    return MappingProxyType({name: tuple(tasks) for name, tasks in _tables()["groups"].items()})


@cache
def named() -> Mapping[str, tuple[str, ...]]:
    """The phrases of every task, group, encoder and method, by kind and name: ``intermediate.squad``."""
    return MappingProxyType(
        {f"{kind}.{name}": tuple(words) for kind in THINGS[:-1] for name, words in _tables()[kind].items()}
    )


def marks(text: str) -> list[Mark]:
    """All marks of ``text``, in order."""
    starts = [found.start() for found in re.finditer(r"(?<!\w)\w", text)]
    found = [mark for row in _rows() for mark in _in(row, text, starts)]
    return sorted(found, key=lambda mark: (mark.start, -mark.end))


def unit_after(text: str, place: int) -> tuple[str, int] | None:
    """The unit that begins at ``place``, after a blank or hyphen, and where it ends."""
    found = _units()[0].match(text, place)
    return (_units()[1][(found.lastindex or 1) - 1], found.end()) if found else None


@cache
def _tables() -> Mapping[str, Mapping[str, list[str]]]:
    return tomllib.loads(files("xstilts.literature").joinpath("terms.toml").read_text(encoding="utf-8"))


# For the first letter of a word: the pattern of all phrases that begin with it, and what each of its groups means.
_Row = Mapping[str, tuple[re.Pattern[str], tuple[tuple[str, str], ...]]]


@cache
def _rows() -> tuple[_Row, ...]:
    phrases: dict[str, list[tuple[str, str]]] = {}
    for table, entries in _tables().items():
        for name, words in entries.items():
            kind, value = _meaning(table, name)
            phrases.setdefault(kind, []).extend((word, value) for word in words)
    phrases["language"] = [(name, code) for code, name in _languages()]
    return tuple(
        _compiled([(word, kind, value) for kind in row for word, value in phrases.get(kind, ())]) for row in _ROWS
    )


def _meaning(table: str, name: str) -> tuple[str, str]:
    """Kind and value of the phrases under ``[table] name``."""
    if table in THINGS or table in ("often", "rank"):
        return table, name
    return (table if name in ("words", "worth") and table not in ("up", "down") else f"{table}.{name}"), name


def _languages() -> Iterator[tuple[str, str]]:
    """Code and name of languages that texts call by one word; English is a way to train (``[method]``)."""
    for code, language in languages().items():
        name = language.name.partition(" (")[0]
        if not language.constructed and code != "en" and (len(code) == 2 or len(name) > 5) and "_" not in code:
            yield code, name
    yield from (("zh", "Chinese"), ("el", "Greek"), ("he", "Hebrew"), ("pa", "Punjabi"), ("fa", "Farsi"))


def _compiled(phrases: Iterable[tuple[str, str, str]]) -> _Row:
    """A pattern a first letter, in which longer phrases come first."""
    letters: dict[str, list[tuple[str, str, str]]] = {}
    for phrase in phrases:
        letters.setdefault(phrase[0][0].lower(), []).append(phrase)
    found = {}
    for letter, some in letters.items():
        ordered = sorted(some, key=lambda one: (-len(one[0]), one[0]))
        pattern = "|".join(f"({_pattern(word)})" for word, _, _ in ordered)
        found[letter] = re.compile(rf"(?:{pattern})(?!\w)"), tuple((kind, value) for _, kind, value in ordered)
    return found


def _pattern(phrase: str) -> str:
    text = re.escape(phrase).replace(r"\*", r"\w*").replace(r"\ ", r"\s+").replace("'", "['’]")
    return f"(?i:{text})" if phrase == phrase.lower() else text


def _in(row: _Row, text: str, starts: Iterable[int]) -> Iterator[Mark]:
    end = 0
    for start in starts:
        known = row.get(text[start].lower()) if start >= end else None
        if known and (found := known[0].match(text, start)):
            end = found.end()
            yield Mark(start, end, *known[1][(found.lastindex or 1) - 1])


@cache
def _units() -> tuple[re.Pattern[str], tuple[str, ...]]:
    phrases = [(word, name) for name, words in _tables()["unit"].items() for word in words]
    ordered = sorted(phrases, key=lambda one: (-len(one[0]), one[0]))
    pattern = "|".join(f"({_pattern(word)})" for word, _ in ordered)
    return re.compile(rf"[\s-]*(?:{pattern})(?!\w)"), tuple(name for _, name in ordered)
