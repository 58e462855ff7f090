"""A study's own tasks and languages, from ``[tasks.NAME]`` and ``[languages.CODE]``.

In: these tables as TOML gives them. Out: ``Task`` records, or one ``Problem`` with every mistake in all tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.language import Language, language_from_table
from xstilts.catalogue.table import task_from_table
from xstilts.catalogue.task import Task

SCORED = "scored"
Tables = Mapping[str, Mapping[str, Any]]


def own_tasks(tasks: Tables, languages: Tables, file: str) -> dict[str, Task]:
    """The tasks by name; ``file`` opens every line of the ``Problem`` that is raised for mistakes."""
    wrong: list[str] = []
    known: dict[str, Language] = {}
    for code, table in languages.items():
        try:
            known[code] = language_from_table(code, table, file)
        except Problem as problem:
            wrong += problem.problems
            known[code] = Language(code, code, "", "")  # so that its tasks are not blamed as well
    found: dict[str, Task] = {}
    for name, table in tasks.items():
        try:
            found[name] = task_from_table(name, table, file, languages=known)
        except Problem as problem:
            wrong += problem.problems
    if wrong:
        raise Problem(*wrong)
    return found


def languages_apart(tables: Mapping[str, Any]) -> dict[str, Any]:
    """``tables`` of a study file, where ``languages`` is a list of those to score, or a table that describes some of
    the study's own and holds that list as ``scored``: the list under ``languages``, the rest under
    ``own_languages``."""
    said = tables.get("languages")
    if not isinstance(said, Mapping):
        return dict(tables)
    described = {code: table for code, table in said.items() if code != SCORED}
    return {**tables, "own_languages": described, "languages": said.get(SCORED, "all")}
