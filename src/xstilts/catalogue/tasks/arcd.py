"""ARCD: questions about Arabic Wikipedia paragraphs."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.catalogue.tasks.squad import COLUMNS

LESS = "without the questions whose answer is not in its paragraph"

TASK = Task(
    name="arcd",
    title="ARCD: which span of the Arabic paragraph answers the question?",
    type=TaskType.SPAN_EXTRACTION,
    metric="answer_f1",
    languages=("ar",),
    splits={
        "train": Files("hsseinmz/arcd", ("plain_text",), "train", official={"ar": 693}, instead=LESS),
        "validation": Files("hsseinmz/arcd", ("plain_text",), "validation", official={"ar": 702}, instead=LESS),
    },
    columns=COLUMNS,
    train_language="ar",
    evaluation_split="validation",
    lineage="arcd",
    licence="MIT",
    citation="Mozannar, Maamary, El Hajal, Hajj 2019",
    notes="The hub repository is unverified. A data folder may lack 6 questions whose answer is not in its paragraph.",
)
