"""``world/qa`` to train on in every constructed language: translated with mistakes, and said by speakers."""

from __future__ import annotations

from dataclasses import replace

from xstilts.catalogue.task import Files
from xstilts.catalogue.tasks.world_qa import TASK as ORIGINAL

CONFIG = ("qa.{language}",)

TASK = replace(
    ORIGINAL,
    name="world/qa-translated",
    title="Questions about constructed texts, translated with mistakes",
    splits={"train": Files("world", CONFIG, "train"), "validation": Files("world", CONFIG, "validation")},
    notes="Constructed languages: says nothing about human ones. The training set is that of world/qa: as it is"
    " in the labelled language, translated into the others, where a share of the answers was lost and stands elsewhere"
    " ([world] mistranslated). The validation set is that of world/qa, said without mistakes in every language:"
    " for a few examples of a language. It trains only.",
)
