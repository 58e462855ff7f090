"""MasakhaNER 2: named entities in twenty African languages, trained on English."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Kin, Task, TaskType
from xstilts.catalogue.words import numbers, pairs, words

NAMES = pairs(
    "bam=bam bbj=bbj ewe=ewe fon=fon hau=hau ibo=ibo kin=kin lug=lug luo=luo mos=mos nya=nya pcm=pcm sna=sna sw=swa "
    "tsn=tsn twi=twi wo=wol xho=xho yo=yor zul=zul"
)
VALIDATION_SIZES = numbers(
    "bam=638 bbj=483 ewe=501 fon=623 ibo=1090 kin=1118 lug=706 luo=737 mos=648 nya=893 pcm=806 sna=887 sw=942 tsn=499 "
    "twi=605 xho=817 yo=983 zul=836"
)
TEST_SIZES = numbers(
    "bam=1274 bbj=966 ewe=1001 fon=1228 ibo=2181 kin=2235 lug=1412 luo=1474 mos=1294 nya=1785 pcm=1613 sna=1773 "
    "sw=1883 tsn=996 twi=1211 xho=1633 yo=1964 zul=1670"
)


def _files(split: str, official: dict[str, int]) -> Files:
    """The set's own languages, and English from Universal NER."""
    english = Files(
        "universalner/universal_ner",
        ("en_ewt",),
        split,
        languages=("en",),
        made_from={f"udpos/{split}": Kin.SAME},
        instead="English of Universal NER, which knows no dates; the set itself has no English",
    )
    return Files(
        "masakhane/masakhaner2",
        ("{language}",),
        split,
        NAMES,
        (*NAMES, "en"),
        otherwise=english,
        official=official,
    )


TASK = Task(
    name="masakhaner2",
    title="MasakhaNER 2: persons, organisations, places and dates in 20 African languages",
    type=TaskType.TOKEN_CLASSIFICATION,
    metric="chunk_f1",
    languages=tuple(NAMES),
    splits={
        "train": _files("train", {}),
        "validation": _files("validation", VALIDATION_SIZES),
        "test": _files("test", TEST_SIZES),
    },
    columns={"tags": "ner_tags"},
    labels=words("O B-PER I-PER B-ORG I-ORG B-LOC I-LOC B-DATE I-DATE"),
    lineage="uner-english",
    licence="CC BY-NC 4.0 (repository of the data); AFL 3.0 (hub)",
    citation="Adelani et al. 2022",
    notes=(
        "English is Universal NER's English-EWT, which knows no dates: trained on it, a model finds none, and every "
        "date counts as missed. That English is also an intermediate task's and Universal NER's training data. Sizes "
        "are those of the repository's files; those of hau and wo and of all training sets are not recorded here. "
        "Repository and columns on the hub are unverified."
    ),
)
