"""Metrics by name: one file each in this folder, or an entry point of the group ``xstilts.metrics``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from types import MappingProxyType

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.task import TaskType
from xstilts.metrics.metric import LOGITS, PREDICTIONS, Counts, Metric

__all__ = ["LOGITS", "PREDICTIONS", "Counts", "Metric", "fitting", "get_metric", "metrics"]

_OTHER = ("metric", "benchmark", "floors")  # what lies here and is no metric


@cache
def metrics() -> Mapping[str, Metric]:
    """Every metric by name: a file ``NAME.py`` here defines ``METRIC`` with that name."""
    found: dict[str, Metric] = {}
    for file in sorted(module.name for module in iter_modules(__path__) if module.name not in _OTHER):
        metric = getattr(import_module(f"{__name__}.{file}"), "METRIC", None)
        if not isinstance(metric, Metric) or metric.name != file:
            raise Problem(f"metrics/{file}.py must define METRIC, a Metric of the name '{file}'")
        found[file] = metric
    for point in entry_points(group="xstilts.metrics"):
        metric = point.load()
        if not isinstance(metric, Metric) or metric.name != point.name or metric.name in found:
            raise Problem(
                f"the entry point '{point.name}' in the group xstilts.metrics ({point.value}) must be a Metric of that "
                "name, unlike any other: correct or remove that package"
            )
        found[metric.name] = metric
    return MappingProxyType(found)


def get_metric(name: str) -> Metric:
    """The metric with this name. Raises ``Problem`` with the nearest name."""
    if name in metrics():
        return metrics()[name]
    raise Problem(f"unknown metric '{name}'{nearest(name, metrics()) or '.'} metrics: {', '.join(metrics())}")


def fitting() -> Mapping[str, Collection[TaskType]]:
    """The task types that each metric fits, as ``catalogue.task_from_table`` takes them."""
    return {name: metric.types for name, metric in metrics().items()}
