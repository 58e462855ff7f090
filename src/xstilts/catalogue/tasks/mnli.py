"""MultiNLI: three-way entailment between two English sentences; the data that XNLI trains on."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType

TRAIN = Files(
    "nyu-mll/multi_nli",
    ("default",),
    "train",
    languages=("en",),
    official={"en": 392_702},
    instead="a part of the official pairs",
)

TASK = Task(
    name="mnli",
    title="MultiNLI: does the premise entail, contradict or leave open the hypothesis?",
    type=TaskType.CLASSIFICATION,
    metric="accuracy",
    languages=("en",),
    splits={
        "train": TRAIN,
        "validation": Files(
            "nyu-mll/multi_nli",
            ("default",),
            "validation_matched",
            otherwise=Files(
                "nyu-mll/multi_nli",
                ("default",),
                "validation",
                instead="a split by premise of a part of the set, not the matched development set",
            ),
            official={"en": 9_815},
        ),
    },
    columns={"text_a": "premise", "text_b": "hypothesis", "label": "label"},
    labels=("entailment", "neutral", "contradiction"),
    evaluation_split="validation",
    lineage="mnli",
    licence="MultiNLI terms: OANC, CC BY 3.0, CC BY-SA 3.0, public domain, by genre",
    citation="Williams, Nangia, Bowman 2018",
    notes="In a data folder, validation.parquet is a split by premise of a part of the set, not the matched dev set.",
)
