"""XNLI: entailment in 15 languages, trained on MultiNLI."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.catalogue.tasks.mnli import TRAIN
from xstilts.catalogue.words import words

LANGUAGES = words("ar bg de el en es fr hi ru sw th tr ur vi zh")

TASK = Task(
    name="xnli",
    title="XNLI: does the premise entail, contradict or leave open the hypothesis, in 15 languages?",
    type=TaskType.CLASSIFICATION,
    metric="accuracy",
    languages=LANGUAGES,
    splits={
        "train": TRAIN,
        "validation": Files("facebook/xnli", ("{language}",), "validation", official=dict.fromkeys(LANGUAGES, 2_490)),
        "test": Files("facebook/xnli", ("{language}",), "test", official=dict.fromkeys(LANGUAGES, 5_010)),
    },
    columns={"text_a": "premise", "text_b": "hypothesis", "label": "label"},
    labels=("entailment", "neutral", "contradiction"),
    protocol="xtreme",
    lineage="mnli",
    licence="CC BY-NC 4.0",
    citation="Conneau et al. 2018",
    notes=(
        "Trains on MultiNLI, so MultiNLI as intermediate task is a self-pair. A language's validation set is either "
        "training or development data in a study, never both."
    ),
)
