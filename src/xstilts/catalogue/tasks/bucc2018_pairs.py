"""The true pairs of BUCC 2018 without the rest of its collections: a retrieval, much easier than the mining."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.catalogue.words import numbers, words

_DEV, _TEST = numbers("de=1038 fr=929 ru=2374 zh=257"), numbers("de=9580 fr=9086 ru=14435 zh=1899")

TASK = Task(
    name="bucc2018-pairs",
    title="BUCC 2018, true pairs only: which sentence is the translation of this one?",
    type=TaskType.RETRIEVAL,
    metric="retrieval_accuracy",
    languages=words("de fr ru zh"),
    splits={
        "validation": Files("google/xtreme", ("bucc18.{language}",), "validation", official=_DEV),
        "test": Files("google/xtreme", ("bucc18.{language}",), "test", official=_TEST),
    },
    columns={"source": "source_sentence", "target": "target_sentence"},
    licence="not stated: see comparable.limsi.fr/bucc2018",
    citation="Zweigenbaum, Sharoff, Rapp 2018",
    notes=(
        "All that the hub's copy of XTREME holds of BUCC. Not the benchmark's task, which hides these pairs among "
        "hundreds of thousands of sentences (bucc2018); MTEB's BUCC.v2 scores the same pairs, with protocol mteb."
    ),
)
