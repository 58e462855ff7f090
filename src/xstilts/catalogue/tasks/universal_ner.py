"""Universal NER: named entities on Universal Dependencies treebanks in twelve languages, one guideline for all."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Kin, Task, TaskType
from xstilts.catalogue.words import numbers, pairs, words

NAMES = pairs(
    "ceb=ceb_gja dan=da_ddt de=de_pud en=en_ewt hrv=hr_set pt=pt_bosque ru=ru_pud slk=sk_snk srp_Latn=sr_set "
    "swe=sv_talbanken tl=tl_trg zh=zh_gsdsimp"
)
WITH_TRAINING = words("dan en hrv pt slk srp_Latn swe zh")
TRAIN_SIZES = numbers("dan=4383 en=12543")
VALIDATION_SIZES = numbers("dan=564 en=2001 pt=1172 zh=500")
TEST_SIZES = numbers("ceb=188 de=1000 en=2077 pt=1167 ru=1000 zh=500")
REPOSITORY = "universalner/universal_ner"


def _files(split: str, languages: tuple[str, ...], official: dict[str, int]) -> Files:
    """The treebanks' sentences with entities: those of UD-POS where it has the same treebank."""
    kin = {f"udpos/{split}": Kin.SAME}
    return Files(REPOSITORY, ("{language}",), split, NAMES, languages, official=official, made_from=kin)


TASK = Task(
    name="universal_ner",
    title="Universal NER: persons, organisations and places in 12 languages",
    type=TaskType.TOKEN_CLASSIFICATION,
    metric="chunk_f1",
    languages=tuple(NAMES),
    splits={
        "train": _files("train", WITH_TRAINING, TRAIN_SIZES),
        "validation": _files("validation", WITH_TRAINING, VALIDATION_SIZES),
        "test": _files("test", (), TEST_SIZES),
    },
    columns={"tags": "ner_tags"},
    labels=words("O B-PER I-PER B-ORG I-ORG B-LOC I-LOC"),
    lineage="uner-english",
    licence="CC BY-SA 4.0",
    citation="Mayhew et al. 2024",
    notes=(
        "One treebank a language; the parallel treebanks of en, pt, swe and zh, tl_ugnayan and traditional Chinese "
        "are left out. Which languages have a training set is unverified but for en and dan. Entities of other kinds "
        "(OTH) count as none. The English sentences are those of UD English-EWT, on which UD-POS trains too."
    ),
)
