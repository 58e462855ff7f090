"""AmericasNLI: entailment in ten indigenous languages of the Americas, trained on MultiNLI."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Kin, Task, TaskType
from xstilts.catalogue.tasks.mnli import TRAIN
from xstilts.catalogue.words import numbers, words

LANGUAGES = words("aym bzd cni grn hch nah oto quy shp tar")
NAMES = {"grn": "gn"}
REPOSITORY = "nala-cub/americas_nli"
VALIDATION_SIZES = numbers("aym=743 bzd=743 cni=658 grn=743 hch=743 nah=376 oto=222 quy=743 shp=743 tar=743")
TEST_SIZES = numbers("aym=750 bzd=750 cni=750 grn=750 hch=750 nah=738 oto=748 quy=750 shp=750 tar=750")
ENGLISH = {
    split: Files("facebook/xnli", ("en",), split, languages=("en",), instead="XNLI's own English set")
    for split in ("validation", "test")
}


def _files(split: str, official: dict[str, int]) -> Files:
    return Files(
        REPOSITORY,
        ("{language}",),
        split,
        NAMES,
        (*LANGUAGES, "en"),
        otherwise=ENGLISH[split],
        official=official,
        made_from={f"xnli/{split}": Kin.TRANSLATED},
    )


TASK = Task(
    name="americas_nli",
    title="AmericasNLI: does the premise entail, contradict or leave open the hypothesis, in 10 languages?",
    type=TaskType.CLASSIFICATION,
    metric="accuracy",
    languages=LANGUAGES,
    splits={
        "train": TRAIN,
        "validation": _files("validation", VALIDATION_SIZES),
        "test": _files("test", TEST_SIZES),
    },
    columns={"text_a": "premise", "text_b": "hypothesis"},
    labels=("entailment", "neutral", "contradiction"),
    lineage="mnli",
    licence="CC BY-SA 4.0",
    citation="Ebrahimi et al. 2022",
    notes=(
        "Translated from parts of Spanish XNLI. Trains on MultiNLI, so MultiNLI as intermediate task is a self-pair. "
        "English is XNLI's own set, scored beside the ten languages and in no average of them. nah and oto are the "
        "codes of the set, which names no single Nahuatl or Otomi. A data folder may hold a later edition of the "
        "files, whose nah has 585 and 735 pairs in place of 376 and 738. Official sizes are those of the hub's "
        "library; those of nah follow from the sums and are unverified."
    ),
)
