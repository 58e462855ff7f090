"""TyDiQA-GoldP: questions that people asked in their own language, with the paragraph that answers them."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.catalogue.tasks.squad import COLUMNS
from xstilts.catalogue.words import numbers, pairs

REPOSITORY = "google-research-datasets/tydiqa"
NAMES = pairs("en=english ar=arabic bn=bengali fi=finnish id=indonesian ko=korean ru=russian sw=swahili te=telugu")
TRAIN_SIZES = numbers("en=3696 ko=1625 sw=2755")
SIZES = numbers("en=440 ar=921 bn=113 fi=782 id=565 ko=276 ru=812 sw=499 te=669")


def _files(split: str, official: dict[str, int]) -> Files:
    """A folder with a configuration a language; else the hub's file of all languages, told apart by their ids."""
    hub: Files | None = None
    for code, name in NAMES.items():
        own = (("id", "starts", f"{name}-"),)
        hub = Files(REPOSITORY, ("secondary_task",), split, languages=(code,), where=own, otherwise=hub)
    config = ("secondary_task.{language}",)
    return Files(REPOSITORY, config, split, languages=tuple(NAMES), otherwise=hub, official=official)


TASK = Task(
    name="tydiqa",
    title="TyDiQA-GoldP: which span of the paragraph answers the question, in 9 languages?",
    type=TaskType.SPAN_EXTRACTION,
    metric="answer_f1",
    languages=tuple(NAMES),
    splits={"train": _files("train", TRAIN_SIZES), "test": _files("validation", SIZES)},
    columns=COLUMNS,
    protocol="xtreme",
    lineage="tydiqa",
    licence="Apache-2.0",
    citation="Clark et al. 2020",
    notes=(
        "The validation set is the test set, and there is no other development set. The benchmark trains on English "
        "only. Sizes of the test set by language and the form of the ids on the hub (english-...) are unverified. "
        "The sizes sum to the 5,077 that the hub's library lists."
    ),
)
