"""Holds a task against the catalogue.

In: a ``Task``, shipped or a user's own. Out: all its mistakes at once, so that none waits behind another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.language import Language, get_language
from xstilts.catalogue.task import CANDIDATES, METRICS, OPTIONAL_ROLES, READINGS, ROLES, Files, Task, TaskType

_LABELLED = (TaskType.CLASSIFICATION, TaskType.TOKEN_CLASSIFICATION)
_COMPARISONS = ("==", "!=", "<", ">=", "starts")


def mistakes_of(task: Task, languages: Mapping[str, Language] = MappingProxyType({})) -> list[str]:
    """Everything in ``task`` that contradicts the catalogue, a line each; empty where all is well. ``languages`` are
    further known ones, by code."""
    about = [*_columns(task.type, task.columns), *_labels(task), *_metric(task)]
    return [*about, *_languages(task, languages), *_splits(task)]


def _columns(kind: TaskType, columns: Mapping[str, str]) -> Iterator[str]:
    for role in columns:
        if role not in ROLES[kind]:
            roles = ", ".join(part + " (optional)" * (part in OPTIONAL_ROLES) for part in ROLES[kind])
            near = nearest(role, ROLES[kind]) or "."
            yield f"columns: '{role}' is no role of a {kind} task{near} roles: {roles}"


def _labels(task: Task) -> Iterator[str]:
    if task.common:
        if task.labels or not task.other:
            yield "common: the labels are found in the training rows: leave out 'labels', and name 'other' for the rest"
        if task.type is not TaskType.TOKEN_CLASSIFICATION:
            yield "common: of use in a token_classification task alone"
        return
    if task.type in _LABELLED and len(task.labels) < 2:
        yield f"labels: a {task.type} task needs at least two"
    if task.type not in (*_LABELLED, TaskType.MULTIPLE_CHOICE) and task.labels:
        yield f"labels: a {task.type} task has none"
    if task.other and task.other not in task.labels:
        yield f"other: '{task.other}' is none of the labels{nearest(task.other, task.labels) or ''}"
    if len(set(task.labels)) < len(task.labels):
        yield "labels: one is named twice"


def _metric(task: Task) -> Iterator[str]:
    fitting = METRICS[task.type]
    known = dict.fromkeys(name for names in METRICS.values() for name in names)
    if not task.metric and fitting and _is_scored(task):
        yield f"metric: a {task.type} task that is scored needs one: {', '.join(fitting)}"
    elif task.metric in known and task.metric not in fitting:
        yield f"metric: '{task.metric}' does not fit a {task.type} task; fitting: {', '.join(fitting) or 'none'}"


def _is_scored(task: Task) -> bool:
    """Whether there are rows to score; a task that only trains names its training split for them."""
    return task.evaluation_split in task.splits and task.evaluation_split != "train"


def _languages(task: Task, own: Mapping[str, Language]) -> Iterator[str]:
    if not task.languages:
        yield "languages: at least one is needed"
    codes = [*task.languages, task.train_language]
    codes += [code for files in task.splits.values() for code in files.languages]
    for code in dict.fromkeys(codes):
        try:
            get_language(code, own)
        except Problem as problem:
            yield f"languages: {problem}"


def _splits(task: Task) -> Iterator[str]:
    for name, files in task.splits.items():
        known = ("train", "validation", "test", *((CANDIDATES,) if task.type is TaskType.RANKING else ()))
        if name not in known:
            yield f"splits: '{name}' is none of {', '.join(known)}"
        yield from (f"splits.{name}.{mistake}" for mistake in _files(task.type, files))
        if files.path and "{language}" not in files.path and len(task.languages_of(name)) > 1:
            yield f"splits.{name}.path: one file holds one language: write {{language}} into it, or name its language"
    if task.type is TaskType.RANKING and _is_scored(task) and CANDIDATES not in task.splits:
        yield f"splits.{CANDIDATES}: missing; name what the queries are looked for in"


def _files(kind: TaskType, files: Files) -> Iterator[str]:
    if bool(files.repository) == bool(files.path):
        yield (
            "repository: missing; a file of one's own is named by path" if not files.path else "path: and a repository"
        )
    if files.path and not files.path.endswith((".parquet", ".jsonl", ".json", ".csv")):
        yield f"path: '{files.path}' is no .csv, .jsonl, .json or .parquet file"
    if not files.configs:
        yield "configs: at least one is needed"
    for field, config in [*(("configs", config) for config in files.configs), ("path", files.path)]:
        if re.search(r"[{}]", config.replace("{language}", "")):
            yield f"{field}: '{config}' may hold {{language}} and no other braces"
    if files.reading and (kind is not TaskType.RANKING or files.reading not in READINGS):
        yield f"reading: '{files.reading}' is none of those of a {kind} task" + (
            f"{nearest(files.reading, READINGS) or ''} ({', '.join(READINGS)})" if kind is TaskType.RANKING else ""
        )
    for _, comparison, _ in files.where:
        if comparison not in _COMPARISONS:
            yield f"where: '{comparison}' is none of {' '.join(_COMPARISONS)}"
    yield from _columns(kind, files.columns)
    if files.paired and kind is not TaskType.MINING:
        yield f"paired: of use in a mining task, not in a {kind} task"
    if files.otherwise:
        yield from (f"otherwise.{mistake}" for mistake in _files(kind, files.otherwise))
