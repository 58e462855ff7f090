"""Sentence retrieval in the constructed world: find the translation in the labelled language. Nothing is trained."""

from __future__ import annotations

from xstilts.catalogue.language import languages
from xstilts.catalogue.task import Files, Task, TaskType

LANGUAGES = tuple(code for code, language in languages().items() if language.constructed)

TASK = Task(
    name="world/retrieval",
    title="Constructed sentences and their translations",
    type=TaskType.RETRIEVAL,
    metric="retrieval_accuracy",
    languages=tuple(code for code in LANGUAGES if code != "qaa"),
    splits={
        "test": Files("world", ("{language}",), "test"),
    },
    train_language="qaa",
    evaluation_split="test",
    protocol="world",
    lineage="world/retrieval",
    licence="made by this package",
    notes="Constructed languages: says nothing about human ones. The target side is the labelled language.",
)
