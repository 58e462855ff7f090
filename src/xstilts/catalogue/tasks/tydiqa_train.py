"""TyDiQA-GoldP scored on training sets: a stand-in where its validation set is not at hand, under its own name."""

from __future__ import annotations

from dataclasses import replace

from xstilts.catalogue.task import Files
from xstilts.catalogue.tasks.tydiqa import REPOSITORY, TRAIN_SIZES
from xstilts.catalogue.tasks.tydiqa import TASK as OFFICIAL

CONFIG = ("secondary_task.{language}",)

TASK = replace(
    OFFICIAL,
    name="tydiqa_train",
    title="TyDiQA-GoldP, scored zero-shot on the training sets of Korean and Swahili",
    languages=("ko", "sw"),
    splits={
        "train": Files(REPOSITORY, CONFIG, "train", languages=("en",), official={"en": TRAIN_SIZES["en"]}),
        "test": Files(REPOSITORY, CONFIG, "train", official={code: TRAIN_SIZES[code] for code in ("ko", "sw")}),
    },
    protocol="",
    in_place_of="tydiqa",
    notes=(
        "Not the benchmark: trains on English like it, but is scored on the official training sets of two other "
        "languages. Its scores compare with no paper. In a data folder only, with a configuration a language."
    ),
)
