"""Find the English side of a sentence of NLLB-Seed: the rows of ``nllb-seed`` read as queries and candidates."""

from __future__ import annotations

from dataclasses import replace

from xstilts.catalogue.task import TaskType
from xstilts.catalogue.tasks.nllb_seed import TASK as PAIRS

TASK = replace(
    PAIRS,
    name="nllb-seed-ranking",
    title="Find the English side of a sentence of NLLB-Seed",
    type=TaskType.RANKING,
    columns={"query": PAIRS.columns["text"], "candidate": PAIRS.columns["text_b"]},
)
