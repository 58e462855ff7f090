"""The rows of the benchmark, by number; a file holds one, or several that are measured alike."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from benchmarks.row import Row


def rows() -> dict[int, Row]:
    """All rows, in the order of their numbers."""
    found: list[Row] = []
    for module in iter_modules(__path__):
        found.extend(import_module(f"{__name__}.{module.name}").ROWS)
    return {row.number: row for row in sorted(found, key=lambda row: row.number)}
