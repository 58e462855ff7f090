"""Find the English side of a sentence of NTREX-128: the rows of ``ntrex`` read as queries and candidates."""

from __future__ import annotations

from dataclasses import replace

from xstilts.catalogue.task import TaskType
from xstilts.catalogue.tasks.ntrex import TASK as PAIRS
from xstilts.catalogue.tasks.ntrex import on_hub

TASK = replace(
    PAIRS,
    name="ntrex-ranking",
    title="Find the English side of a sentence of NTREX-128",
    type=TaskType.RANKING,
    splits={"train": replace(PAIRS.splits["train"], otherwise=on_hub(0, 1000, "query", "candidate"))},
    columns={"query": PAIRS.columns["text"], "candidate": PAIRS.columns["text_b"]},
)
