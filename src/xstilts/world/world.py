"""The constructed languages as a source of rows.

In: settings, a task of the catalogue, a split, a language. Out: how many rows there are (known at once), an identity
for job keys, and the rows themselves, made on the spot and the same on every machine.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cached_property

import pyarrow as pa

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.task import Task
from xstilts.data.random import stream
from xstilts.data.rows import SCHEMAS
from xstilts.world import questions, sentence_pairs, texts
from xstilts.world.grammar import Grammar
from xstilts.world.lexicon import constructed, lexicon
from xstilts.world.meanings import Meanings, Region
from xstilts.world.request import Columns, Request
from xstilts.world.settings import WorldSettings

# Raise whenever the same settings would give other rows.
GENERATOR = 4
PIVOT = "qaa"
# What the table of languages holds of human ones only: no row follows from it.
HUMAN = ("wals_code", "affixation", "morphology_index")
MAKERS: Mapping[str, Callable[[Request], Columns]] = {
    "world/nli": sentence_pairs.nli,
    "world/paraphrase": sentence_pairs.paraphrase,
    "world/qa": questions.questions,
    "world/pos": texts.tagged,
    "world/nli-translated": sentence_pairs.nli,
    "world/paraphrase-translated": sentence_pairs.paraphrase,
    "world/qa-translated": questions.questions,
    "world/pos-translated": texts.tagged,
    "world/topic": texts.topics,
    "world/retrieval": texts.translations,
    "world/parallel": texts.parallel,
    "world/parallel-ranking": texts.ranked,
    "world/lexicon": texts.phrases,
    "world/text": texts.plain,
}
REGION_OF: Mapping[tuple[str, str], Region] = {
    ("world/text", "train"): "text",
    ("world/parallel", "train"): "parallel",
    ("world/parallel-ranking", "train"): "parallel",
    ("world/lexicon", "train"): "parallel",
}


class World:
    """One constructed world. Words and grammars are made when rows are first read."""

    def __init__(self, settings: WorldSettings | None = None) -> None:
        self.settings = settings or WorldSettings()

    def identity(self) -> str:
        """A digest of everything the rows of all but the translated sets follow from: settings, generator, table of
        languages. Nothing is generated."""
        settings = dataclasses.asdict(self.settings) | {"parallel": self.settings.pairs}
        del settings["mistranslated"]  # only what is translated depends on it: see ``checksum``
        said = (dataclasses.asdict(language) for language in constructed().values())
        tables = [{name: value for name, value in table.items() if name not in HUMAN} for table in said]
        content = json.dumps([GENERATOR, settings, tables], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()[:32]

    def checksum(self, task: Task, split: str, language: str) -> str:
        """The digest of what these rows follow from, 64 hex digits."""
        said = f"{self.identity()}:{task.name}:{split}:{language}"
        if _translated(task, split, language):
            said += f":{self.settings.mistranslated}"
        return hashlib.sha256(said.encode()).hexdigest()

    def languages(self, task: Task, split: str) -> tuple[str, ...]:
        """Languages that have rows of the split, in the task's order."""
        return tuple(code for code in task.languages_of(split) if self.count(task, split, code))

    def count(self, task: Task, split: str, language: str) -> int:
        """Rows of the split in the language, without making them. Raises ``Problem`` for what the world does not
        have."""
        if task.name not in MAKERS:
            raise Problem(f"'{task.name}' is not a task of the constructed world{nearest(task.name, MAKERS)}")
        if language not in task.languages_of(split):
            known = ", ".join(task.languages_of(split)) or "no languages"
            raise Problem(f"'{task.name}' has no split '{split}' in '{language}': it has {known}")
        if task.name == "world/text":
            return self.settings.documents(language)
        if task.name in ("world/parallel", "world/parallel-ranking"):
            return self.settings.pairs
        if task.name == "world/lexicon":
            return self.settings.phrases
        if task.name == "world/retrieval":
            return self.settings.retrieval
        return {"train": self.settings.train, "validation": self.settings.validation, "test": self.settings.test}[split]

    def read(self, task: Task, split: str, language: str, some: int | None = None) -> pa.Table:
        """The rows, in the columns of the task type; ``some``: at most so many, which are like the rows and none of
        them. Raises ``Problem`` for what the world does not have."""
        size = self.count(task, split, language)
        size = size if some is None else min(size, some)
        region = REGION_OF.get((task.name, split))
        # Labelled sets say the same in every language; plain and parallel text is each language's own.
        # The ranking has the sentences of the parallel text; a translated set says what the set itself says.
        name = task.name.removesuffix("-ranking").removesuffix("-translated")
        names = (name, split) if region is None else (name, split, language)
        request = Request(
            settings=self.settings,
            meanings=self._meanings,
            grammar=self.grammars[language],
            pivot=self.grammars[PIVOT],
            split=split,
            region=region or _region(split),
            size=size,
            rng=stream(self.settings.seed, *names),
            slips=stream(self.settings.seed, "slips", name, language) if _translated(task, split, language) else None,
        )
        schema, made = SCHEMAS[task.type], MAKERS[task.name](request)
        return pa.Table.from_pydict({name: made.get(name, [None] * size) for name in schema.names}, schema=schema)

    @cached_property
    def _meanings(self) -> Meanings:
        return Meanings(self.settings)

    @cached_property
    def grammars(self) -> Mapping[str, Grammar]:
        """How each language speaks."""
        words = lexicon(self.settings)
        return {code: Grammar(self.settings, language, words[code]) for code, language in constructed().items()}


def _translated(task: Task, split: str, language: str) -> bool:
    """Whether the rows were translated with mistakes: training sets are, from the labelled language; what is there to
    validate was said by speakers."""
    return task.name.endswith("-translated") and split == "train" and language != PIVOT


def _region(split: str) -> Region:
    """Labelled splits have the scenes of their name."""
    regions: dict[str, Region] = {"train": "train", "validation": "validation", "test": "test"}
    return regions[split]
