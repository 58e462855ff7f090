"""XNLI: entailment in 15 languages, trained on MultiNLI."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Kin, Task, TaskType
from xstilts.catalogue.tasks.mnli import TRAIN
from xstilts.catalogue.words import words

COLLECTED = {"mnli/train": Kin.COLLECTION}
LANGUAGES = words("ar bg de el en es fr hi ru sw th tr ur vi zh")


def _files(split: str, size: int) -> Files:
    official = dict.fromkeys(LANGUAGES, size)
    return Files("facebook/xnli", ("{language}",), split, official=official, made_from=COLLECTED, parallel="row")


TASK = Task(
    name="xnli",
    title="XNLI: does the premise entail, contradict or leave open the hypothesis, in 15 languages?",
    type=TaskType.CLASSIFICATION,
    metric="accuracy",
    languages=LANGUAGES,
    splits={
        "train": TRAIN,
        "validation": _files("validation", 2_490),
        "test": _files("test", 5_010),
    },
    columns={"text_a": "premise", "text_b": "hypothesis", "label": "label"},
    labels=("entailment", "neutral", "contradiction"),
    protocol="xtreme",
    lineage="mnli+xnli",
    licence="CC BY-NC 4.0",
    citation="Conneau et al. 2018",
    notes=(
        "Trains on MultiNLI, so MultiNLI as intermediate task is a self-pair; so is xnli_dev, which trains on XNLI's "
        "own validation sets. A language's validation set is either training or development data in a study, never "
        "both."
    ),
)
