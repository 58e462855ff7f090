"""Finds what exists by name, with the nearest name where there is none.

In: the files of ``catalogue/tasks``, entry points of the group ``xstilts.tasks``, the language tables. Out: ``Task``
and ``Language`` records. Nothing heavy is imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from types import MappingProxyType

import xstilts.catalogue.tasks as folder
from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.language import Language, languages
from xstilts.catalogue.task import METRICS, OPTIONAL_ROLES, ROLES, Files, Task, TaskType

_LABELLED = (TaskType.CLASSIFICATION, TaskType.TOKEN_CLASSIFICATION)
_COMPARISONS = ("==", "!=", "<", ">=")


def get_language(code: str) -> Language:
    """The language with this code. Raises ``Problem`` with the nearest code or name."""
    known = languages()
    if code in known:
        return known[code]
    by_name = {language.name.lower(): language.code for language in known.values()}
    if code.lower() in by_name:
        raise Problem(f"unknown language '{code}': its code is '{by_name[code.lower()]}'. see: xstilts languages")
    raise Problem(f"unknown language '{code}'{_near(code, known)} see: xstilts languages")


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
    raise Problem(f"unknown task '{name}'{_near(name, known)} see: xstilts tasks")


def mistakes_of(task: Task) -> list[str]:
    """Everything in ``task`` that contradicts the catalogue, a line each; empty where all is well."""
    return [*_columns(task.type, task.columns), *_labels(task), *_metric(task), *_languages(task), *_splits(task)]


def _near(name: str, known: Mapping[str, object]) -> str:
    return nearest(name, known) or "."


def _columns(kind: TaskType, columns: Mapping[str, str]) -> Iterator[str]:
    for role in columns:
        if role not in ROLES[kind]:
            roles = ", ".join(part + " (optional)" * (part in OPTIONAL_ROLES) for part in ROLES[kind])
            near = _near(role, dict.fromkeys(ROLES[kind]))
            yield f"columns: '{role}' is no role of a {kind} task{near} roles: {roles}"


def _labels(task: Task) -> Iterator[str]:
    if task.type in _LABELLED and len(task.labels) < 2:
        yield f"labels: a {task.type} task needs at least two"
    if task.type not in _LABELLED and task.labels:
        yield f"labels: a {task.type} task has none"
    if len(set(task.labels)) < len(task.labels):
        yield "labels: one is named twice"


def _metric(task: Task) -> Iterator[str]:
    fitting = METRICS[task.type]
    known = dict.fromkeys(name for names in METRICS.values() for name in names)
    if not task.metric and fitting and task.evaluation_split in task.splits:
        yield f"metric: a {task.type} task that is scored needs one: {', '.join(fitting)}"
    elif task.metric in known and task.metric not in fitting:
        yield f"metric: '{task.metric}' does not fit a {task.type} task; fitting: {', '.join(fitting) or 'none'}"


def _languages(task: Task) -> Iterator[str]:
    if not task.languages:
        yield "languages: at least one is needed"
    codes = [*task.languages, task.train_language]
    codes += [code for files in task.splits.values() for code in files.languages]
    for code in dict.fromkeys(codes):
        try:
            get_language(code)
        except Problem as problem:
            yield f"languages: {problem}"


def _splits(task: Task) -> Iterator[str]:
    for name, files in task.splits.items():
        if name not in ("train", "validation", "test"):
            yield f"splits: '{name}' is none of train, validation, test"
        yield from (f"splits.{name}.{mistake}" for mistake in _files(task.type, files))


def _files(kind: TaskType, files: Files) -> Iterator[str]:
    if not files.repository:
        yield "repository: missing"
    if not files.configs:
        yield "configs: at least one is needed"
    for config in files.configs:
        if re.search(r"[{}]", config.replace("{language}", "")):
            yield f"configs: '{config}' may hold {{language}} and no other braces"
    for _, comparison, _ in files.where:
        if comparison not in _COMPARISONS:
            yield f"where: '{comparison}' is none of {' '.join(_COMPARISONS)}"
    yield from _columns(kind, files.columns)
    if files.otherwise:
        yield from (f"otherwise.{mistake}" for mistake in _files(kind, files.otherwise))
