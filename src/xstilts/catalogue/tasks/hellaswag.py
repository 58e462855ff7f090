"""HellaSwag: which of four endings follows?"""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType

TASK = Task(
    name="hellaswag",
    title="HellaSwag: which of four endings follows?",
    type=TaskType.MULTIPLE_CHOICE,
    metric="accuracy",
    languages=("en",),
    splits={
        "train": Files(
            "Rowan/hellaswag", ("default",), "train", official={"en": 39_905}, instead="a part of the official split"
        ),
        "validation": Files(
            "Rowan/hellaswag",
            ("default",),
            "validation",
            official={"en": 10_042},
            instead="a part of the official split",
        ),
    },
    columns={"text_a": "ctx", "choices": "endings"},
    evaluation_split="validation",
    lineage="hellaswag",
    licence="MIT",
    citation="Zellers, Holtzman, Bisk, Farhadi, Choi 2019",
    notes="The official test labels are not public. The activity label is not read.",
)
