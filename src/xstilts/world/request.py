"""What a maker of examples gets.

In: what ``World.read`` was asked for. Out: ``Request``, one argument for every maker of rows, and ``Columns``, what
makers return: one list for each column of the task type's schema; a column without a list is null.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xstilts.world.grammar import Grammar
from xstilts.world.meanings import Meanings, Region
from xstilts.world.settings import WorldSettings

Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class Request:
    """``size`` rows of ``split`` in the language of ``grammar``; ``pivot`` is the labelled language. All chance comes
    from ``rng``, which is the same for every language of a labelled set: test sets are translations of each other."""

    settings: WorldSettings
    meanings: Meanings
    grammar: Grammar
    pivot: Grammar
    split: str
    region: Region
    size: int
    rng: np.random.Generator
