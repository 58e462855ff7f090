"""CommonsenseQA, version 1.0: three choices, an earlier and easier set than the one papers use."""

from __future__ import annotations

from dataclasses import replace

from xstilts.catalogue.task import Files
from xstilts.catalogue.tasks.commonsense_qa import TASK as LATER
from xstilts.catalogue.words import words

TASK = replace(
    LATER,
    name="commonsense_qa_v1",
    title="CommonsenseQA 1.0: which of three words answers the question?",
    splits={split: Files("commonsense_qa", ("v1.0",), split) for split in ("train", "validation")},
    labels=words("A B C"),
    in_place_of="commonsense_qa",
    notes="Not the version of the papers: 1.0 has three choices, not five. In a data folder only.",
)
