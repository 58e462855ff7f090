"""SNLI: three-way entailment between captions of pictures; a part of ANLI+."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType

TASK = Task(
    name="snli",
    title="SNLI: does the caption entail, contradict or leave open the sentence?",
    type=TaskType.CLASSIFICATION,
    metric="accuracy",
    languages=("en",),
    splits={
        "train": Files("stanfordnlp/snli", ("plain_text",), "train", official={"en": 550_152}),
        "validation": Files("stanfordnlp/snli", ("plain_text",), "validation", official={"en": 10_000}),
        "test": Files("stanfordnlp/snli", ("plain_text",), "test", official={"en": 10_000}),
    },
    columns={"text_a": "premise", "text_b": "hypothesis"},
    labels=("entailment", "neutral", "contradiction"),
    lineage="snli",
    licence="CC BY-SA 4.0",
    citation="Bowman, Angeli, Potts, Manning 2015",
    notes=(
        "785 training pairs have no label (-1) and are left out: 549,367 train. Pairs without label in the other "
        "splits are left out, too: unverified how many. Columns as listed by the hub's library; not checked against "
        "the files."
    ),
)
