"""Extractive question answering in the constructed world: who, what, where, when, how many."""

from __future__ import annotations

from xstilts.catalogue.language import languages
from xstilts.catalogue.task import Files, Task, TaskType

LANGUAGES = tuple(code for code, language in languages().items() if language.constructed)

TASK = Task(
    name="world/qa",
    title="Questions about constructed texts",
    type=TaskType.SPAN_EXTRACTION,
    metric="answer_f1",
    languages=LANGUAGES,
    splits={
        "train": Files("world", ("{language}",), "train", languages=("qaa",)),
        "validation": Files("world", ("{language}",), "validation", languages=("qaa",)),
        "test": Files("world", ("{language}",), "test"),
    },
    train_language="qaa",
    evaluation_split="test",
    protocol="world",
    lineage="world/qa",
    licence="made by this package",
    notes="Constructed languages: says nothing about human ones."
    " Exactly one sentence of the context fits the question.",
)
