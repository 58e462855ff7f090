"""NTREX-128 from sentence 1,000 on: find the translation of an English sentence. Nothing is trained."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.catalogue.tasks.ntrex import NAMES, on_hub

TASK = Task(
    name="ntrex-retrieval",
    title="NTREX-128: which sentence is the translation of this English one?",
    type=TaskType.RETRIEVAL,
    metric="retrieval_accuracy",
    languages=tuple(NAMES),
    splits={
        "test": Files(
            "ntrex_128",
            ("{language}",),
            "train",
            NAMES,
            where=(("sent_id", ">=", 1000),),
            join=("eng", "sent_id"),
            otherwise=on_hub(1000, None, "source", "target"),
        )
    },
    columns={"source": "text", "target": "other.text"},
    licence="CC BY-SA 4.0",
    citation="Federmann, Kocmi, Xin 2022",
    notes="Not part of XTREME. The first 1,000 sentences are training pairs (ntrex). Untrained, like tatoeba.",
)
