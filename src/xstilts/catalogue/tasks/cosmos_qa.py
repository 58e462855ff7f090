"""Cosmos QA: questions about blog texts whose answers stand between the lines."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType

PART = "a part of the official validation split, cut by context into train and validation"

TASK = Task(
    name="cosmos_qa",
    title="Cosmos QA: which of four answers fits the blog text and the question?",
    type=TaskType.MULTIPLE_CHOICE,
    metric="accuracy",
    languages=("en",),
    splits={
        "train": Files("allenai/cosmos_qa", ("default",), "train", official={"en": 25_262}, instead=PART),
        "validation": Files("allenai/cosmos_qa", ("default",), "validation", official={"en": 2_985}, instead=PART),
    },
    columns={"text_a": "{context} {question}", "choices": "answer0,answer1,answer2,answer3"},
    evaluation_split="validation",
    lineage="cosmos_qa",
    licence="CC BY 4.0",
    citation="Huang, Le Bras, Bhagavatula, Choi 2019",
    notes=(
        "The paper's table says 25,588 and 3,000; the distributed files have 25,262 and 2,985. The official test "
        "labels are not public. In a data folder, both splits may be cut from the official validation split, by "
        "context: its scores compare with no paper."
    ),
)
