"""A user's own task, from a ``[tasks.NAME]`` table of a study file.

In: the table as TOML gives it. Out: a ``Task``, or one ``Problem`` that lists every mistake in the table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from xstilts.catalogue.check import mistakes_of
from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.language import Language
from xstilts.catalogue.task import METRICS, Files, Kin, Task, TaskType

Report = Callable[[str], None]


def task_from_table(
    name: str,
    table: Mapping[str, Any],
    where: str,
    metrics: Mapping[str, Collection[TaskType]] | None = None,
    languages: Mapping[str, Language] | None = None,
) -> Task:
    """The task that ``table`` describes; its fields are those of ``Task`` and, under ``splits``, of ``Files``.

    Left out, they default to: title, the name; metric, the first that fits the type; lineage, the name;
    ``splits.X.split``, X; ``configs``, ``["{language}"]``; the language of a training file whose ``path`` names none,
    the ``train_language``. ``languages`` are further known ones, by code. ``metrics`` names further metrics and the
    types they fit. ``where`` (such as ``studies/mine.toml``) opens every line of the ``Problem`` that is raised for
    mistakes.
    """
    mistakes: list[str] = []
    fields = _fields(table, _TASK, mistakes.append)
    fields["type"] = _type(table.get("type"), mistakes.append)
    fields["splits"] = _splits(table.get("splits"), mistakes.append)
    if fields["type"] is not None:
        fields.setdefault("metric", next(iter(METRICS[fields["type"]]), ""))
        _metric(fields["metric"], fields["type"], metrics or {}, mistakes.append)
        fields.setdefault("languages", ())
        train = fields["splits"].get("train")
        if train and train.path and "{language}" not in train.path and not train.languages:
            trained = fields.get("train_language", Task.train_language)
            fields["splits"]["train"] = replace(train, languages=(trained,))
        task = Task(**{"name": name, "title": name, "lineage": name, **fields})
        mistakes += mistakes_of(task, languages or {})
    if mistakes:
        raise Problem(*(f"{where}, tasks.{name}: {mistake}" for mistake in mistakes))
    return task


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if (
        isinstance(value, str)
        or not isinstance(value, list | tuple)
        or not all(isinstance(item, str) for item in value)
    ):
        raise ValueError("must be a list of texts")
    return tuple(value)


def _several(value: object) -> int:
    if type(value) is not int or value < 2:
        raise ValueError("must be a whole number from 2")
    return value


def _names(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(item, str) for item in value.values()):
        raise ValueError("must be a table of texts")
    return dict(value)


def _counts(value: object) -> dict[str, int]:
    if not isinstance(value, Mapping) or not all(type(item) is int for item in value.values()):
        raise ValueError("must be a table of whole numbers")
    return dict(value)


def _join(value: object) -> tuple[str, str]:
    if len(found := _texts(value)) != 2:
        raise ValueError('must be ["configuration", "key column"]')
    return found[0], found[1]


def _where(value: object) -> tuple[tuple[str, str, str | int], ...]:
    if not isinstance(value, list | tuple):
        raise ValueError('must be a list such as [["sent_id", "<", 1000]]')
    for row in value:
        if not isinstance(row, list | tuple) or list(map(type, row)) not in ([str, str, str], [str, str, int]):
            raise ValueError('must be a list such as [["sent_id", "<", 1000]]')
    return tuple((row[0], row[1], row[2]) for row in value)


def _otherwise(value: object) -> Files:
    if not isinstance(value, Mapping):
        raise ValueError("must be a table")
    mistakes: list[str] = []
    files = _files(value, str(value.get("split", "")), mistakes.append)
    if not value.get("split"):
        mistakes.append("split: missing")
    if mistakes:
        raise ValueError("; ".join(mistakes))
    return files


def _kin(value: object) -> dict[str, Kin]:
    known = ", ".join(Kin)
    if not isinstance(value, Mapping) or not all(item in list(Kin) for item in value.values()):
        raise ValueError(f'must be a table such as {{ "squad/validation" = "translated" }}; kinds: {known}')
    return {name: Kin(item) for name, item in value.items()}


def _parallel(value: object) -> str:
    if value not in ("id", "row"):
        raise ValueError("must be 'id' or 'row'")
    return str(value)


_TASK: Mapping[str, Callable[[object], Any]] = {
    "title": _text,
    "metric": _text,
    "languages": _texts,
    "columns": _names,
    "labels": _texts,
    "train_language": _text,
    "evaluation_split": _text,
    "protocol": _text,
    "lineage": _text,
    "licence": _text,
    "citation": _text,
    "notes": _text,
    "no_answer": _flag,
    "paraphrase": _flag,
    "other": _text,
    "in_place_of": _text,
    "common": _several,
    "to_get": _text,
}
_FILES: Mapping[str, Callable[[object], Any]] = {
    "repository": _text,
    "path": _text,
    "configs": _texts,
    "split": _text,
    "names": _names,
    "languages": _texts,
    "where": _where,
    "revision": _text,
    "join": _join,
    "columns": _names,
    "otherwise": _otherwise,
    "reading": _text,
    "official": _counts,
    "made_from": _kin,
    "instead": _text,
    "parallel": _parallel,
    "paired": _several,
}


def _fields(table: Mapping[str, Any], known: Mapping[str, Callable[[object], Any]], report: Report) -> dict[str, Any]:
    """The fields of ``table`` that are known and well formed; the others are reported."""
    found: dict[str, Any] = {}
    nested = ("type", "splits") if known is _TASK else ()
    for field, value in table.items():
        if field in nested:
            continue
        if field not in known:
            report(f"unknown field '{field}'{nearest(field, (*known, *nested)) or '; known: ' + ', '.join(known)}")
            continue
        try:
            found[field] = known[field](value)
        except ValueError as error:
            report(f"{field}: {error}")
    return found


def _type(value: object, report: Report) -> TaskType | None:
    if value is None:
        report(f"type: missing; one of {', '.join(TaskType)}")
    elif value not in list(TaskType):
        report(f"type: unknown type '{value}'{nearest(str(value), TaskType) or '; one of ' + ', '.join(TaskType)}")
    else:
        return TaskType(str(value))
    return None


def _metric(name: str, kind: TaskType, metrics: Mapping[str, Collection[TaskType]], report: Report) -> None:
    shipped = {metric for names in METRICS.values() for metric in names}
    if name and name not in shipped and name not in metrics:
        report(f"metric: unknown metric '{name}'{nearest(name, [*shipped, *metrics])}")
    elif name in metrics and name not in shipped and kind not in metrics[name]:
        report(f"metric: '{name}' does not fit a {kind} task")


def _splits(value: object, report: Report) -> dict[str, Files]:
    if not isinstance(value, Mapping) or not value:
        report("splits: at least one of splits.train, splits.validation, splits.test is needed")
        return {}
    found: dict[str, Files] = {}
    for name, table in value.items():
        if isinstance(table, Mapping):
            found[name] = _files(table, name, lambda mistake, name=name: report(f"splits.{name}.{mistake}"))  # type: ignore[misc]
        else:
            report(f"splits.{name}: must be a table")
    return found


def _files(table: Mapping[str, Any], split: str, report: Report) -> Files:
    fields = _fields(table, _FILES, report)
    return Files(**{"repository": "", "configs": ("{language}",), "split": split, **fields})
