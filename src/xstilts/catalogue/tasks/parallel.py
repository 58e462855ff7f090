"""Sentence pairs with English from eight open collections, for translation language modelling."""

from __future__ import annotations

from xstilts.catalogue.iso639 import TWO_LETTER
from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.catalogue.words import words

LANGUAGES = words(
    "af ar az bg bn de el es et eu fa fi fr gu he hi ht hu id it ja jv ka kk ko lt ml mr ms my nl pa pl pt qu ro ru "
    "sw ta te th tl tr uk ur vi wo yo zh amh bel cat ces cym dan epo gle glg hau hrv hye ibo isl kan khm kin kir "
    "lao lav mkd mon nep nor ori pus sin slk slv som sqi srp sun swe tgk uzb xho zul"
)
COLLECTIONS = words("aosp id-editor mediawiki-editor mozilla-www osm-website storybooks udhr wikipedia-android")

TASK = Task(
    name="parallel",
    title="Sentence pairs with English from eight open collections",
    type=TaskType.MLM,
    metric="",
    languages=LANGUAGES,
    splits={"train": Files("parallel", tuple(f"{name}-en-{{language}}" for name in COLLECTIONS), "train", TWO_LETTER)},
    columns={"text": "target", "text_b": "source"},
    lineage="parallel",
    licence="by collection: Apache-2.0, ISC, MIT, GPL-2.0, MPL-2.0, CC BY 4.0, public domain",
    notes="Mostly texts of user interfaces and web sites, translated by their projects, not checked row by row.",
)
