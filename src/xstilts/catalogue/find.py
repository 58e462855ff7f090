"""Finds what exists by name, with the nearest name where there is none.

In: the files of ``catalogue/tasks``, entry points of the group ``xstilts.tasks``. Out: ``Task`` records. Languages and
a study's own tables can be reached from here too. Nothing heavy is imported.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from types import MappingProxyType

import xstilts.catalogue.tasks as folder
from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.language import get_language
from xstilts.catalogue.table import task_from_table
from xstilts.catalogue.task import Task

__all__ = ["get_language", "get_task", "task_from_table", "tasks"]


@cache
def tasks() -> Mapping[str, Task]:
    """Every task by name: those shipped, in the order of their files, then those of installed packages.

    Raises ``Problem`` if a file is not called like its task, or if two tasks share a name.
    """
    found: dict[str, Task] = {}
    for file in sorted(module.name for module in iter_modules(folder.__path__)):
        task = import_module(f"{folder.__name__}.{file}").TASK
        if re.sub("[/-]", "_", task.name) != file:
            raise Problem(f"catalogue/tasks/{file}.py defines the task '{task.name}': file and task must share a name")
        found[task.name] = task
    for point in entry_points(group="xstilts.tasks"):
        task = point.load()
        if not isinstance(task, Task) or task.name != point.name or task.name in found:
            raise Problem(
                f"the entry point '{point.name}' in the group xstilts.tasks ({point.value}) must be a Task of that "
                "name, unlike any other: correct or remove that package"
            )
        found[task.name] = task
    return MappingProxyType(found)


def get_task(name: str, own: Mapping[str, Task] = MappingProxyType({})) -> Task:
    """The task with this name, first among ``own`` (a study's tasks). Raises ``Problem`` with the nearest name."""
    known = {**tasks(), **own}
    if name in known:
        return known[name]
    raise Problem(f"unknown task '{name}'{nearest(name, known) or '.'} see: xstilts tasks")
