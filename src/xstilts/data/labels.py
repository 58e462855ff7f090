"""Labels of a file, whatever it calls them.

In: a task, values of a column, the file's metadata. Out: indices into ``Task.labels``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from xstilts.catalogue.task import Task


def label_index(task: Task, names: Sequence[str]) -> Callable[[object], int | None]:
    """From a value in a file to the index of its label: -1 where the file says none, None for an unknown label.

    ``names`` are what the file's metadata calls its numbers, empty where it does not.
    """
    labels = task.labels
    rare = labels.index(task.other) if task.other else None
    places = {name.casefold(): place for place, name in enumerate(labels)}

    def index(value: object) -> int | None:
        if value is None or value == "" or str(value) in ("-1", "-1.0"):
            return -1
        if isinstance(value, str) and value.strip().casefold() in places:
            return places[value.strip().casefold()]
        try:
            number = int(value) if isinstance(value, str | int) else int(value) if value == int(value) else None  # type: ignore[call-overload]
        except (TypeError, ValueError):
            return rare
        if number is None or number < 0:
            return None
        if names:
            return places.get(names[number].casefold(), rare) if number < len(names) else None
        return number if not labels or number < len(labels) else None

    return index


def label_names(metadata: Mapping[bytes, bytes] | None, column: str) -> tuple[str, ...]:
    """The names of a ClassLabel column in the metadata that the hub's ``datasets`` writes; empty if there are none."""
    try:
        feature = json.loads((metadata or {})[b"huggingface"])["info"]["features"]
        for name in column.split("."):
            feature = feature[name]
        while "names" not in feature:
            feature = feature[0] if isinstance(feature, list) else feature["feature"]
        return tuple(str(name) for name in feature["names"])
    except (KeyError, ValueError, TypeError, IndexError):
        return ()
