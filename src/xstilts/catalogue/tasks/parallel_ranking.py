"""Find the English side of a sentence of eight collections: the rows of ``parallel`` read as queries and candidates."""

from __future__ import annotations

from dataclasses import replace

from xstilts.catalogue.task import TaskType
from xstilts.catalogue.tasks.parallel import TASK as PAIRS

TASK = replace(
    PAIRS,
    name="parallel-ranking",
    title="Find the English side of a sentence of eight collections",
    type=TaskType.RANKING,
    columns={"query": PAIRS.columns["text"], "candidate": PAIRS.columns["text_b"]},
)
