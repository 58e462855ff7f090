"""CMRC 2018: questions about Chinese Wikipedia paragraphs."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.catalogue.tasks.squad import COLUMNS

TASK = Task(
    name="cmrc2018",
    title="CMRC 2018: which span of the Chinese paragraph answers the question?",
    type=TaskType.SPAN_EXTRACTION,
    metric="answer_f1",
    languages=("zh",),
    splits={
        "train": Files(
            "hfl/cmrc2018",
            ("default",),
            "train",
            otherwise=Files("cmrc2018", ("default",), "trial", instead="the official trial set"),
            official={"zh": 10_142},
        ),
        "validation": Files("hfl/cmrc2018", ("default",), "validation", official={"zh": 3_219}),
    },
    columns=COLUMNS,
    train_language="zh",
    evaluation_split="validation",
    lineage="cmrc2018",
    licence="CC BY-SA 4.0",
    citation="Cui et al. 2019",
    notes=(
        "The hub repository is unverified. Where a data folder lacks the training set, the 1,000 questions of the "
        "official trial set stand in. The metric is XQuAD's, which takes a Chinese answer as one word: F1 is nearly "
        "exact match."
    ),
)
