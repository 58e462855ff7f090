"""UD-POS: universal part-of-speech tags, trained on English treebanks."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.catalogue.words import numbers, pairs, words

NAMES = pairs(
    "af=Afrikaans ar=Arabic bg=Bulgarian de=German el=Greek en=English es=Spanish et=Estonian eu=Basque fa=Persian "
    "fi=Finnish fr=French he=Hebrew hi=Hindi hu=Hungarian id=Indonesian it=Italian ja=Japanese kk=Kazakh ko=Korean "
    "mr=Marathi nl=Dutch pt=Portuguese ru=Russian ta=Tamil te=Telugu th=Thai tl=Tagalog tr=Turkish ur=Urdu "
    "vi=Vietnamese yo=Yoruba zh=Chinese lt=Lithuanian pl=Polish uk=Ukrainian wo=Wolof ro=Romanian"
)
OFFICIAL = words("af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko mr nl pt ru ta te th tl tr ur vi yo zh")
MORE = words("lt pl uk wo ro")  # in XTREME-R

# Sentences of XTREME's own sets (UD 2.5).
TRAIN_SIZES = numbers(
    "af=1315 ar=6075 bg=8907 de=166849 el=28152 en=21253 es=28492 et=25749 eu=5396 fa=4798 fi=27198 fr=47308 "
    "he=5241 hi=13304 hu=910 id=4477 it=29685 ja=7125 kk=31 ko=27410 mr=373 nl=18051 pt=17992 ru=67435 ta=400 "
    "te=1051 tr=3664 ur=4043 vi=1400 zh=18998 "
)
VALIDATION_SIZES = numbers(
    "af=194 ar=909 bg=1115 de=19233 el=2559 en=3974 es=3054 et=3125 eu=1798 fa=599 fi=3239 fr=5979 he=484 hi=1659 "
    "hu=441 id=559 it=2278 ja=511 ko=3016 mr=46 nl=1394 pt=1770 ru=9960 ta=80 te=131 tr=988 ur=552 vi=800 zh=3038 "
)
TEST_SIZES = numbers(
    "af=425 ar=1680 bg=1116 de=22458 el=2809 en=5440 es=3147 et=3760 eu=1799 fa=600 fi=4422 fr=9465 he=491 "
    "hi=2684 hu=449 id=1557 it=3518 ja=2372 kk=1047 ko=4276 mr=47 nl=1471 pt=2681 ru=11336 ta=120 te=146 th=1000 "
    "tl=55 tr=4785 ur=535 vi=800 yo=100 zh=5528 "
)


def _files(split: str, languages: tuple[str, ...], official: dict[str, int], otherwise: Files | None = None) -> Files:
    config = ("udpos.{language}",)
    return Files(
        "google/xtreme", config, split, NAMES, languages, otherwise=otherwise, official=official, instead=RELEASE
    )


RELEASE = "treebanks of another release of Universal Dependencies than the benchmark's, or a part of them"


DEVELOPMENT_AS_TEST = Files(
    "google/xtreme", ("udpos.{language}",), "validation", NAMES, languages=MORE, instead="the development set"
)
GERMAN = Files(
    "universal-dependencies/universal_dependencies",
    ("de_gsd",),
    "test",
    languages=("de",),
    columns={"tags": "upos"},
    instead="the test set of German-GSD alone, where the benchmark joins all German treebanks",
    otherwise=DEVELOPMENT_AS_TEST,
)

TASK = Task(
    name="udpos",
    title="UD-POS: the universal part of speech of every word",
    type=TaskType.TOKEN_CLASSIFICATION,
    metric="chunk_f1",
    languages=OFFICIAL,
    splits={
        "train": _files("train", (*TRAIN_SIZES, "lt", "uk", "wo"), TRAIN_SIZES),
        "validation": _files("validation", (*VALIDATION_SIZES, *MORE), VALIDATION_SIZES),
        "test": _files("test", (*OFFICIAL, *MORE), TEST_SIZES, GERMAN),
    },
    columns={"tokens": "tokens", "tags": "pos_tags"},
    labels=words("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X"),
    protocol="xtreme",
    lineage="ud-english",
    licence="Universal Dependencies, by treebank: mostly CC BY-SA, several CC BY-NC-SA, a few GPL or LGPL",
    citation="Nivre et al. 2018; Hu et al. 2020",
    notes=(
        "XTREME scores chunk F1 over runs of equal tags, not tag accuracy. A data folder may hold UD 2.7 in place of "
        "2.5. Where the German test set is missing, German-GSD's test set alone is read, 977 sentences. The languages "
        "lt pl uk wo ro are scored on development sets where test sets are missing."
    ),
)
