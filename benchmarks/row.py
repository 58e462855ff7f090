"""What a row of the benchmark is, as values.

In: nothing. Out: ``Row`` (a question with its target), ``Case`` (one line of its table: the same work done in several
ways), ``Target`` (which way has to be beaten how much) and ``Reading`` (what one fresh process measured).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OURS = "xstilts"
TUNED = "Trainer, tuned"
RECIPE = "Trainer, recipe"

Work = dict[str, Any]
Reading = dict[str, Any]


@dataclass(frozen=True)
class Places:
    """``data``: the folder of real text. ``work``: what can be made again (vocabularies, models, encoded text)."""

    data: Path
    work: Path


@dataclass(frozen=True)
class Target:
    """The ``measure`` of ``way``, divided by ours, should reach ``least``; without a ``way``, our own measure."""

    way: str
    least: float
    measure: str = "cpu"


@dataclass(frozen=True)
class Case:
    """The same ``work`` in several ``ways``. ``seldom``: slow ways that only the first round measures."""

    name: str
    work: Work
    ways: tuple[str, ...]
    targets: tuple[Target, ...] = ()
    seldom: tuple[str, ...] = ()
    rounds: int = 5
    note: str = ""


@dataclass(frozen=True)
class Row:
    """``prepare`` makes what several processes share and is not measured; ``measure`` does the work one way, in a fresh
    process, and returns seconds (``wall``, ``cpu``) and facts."""

    number: int
    title: str
    says: str
    cases: Callable[[bool], tuple[Case, ...]]
    measure: Callable[[str, Work, Places], Reading]
    prepare: Callable[[Work, Places], None] = field(default=lambda work, places: None)
    columns: tuple[str, ...] = ()
    needs_data: bool = True
    gpu: bool = False
