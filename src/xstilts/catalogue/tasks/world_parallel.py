"""Parallel text of the constructed world: each language with the labelled one, for translation language modelling."""

from __future__ import annotations

from xstilts.catalogue.language import languages
from xstilts.catalogue.task import Files, Task, TaskType

LANGUAGES = tuple(code for code, language in languages().items() if language.constructed)

TASK = Task(
    name="world/parallel",
    title="Parallel text of the constructed languages",
    type=TaskType.MLM,
    metric="",
    languages=tuple(code for code in LANGUAGES if code != "qaa"),
    splits={
        "train": Files("world", ("{language}",), "train"),
    },
    train_language="qaa",
    evaluation_split="train",
    protocol="world",
    lineage="world/parallel",
    licence="made by this package",
    notes="Constructed languages: says nothing about human ones. Empty where [world] parallel is false.",
)
