"""Paraphrase identification in the constructed world: do two sentences of nearly the same words mean the same."""

from __future__ import annotations

from xstilts.catalogue.language import languages
from xstilts.catalogue.task import Files, Task, TaskType

LANGUAGES = tuple(code for code, language in languages().items() if language.constructed)

TASK = Task(
    name="world/paraphrase",
    title="Same or different meaning, nearly the same words",
    type=TaskType.CLASSIFICATION,
    metric="accuracy",
    languages=LANGUAGES,
    splits={
        "train": Files("world", ("{language}",), "train", languages=("qaa",)),
        "validation": Files("world", ("{language}",), "validation", languages=("qaa",)),
        "test": Files("world", ("{language}",), "test"),
    },
    labels=("0", "1"),
    paraphrase=True,
    train_language="qaa",
    evaluation_split="test",
    protocol="world",
    lineage="world/paraphrase",
    licence="made by this package",
    notes="Constructed languages: says nothing about human ones."
    " Every word is another in the second sentence, voice and order change, in both classes; in class 0 one word means"
    " something else, or two have changed places.",
)
