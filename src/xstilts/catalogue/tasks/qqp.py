"""QQP: do two English questions of Quora ask the same?"""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType

TASK = Task(
    name="qqp",
    title="QQP: do the two questions ask the same?",
    type=TaskType.CLASSIFICATION,
    metric="accuracy",
    languages=("en",),
    splits={
        "train": Files("nyu-mll/glue", ("qqp",), "train", official={"en": 363_846}),
        "validation": Files("nyu-mll/glue", ("qqp",), "validation", official={"en": 40_430}),
    },
    columns={"text_a": "question1", "text_b": "question2"},
    labels=("not_duplicate", "duplicate"),
    paraphrase=True,
    evaluation_split="validation",
    lineage="qqp",
    licence="Quora's terms of service; not for commercial use (unverified)",
    citation="Iyer, Dandekar, Csernai 2017; Wang et al. 2019",
    notes=(
        "Columns, labels and sizes as listed by the hub's library; not checked against the files. The paper selects "
        "by the mean of accuracy and F1. The official test labels are not public."
    ),
)
