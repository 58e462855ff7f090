"""CommonsenseQA: which of five words answers the question?"""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.catalogue.words import words

TASK = Task(
    name="commonsense_qa",
    title="CommonsenseQA: which of five words answers the question?",
    type=TaskType.MULTIPLE_CHOICE,
    metric="accuracy",
    languages=("en",),
    splits={
        "train": Files("tau/commonsense_qa", ("default",), "train", official={"en": 9_741}),
        "validation": Files("tau/commonsense_qa", ("default",), "validation", official={"en": 1_221}),
    },
    columns={"text_a": "question", "choices": "choices.text", "label": "answerKey"},
    labels=words("A B C D E"),
    evaluation_split="validation",
    lineage="commonsense_qa",
    licence="MIT",
    citation="Talmor, Herzig, Lourie, Berant 2019",
    notes="Columns and sizes as listed by the hub's library. The official test labels are not public.",
)
