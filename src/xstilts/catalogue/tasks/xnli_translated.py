"""XNLI's translations of MultiNLI's training set: what `translate-train` on XNLI trains on."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.catalogue.tasks.xnli import LANGUAGES

OTHERS = tuple(code for code in LANGUAGES if code != "en")

TASK = Task(
    name="xnli_translated",
    title="MultiNLI machine-translated into XNLI's 14 other languages, to train on",
    type=TaskType.CLASSIFICATION,
    metric="accuracy",
    languages=OTHERS,
    splits={"train": Files("facebook/xnli", ("{language}",), "train", official=dict.fromkeys(OTHERS, 392_702))},
    columns={"text_a": "premise", "text_b": "hypothesis", "label": "label"},
    labels=("entailment", "neutral", "contradiction"),
    lineage="mnli",
    licence="CC BY-NC 4.0",
    citation="Conneau et al. 2018",
    notes=(
        "Machine translations with the labels of the English pairs; sizes are unverified. The target xnli trains on "
        'it with translate_train = { tasks = { xnli = "xnli_translated" } } in an arm. It trains only, not in English.'
    ),
)
