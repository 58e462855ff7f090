"""``world/nli`` to train on in every constructed language: translated with mistakes, and said by speakers."""

from __future__ import annotations

from dataclasses import replace

from xstilts.catalogue.task import Files
from xstilts.catalogue.tasks.world_nli import TASK as ORIGINAL

CONFIG = ("nli.{language}",)

TASK = replace(
    ORIGINAL,
    name="world/nli-translated",
    title="Entailment between constructed sentences, translated with mistakes",
    splits={"train": Files("world", CONFIG, "train"), "validation": Files("world", CONFIG, "validation")},
    notes="Constructed languages: says nothing about human ones. The training set is that of world/nli: as it is"
    " in the labelled language, translated into the others, where a share of the sentences says something else"
    " ([world] mistranslated). The validation set is that of world/nli, said without mistakes in every language:"
    " for a few examples of a language. It trains only.",
)
