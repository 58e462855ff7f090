"""Names of tasks and languages that do not exist, in a study file that has other mistakes as well.

In: the tables of the file, as they were written, and what its checker found. Out: every mistake, unknown names first. A
file that is no ``Study`` yet can not be planned, which is where names are looked up otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.find import get_task
from xstilts.catalogue.language import get_language
from xstilts.study.forms import Tables
from xstilts.study.own import languages_apart


def with_unknown_names(raw: Tables, place: str, mistakes: Sequence[str]) -> list[str]:
    """``mistakes``, after a line for every name that does not exist; those that only propose such a name are dropped,
    since they follow from it."""
    own_tasks, own_languages = set(_table(raw.get("tasks"))), _own_languages(raw)
    unknown: dict[str, str] = {}
    for where, name in _tasks_in(raw):
        if name not in own_tasks:
            _look(get_task, name, f"{place}, {where}", unknown)
    for code in _texts(languages_apart(raw).get("languages")):
        if code not in own_languages:
            _look(get_language, code, f"{place}, languages", unknown)
    follows = tuple(f"did you mean '{name}'?" for name in unknown)
    return [*unknown.values(), *(line for line in mistakes if not line.endswith(follows))]


def _look(find: Callable[[str], object], name: str, where: str, unknown: dict[str, str]) -> None:
    try:
        find(name)
    except Problem as problem:
        unknown.setdefault(name, f"{where}: {problem}")


def _tasks_in(raw: Tables) -> Iterator[tuple[str, str]]:
    """Where a task is named, and its name, as far as the tables have the form that they should have."""
    yield from (("targets", name) for name in _texts(raw.get("targets")))
    for arm, table in _table(raw.get("arms")).items():
        yield from ((f"[arms.{arm}] intermediate", name) for name in _texts(_table(table).get("intermediate")))


def _own_languages(raw: Tables) -> set[str]:
    return set(_table(languages_apart(raw).get("own_languages")))


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _texts(value: Any) -> list[str]:
    """The names in a list; of a word such as ``all``, none."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
