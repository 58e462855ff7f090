"""Finds what exists by name, with the nearest name where there is none.

In: the files of ``catalogue/tasks``, entry points of the group ``xstilts.tasks``. Out: ``Task`` records. Languages and
a study's own tables can be reached from here too. Nothing heavy is imported.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pkgutil import iter_modules
from types import MappingProxyType

import xstilts.catalogue.tasks as folder
from xstilts.catalogue.check import mistakes_of
from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.language import get_language
from xstilts.catalogue.table import task_from_table
from xstilts.catalogue.task import Task

__all__ = ["get_language", "get_task", "task_from_table", "tasks"]


@cache
def shipped() -> Mapping[str, Task]:
    """The tasks of this package by name, in the order of their files. Raises ``Problem`` if a file is not called like
    its task."""
    found: dict[str, Task] = {}
    for file in sorted(module.name for module in iter_modules(folder.__path__)):
        task = import_module(f"{folder.__name__}.{file}").TASK
        if re.sub("[/-]", "_", task.name) != file:
            raise Problem(f"catalogue/tasks/{file}.py defines the task '{task.name}': file and task must share a name")
        found[task.name] = task
    return MappingProxyType(found)


@cache
def tasks() -> Mapping[str, Task]:
    """Every task by name: those shipped, then those of installed packages. Raises ``Problem`` if two share a name."""
    found = dict(shipped())
    for point in entry_points(group="xstilts.tasks"):
        task = _shared(point)
        if task.name in found:
            raise Problem(f"{_said(point)} has the name of another task: rename it, or remove that package")
        found[task.name] = task
    return MappingProxyType(found)


def _shared(point: EntryPoint) -> Task:
    """The task of an installed package. Raises ``Problem`` with all that is wrong with it."""
    try:
        task = point.load()
    except Exception as error:  # someone else's module may fail in any way
        raise Problem(f"{_said(point)} can not be imported ({error}): correct or remove that package") from error
    if not isinstance(task, Task) or task.name != point.name:
        raise Problem(f"{_said(point)} must be a Task of that name: correct or remove that package")
    if wrong := mistakes_of(task):
        raise Problem(*(f"{_said(point)}: {mistake}" for mistake in wrong))
    return task


def _said(point: EntryPoint) -> str:
    package = f" of the package {point.dist.name}" if point.dist else ""
    return f"the entry point '{point.name}'{package} in the group xstilts.tasks ({point.value})"


def get_task(name: str, own: Mapping[str, Task] = MappingProxyType({})) -> Task:
    """The task with this name, first among ``own`` (a study's tasks). Raises ``Problem`` with the nearest name."""
    known = {**tasks(), **own}
    if name in known:
        return known[name]
    raise Problem(f"unknown task '{name}'{nearest(name, known) or '.'} see: xstilts tasks")
