"""Find the English side of a sentence of NTREX-128: the rows of ``ntrex`` read as queries and candidates."""

from __future__ import annotations

from dataclasses import replace

from xstilts.catalogue.task import TaskType
from xstilts.catalogue.tasks.ntrex import TASK as PAIRS

TASK = replace(
    PAIRS,
    name="ntrex-ranking",
    title="Find the English side of a sentence of NTREX-128",
    type=TaskType.RANKING,
    columns={"query": PAIRS.columns["text"], "candidate": PAIRS.columns["text_b"]},
)
