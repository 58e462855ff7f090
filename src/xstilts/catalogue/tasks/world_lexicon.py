"""The constructed world's dictionary: a word or phrase of each language with one of the labelled language."""

from __future__ import annotations

from dataclasses import replace

from xstilts.catalogue.task import TaskType
from xstilts.catalogue.tasks.world_parallel import TASK as PAIRS

TASK = replace(
    PAIRS,
    name="world/lexicon",
    title="Words and phrases of the constructed languages and their translations",
    type=TaskType.RANKING,
    lineage="world/lexicon",
    notes="Constructed languages: says nothing about human ones. Empty where [world] phrases is 0.",
)
