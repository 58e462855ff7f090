"""Part-of-speech tagging in the constructed world, with names of the Universal Dependencies tag set."""

from __future__ import annotations

from xstilts.catalogue.language import languages
from xstilts.catalogue.task import Files, Task, TaskType

LANGUAGES = tuple(code for code, language in languages().items() if language.constructed)

TASK = Task(
    name="world/pos",
    title="Word classes in constructed sentences",
    type=TaskType.TOKEN_CLASSIFICATION,
    metric="chunk_f1",
    languages=LANGUAGES,
    splits={
        "train": Files("world", ("{language}",), "train", languages=("qaa",)),
        "validation": Files("world", ("{language}",), "validation", languages=("qaa",)),
        "test": Files("world", ("{language}",), "test"),
    },
    labels=("ADJ", "ADP", "ADV", "AUX", "DET", "NOUN", "NUM", "PART", "PRON", "PUNCT", "VERB"),
    train_language="qaa",
    evaluation_split="test",
    protocol="world",
    lineage="world/pos",
    licence="made by this package",
    notes="Constructed languages: says nothing about human ones."
    " Some roots serve as noun and verb, or noun and adjective.",
)
