"""MLQA: questions about Wikipedia paragraphs in seven languages, trained on SQuAD 1.1."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.catalogue.tasks.squad import COLUMNS, TRAIN
from xstilts.catalogue.words import numbers, words

CONFIG = ("mlqa.{language}.{language}",)
VALIDATION_SIZES = numbers("en=1148 es=500 de=512 ar=517 hi=507 vi=511 zh=504")
TEST_SIZES = numbers("en=11590 es=5253 de=4517 ar=5335 hi=4918 vi=5495 zh=5137")

TASK = Task(
    name="mlqa",
    title="MLQA: which span of the paragraph answers the question, in 7 languages?",
    type=TaskType.SPAN_EXTRACTION,
    metric="mlqa_f1",
    languages=words("en es de ar hi vi zh"),
    splits={
        "train": TRAIN,
        "validation": Files("facebook/mlqa", CONFIG, "validation", official=VALIDATION_SIZES, parallel="id"),
        "test": Files("facebook/mlqa", CONFIG, "test", official=TEST_SIZES, parallel="id"),
    },
    columns=COLUMNS,
    protocol="xtreme",
    lineage="squad",
    licence="CC BY-SA 3.0",
    citation="Lewis, Oguz, Rinott, Riedel, Schwenk 2020",
    notes=(
        "Paragraph and question are in the same language. Trains on SQuAD, so SQuAD as intermediate task is a "
        "self-pair. In a data folder without test.parquet only the validation split can be scored (splits = "
        '["validation"]).'
    ),
)
