"""Plain text in many languages, for masked language modelling."""

from __future__ import annotations

from xstilts.catalogue.iso639 import TWO_LETTER
from xstilts.catalogue.task import Files, Kin, Task, TaskType
from xstilts.catalogue.words import words

LANGUAGES = words(
    "af ar az bg bn de el en es et eu fa fi fr gu he hi ht hu id it ja jv ka kk ko lt ml mr ms my nl pa pl pt qu ro "
    "ru sw ta te th tl tr uk ur vi wo yo zh ace amh asm ban bel bem bod bos cat ces ckb cym dan div dzo ewe fao fij "
    "ful gle glg hau hrv hye ibo isl kam kan kau khm kin kir kmr lao lav lgg ltz lug lwg mas min mkd mlt mri myx "
    "nbl nep nno nob nso nuj nya ori orm pcm san sin slk slv smo sna som sot srp ssw sun swe tah tat tgk tir ton "
    "tsn tso tuk tuv uig ven xho yue zh_Hant zul"
)

TASK = Task(
    name="mlm-text",
    title="Plain text in many languages",
    type=TaskType.MLM,
    metric="",
    languages=LANGUAGES,
    splits={
        "train": Files(
            "mlm_text",
            ("{language}", "{language}-ne", "{language}-official"),  # two languages come in two spellings
            "train",
            {**TWO_LETTER, "zh_Hant": "zh-hant"},
            where=(("source", "!=", "ntrex-128"),),
            made_from=dict.fromkeys(("udpos/train", "panx/train", "nllb-seed/train"), Kin.SAME),
        )
    },
    columns={"text": "text"},
    lineage="mlm-text",
    licence="by row (column license): CC BY, CC BY-SA, CC BY-NC-SA, public domain",
    notes=(
        "Mostly short Wikipedia sentences, sentences of Universal Dependencies training sets and stories. Lines of "
        "NTREX-128 are left out, because retrieval is scored on NTREX; languages that consist of them are not listed."
    ),
)
