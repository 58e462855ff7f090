"""Natural language inference in the constructed world: which of three relations holds between two sentences."""

from __future__ import annotations

from xstilts.catalogue.language import languages
from xstilts.catalogue.task import Files, Task, TaskType

LANGUAGES = tuple(code for code, language in languages().items() if language.constructed)

TASK = Task(
    name="world/nli",
    title="Entailment between constructed sentences",
    type=TaskType.CLASSIFICATION,
    metric="accuracy",
    languages=LANGUAGES,
    splits={
        "train": Files("world", ("{language}",), "train", languages=("qaa",)),
        "validation": Files("world", ("{language}",), "validation", languages=("qaa",)),
        "test": Files("world", ("{language}",), "test"),
    },
    labels=("entailment", "neutral", "contradiction"),
    train_language="qaa",
    evaluation_split="test",
    protocol="world",
    lineage="world/nli",
    licence="made by this package",
    notes="Constructed languages: says nothing about human ones."
    " The label follows from the two meanings; test sets are translations of each other.",
)
