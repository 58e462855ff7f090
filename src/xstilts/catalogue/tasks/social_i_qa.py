"""Social IQa: questions about people's motives and feelings; XCOPA's official first training set."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.catalogue.words import words

TASK = Task(
    name="social_i_qa",
    title="Social IQa: which of three answers fits what people do and feel?",
    type=TaskType.MULTIPLE_CHOICE,
    metric="accuracy",
    languages=("en",),
    splits={
        "train": Files("allenai/social_i_qa", ("default",), "train", official={"en": 33_410}),
        "validation": Files("allenai/social_i_qa", ("default",), "validation", official={"en": 1_954}),
    },
    columns={"text_a": "{context} {question}", "choices": "answerA,answerB,answerC"},
    labels=words("1 2 3"),
    evaluation_split="validation",
    lineage="social_i_qa",
    licence="CC BY 4.0 (unverified)",
    citation="Sap, Rashkin, Chen, Le Bras, Choi 2019",
    notes=(
        "Columns and sizes as listed by the hub's library; labels count from 1, as texts, which may end with a line "
        "break (datasets issue 1633). No file of it was at hand."
    ),
)
