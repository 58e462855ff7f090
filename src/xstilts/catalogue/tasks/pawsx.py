"""PAWS-X: paraphrases against scrambled words in seven languages."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Kin, Task, TaskType
from xstilts.catalogue.words import words

LANGUAGES = words("de en es fr ja ko zh")
REPOSITORY = "google-research-datasets/paws-x"


def _files(split: str) -> Files:
    official = dict.fromkeys(LANGUAGES, 2_000)
    return Files(
        REPOSITORY,
        ("{language}",),
        split,
        official=official,
        made_from={"pawsx/train": Kin.COLLECTION},
        parallel="row",
        instead="without the pairs whose text is 'NS' (not translated), which the benchmark keeps",
    )


TASK = Task(
    name="pawsx",
    title="PAWS-X: do two sentences of nearly the same words mean the same, in 7 languages?",
    type=TaskType.CLASSIFICATION,
    metric="accuracy",
    languages=LANGUAGES,
    splits={
        "train": Files(REPOSITORY, ("{language}",), "train", official=dict.fromkeys(LANGUAGES, 49_401)),
        "validation": _files("validation"),
        "test": _files("test"),
    },
    columns={"text_a": "sentence1", "text_b": "sentence2"},
    labels=("0", "1"),
    paraphrase=True,
    protocol="xtreme",
    lineage="paws",
    licence="PAWS terms: any purpose, with acknowledgement",
    citation="Yang, Zhang, Tar, Baldridge 2019",
    notes=(
        "Training sets of the other languages are machine translations. Validation and test hold some pairs whose "
        "text is 'NS' (not translated), which the benchmark keeps; a data folder may lack them. Where the English "
        "training set is not at hand, pawsx_open trains on other pairs of PAWS-Wiki."
    ),
)
