"""Mining in NTREX-128: two collections of news sentences, in each of which one in three has its translation."""

from __future__ import annotations

from dataclasses import replace

from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.catalogue.tasks.ntrex import NAMES, on_hub

_FILES = Files("ntrex_128", ("{language}",), "train", NAMES, join=("eng", "sent_id"), paired=5)

TASK = Task(
    name="ntrex-mining",
    title="NTREX-128: which sentences of two collections translate one another?",
    type=TaskType.MINING,
    metric="mining_f1",
    languages=tuple(NAMES),
    splits={
        "validation": replace(
            _FILES,
            where=(("sent_id", ">=", 1000), ("sent_id", "<", 1332)),
            otherwise=on_hub(1000, 1332, "source", "target", paired=5),
        ),
        "test": replace(
            _FILES, where=(("sent_id", ">=", 1332),), otherwise=on_hub(1332, None, "source", "target", paired=5)
        ),
    },
    columns={"source": "text", "target": "other.text"},
    licence="CC BY-SA 4.0",
    citation="Federmann, Kocmi, Xin 2022",
    notes=(
        "Made here in the manner of BUCC, whose collections are larger and share less: of five sentences in a row one "
        "stands with its English, two without, and of two only the English is there, so that what distracts comes from "
        "the same articles. The first 1,000 sentences are training pairs (ntrex), the next 332 are the validation set; "
        "ntrex-retrieval scores the same sentences."
    ),
)
