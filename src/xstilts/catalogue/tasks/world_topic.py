"""Topic classification in the constructed world: a skill that no other of its tasks needs."""

from __future__ import annotations

from xstilts.catalogue.language import languages
from xstilts.catalogue.task import Files, Task, TaskType

LANGUAGES = tuple(code for code, language in languages().items() if language.constructed)

TASK = Task(
    name="world/topic",
    title="Topic of a constructed text",
    type=TaskType.CLASSIFICATION,
    metric="accuracy",
    languages=LANGUAGES,
    splits={
        "train": Files("world", ("{language}",), "train", languages=("qaa",)),
        "validation": Files("world", ("{language}",), "validation", languages=("qaa",)),
        "test": Files("world", ("{language}",), "test"),
    },
    labels=("sea", "town", "forest"),
    train_language="qaa",
    evaluation_split="test",
    protocol="world",
    lineage="world/topic",
    licence="made by this package",
    notes="Constructed languages: says nothing about human ones."
    " Needs words alone, one text, no roles and no comparison: the unrelated arm of control studies.",
)
