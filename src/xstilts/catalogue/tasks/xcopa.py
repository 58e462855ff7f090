"""XCOPA: which of two sentences is the cause or the effect, in eleven languages, trained on English COPA."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.catalogue.words import words

LANGUAGES = words("et ht id it qu sw ta th tr vi zh")


def _files(split: str, size: int) -> Files:
    """XTREME-R's languages, and English COPA from a data folder (the hub's English test labels are blank)."""
    english = Files("super_glue", ("copa",), split, languages=("en",))
    official = dict.fromkeys((*LANGUAGES, "en"), size)
    return Files(
        "cambridgeltl/xcopa",
        ("{language}",),
        split,
        languages=(*LANGUAGES, "en"),
        otherwise=english,
        official=official,
        parallel="row",
    )


TASK = Task(
    name="xcopa",
    title="XCOPA: which of two sentences is the cause or the effect, in 11 languages?",
    type=TaskType.MULTIPLE_CHOICE,
    metric="accuracy",
    languages=LANGUAGES,
    splits={
        "train": Files("aps/super_glue", ("copa",), "train", languages=("en",), official={"en": 400}),
        "validation": _files("validation", 100),
        "test": _files("test", 500),
    },
    columns={"text_a": "{premise} What was the {question}?", "choices": "choice1,choice2"},
    protocol="xtreme-r",
    lineage="copa",
    licence="CC BY 4.0 (XCOPA); BSD-2-Clause (COPA)",
    citation="Ponti et al. 2020; Roemmele, Bejan, Gordon 2011",
    notes=(
        "The question is English in every language, as in the official scripts, which train on Social IQa before "
        "English COPA: that is social_i_qa as intermediate task. XCOPA translates COPA's validation and test sets. "
        "English is scored beside the benchmark's languages where a data folder has labels for it, and is in no "
        "official average. 500 examples a language: one standard error is 2 points."
    ),
)
