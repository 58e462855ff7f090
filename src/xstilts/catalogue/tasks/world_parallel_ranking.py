"""The constructed world's parallel text as a ranking: the rows of ``world/parallel`` as queries and candidates."""

from __future__ import annotations

from dataclasses import replace

from xstilts.catalogue.task import TaskType
from xstilts.catalogue.tasks.world_parallel import TASK as PAIRS

TASK = replace(
    PAIRS,
    name="world/parallel-ranking",
    title="Find the labelled language's side of a constructed sentence",
    type=TaskType.RANKING,
)
