"""WikiANN NER (PAN-X): persons, organisations and places in Wikipedia."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.catalogue.words import numbers, words

OFFICIAL = words(
    "ar he vi id jv ms tl eu ml ta te af nl en de el bn hi mr ur fa fr it pt es bg ru ja ka ko th sw yo my zh kk tr et "
    "fi hu"
)
MORE = words("qu pl uk az lt pa gu ro")  # in XTREME-R
TRAIN_SIZES = numbers(
    "af=5000 ar=20000 bg=20000 bn=10000 de=20000 el=20000 en=20000 es=20000 et=15000 eu=10000 fa=20000 fi=20000 "
    "fr=20000 he=20000 hi=5000 hu=20000 id=20000 it=20000 ja=20000 jv=100 ka=10000 kk=1000 ko=20000 ml=10000 mr=5000 "
    "ms=20000 my=100 nl=20000 pt=20000 ru=20000 sw=1000 ta=15000 te=1000 th=20000 tl=10000 tr=20000 ur=20000 vi=20000 "
    "yo=100 zh=20000"
)
SIZES = numbers(
    "af=1000 ar=10000 bg=10000 bn=1000 de=10000 el=10000 en=10000 es=10000 et=10000 eu=10000 fa=10000 fi=10000 "
    "fr=10000 he=10000 hi=1000 hu=10000 id=10000 it=10000 ja=10000 jv=100 ka=10000 kk=1000 ko=10000 ml=1000 mr=1000 "
    "ms=1000 my=100 nl=10000 pt=10000 ru=10000 sw=1000 ta=1000 te=1000 th=10000 tl=1000 tr=10000 ur=1000 vi=10000 "
    "yo=100 zh=10000"
)


def _files(split: str, official: dict[str, int]) -> Files:
    more = Files("unimelb-nlp/wikiann", ("{language}",), split, languages=MORE)
    languages = (*OFFICIAL, *MORE)
    return Files("google/xtreme", ("PAN-X.{language}",), split, languages=languages, otherwise=more, official=official)


TASK = Task(
    name="panx",
    title="WikiANN NER: persons, organisations and places in 40 languages",
    type=TaskType.TOKEN_CLASSIFICATION,
    metric="chunk_f1",
    languages=OFFICIAL,
    splits={
        "train": _files("train", TRAIN_SIZES),
        "validation": _files("validation", SIZES),
        "test": _files("test", SIZES),
    },
    columns={"tags": "ner_tags"},
    labels=words("O B-PER I-PER B-ORG I-ORG B-LOC I-LOC"),
    protocol="xtreme",
    lineage="wikiann",
    licence="Wikipedia's CC BY-SA (unverified)",
    citation="Pan et al. 2017; Rahimi, Li, Cohn 2019",
    notes=(
        "Columns, labels and sizes as listed by the hub's library; no file of it was at hand. The set from which "
        "XTREME-R's further languages (qu pl uk az lt pa gu ro) are read, with its columns, is unverified. Whether "
        "doubled blank lines count as sentences is not known of the official labels."
    ),
)
