"""Plain text of the constructed world, for pretraining and for masked language modelling beside a task."""

from __future__ import annotations

from xstilts.catalogue.language import languages
from xstilts.catalogue.task import Files, Task, TaskType

LANGUAGES = tuple(code for code, language in languages().items() if language.constructed)

TASK = Task(
    name="world/text",
    title="Plain text of the constructed languages",
    type=TaskType.MLM,
    metric="",
    languages=LANGUAGES,
    splits={
        "train": Files("world", ("{language}",), "train"),
    },
    train_language="qaa",
    evaluation_split="train",
    protocol="world",
    lineage="world/text",
    licence="made by this package",
    notes="Constructed languages: says nothing about human ones. Unequal amounts, set by [world] words.",
)
