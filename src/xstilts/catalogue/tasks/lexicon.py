"""Bilingual word lists with English: find the English side of a word."""

from __future__ import annotations

from xstilts.catalogue.iso639 import TWO_LETTER
from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.catalogue.words import words

LANGUAGES = words(
    "af ar az bg bn de el es et eu fa fi fr gu he hi ht hu id it ja jv ka kk ko lt ml mr ms my nl pa pl pt qu ro ru "
    "sw ta te th tl tr uk ur vi wo yo zh amh bel cat ces cym dan epo gle glg hau hrv hye ibo isl kan khm kin kir "
    "lao lav mkd mon nep nor ori pus sin slk slv som sqi srp sun swe tgk uzb xho zul"
)

TASK = Task(
    name="lexicon",
    title="Bilingual word lists: which English word translates this one?",
    type=TaskType.RANKING,
    metric="",
    languages=LANGUAGES,
    splits={"train": Files("lexicon", ("en-{language}",), "train", TWO_LETTER)},
    columns={"query": "target", "candidate": "source"},
    lineage="lexicon",
    licence="by file, mostly CC BY-SA; af lt sw tr hold pairs under the GPL",
    notes="At most four words a side and five translations a word. Senses are not kept apart; some pairs are wrong.",
)
