"""Tatoeba: find the translation of an English sentence among another language's. Nothing is trained."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.catalogue.words import numbers, pairs, words

OFFICIAL = words(
    "ar he vi id jv tl eu ml ta te af nl de el bn hi mr ur fa fr it pt es bg ru ja ka ko th sw zh kk tr et fi hu"
)
# Languages of the same collection that XTREME leaves out.
MORE = words(
    "az lt ms pl ro uk amh ang arq arz ast awa bel ber bos bre cat cbk ceb ces cha cor csb dan dsb dtp epo fao fry "
    "gla gle glg gsw hrv hsb hye ido ile ina kab khm kur kzj lat lav lfn max mhr mkd mon nds nno nob nov oci orv "
    "pam pms slk slv sqi srp swe swg tat tuk tzl uig uzb war wuu xho yid yue"
)
NAMES = pairs(
    "ar=ara he=heb vi=vie id=ind jv=jav tl=tgl eu=eus ml=mal ta=tam te=tel af=afr nl=nld de=deu el=ell bn=ben "
    "hi=hin mr=mar ur=urd fa=pes fr=fra it=ita pt=por es=spa bg=bul ru=rus ja=jpn ka=kat ko=kor th=tha sw=swh "
    "zh=cmn kk=kaz tr=tur et=est fi=fin hu=hun az=aze lt=lit ms=zsm pl=pol ro=ron uk=ukr lav=lvs"
)
SMALLER = numbers("jv=205 te=234 ta=307 sw=390 th=548 kk=575 ml=687 ka=746")

TASK = Task(
    name="tatoeba",
    title="Tatoeba: which sentence is the translation of this English one?",
    type=TaskType.RETRIEVAL,
    metric="retrieval_accuracy",
    languages=OFFICIAL,
    splits={
        "test": Files(
            "google/xtreme",
            ("tatoeba.{language}",),
            "validation",
            NAMES,
            (*OFFICIAL, *MORE),
            official=dict.fromkeys(OFFICIAL, 1_000) | SMALLER,
        )
    },
    columns={"source": "source_sentence", "target": "target_sentence"},
    protocol="xtreme",
    licence="CC BY 2.0 FR",
    citation="Artetxe, Schwenk 2019",
    notes=(
        "English queries look for their translation among all foreign sentences. Untrained: the score depends on the "
        "layer and the pooling, which are always reported. There is no development set."
    ),
)
