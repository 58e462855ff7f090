"""What a maker of examples gets.

In: what ``World.read`` was asked for. Out: ``Request``, one argument for every maker of rows, and ``Columns``, what
makers return: one list for each column of the task type's schema; a column without a list is null. A translated set is
the set itself, said in another language by someone who makes mistakes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xstilts.world.grammar import Grammar
from xstilts.world.meanings import Meaning, Meanings, Region
from xstilts.world.pairs import near_paraphrase
from xstilts.world.settings import WorldSettings

Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class Request:
    """``size`` rows of ``split`` in the language of ``grammar``; ``pivot`` is the labelled language. All chance comes
    from ``rng``, which is the same for every language of a labelled set: test sets are translations of each other.
    In a translated set, ``slips`` says where the translation is wrong, each language for itself."""

    settings: WorldSettings
    meanings: Meanings
    grammar: Grammar
    pivot: Grammar
    split: str
    region: Region
    size: int
    rng: np.random.Generator
    slips: np.random.Generator | None = None

    def slipped(self) -> np.random.Generator | None:
        """Chance to draw the mistake from, where the next thing is translated wrongly."""
        wrong = self.slips is not None and self.slips.random() < self.settings.mistranslated
        return self.slips if wrong else None

    def heard(self, meaning: Meaning) -> Meaning:
        """What the translation says instead of ``meaning``: the same, or another thing in as many words."""
        slips = self.slipped()
        return meaning if slips is None else near_paraphrase(meaning, self.meanings, slips)
