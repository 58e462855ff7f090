"""NTREX-128: news sentences translated from English; the first 1,000 serve as training pairs."""

from __future__ import annotations

from xstilts.catalogue.task import ROW_NUMBER, Files, Task, TaskType
from xstilts.catalogue.words import pairs

NAMES = pairs(
    "af=afr ar=arb az=aze-Latn bg=bul bn=ben de=deu el=ell es=spa et=est eu=eus fa=fas fi=fin fr=fra gu=guj he=heb "
    "hi=hin hu=hun id=ind it=ita ja=jpn ka=kat kk=kaz ko=kor lt=lit ml=mal mr=mar ms=msa nl=nld pa=pan pl=pol "
    "pt=por ro=ron ru=rus sw=swa ta=tam te=tel th=tha tl=fil tr=tur uk=ukr ur=urd vi=vie wo=wol yo=yor zh=zho-CN "
    "amh=amh bak=bak bel=bel bem=bem bod=bod bos=bos cat=cat ces=ces ckb=ckb-Arab cym=cym dan=dan div=div dzo=dzo "
    "ewe=ewe fao=fao fij=fij fuc=fuc gle=gle glg=glg hau=hau hmn=hmn hrv=hrv hye=hye ibo=ibo isl=isl kan=kan "
    "khm=khm kin=kin kir=kir kmr=kmr lao=lao lav=lav ltz=ltz mey=mey mkd=mkd mlg=mlg mlt=mlt mon=mon mri=mri "
    "my_Qaag=mya nde=nde nep=nep nno=nno nob=nob nso=nso nya=nya orm=orm prs=prs pus=pus shi=shi sin=sin slk=slk "
    "slv=slv smo=smo sna=sna-Latn snd=snd-Arab som=som sqi=sqi srp_Latn=srp-Latn srp=srp-Cyrl ssw=ssw swe=swe "
    "tah=tah tat=tat tgk=tgk-Cyrl tir=tir ton=ton tsn=tsn tuk=tuk uig=uig uzb=uzb ven=ven xho=xho yue=yue "
    "zh_Hant=zho-TW zul=zul"
)

# One table with a column a language; its rows stand in the order of ``sent_id``.
_SCRIPTS = pairs(
    "amh=Ethi ar=Arab bak=Cyrl bel=Cyrl bn=Beng bod=Tibt bg=Cyrl ckb=Arab div=Thaa dzo=Tibt el=Grek fa=Arab gu=Gujr "
    "he=Hebr hi=Deva hye=Armn ja=Jpan kan=Knda ka=Geor kk=Cyrl khm=Khmr kir=Cyrl ko=Hang lao=Laoo ml=Mlym mr=Deva "
    "mey=Arab mkd=Cyrl mon=Mong my_Qaag=Mymr nep=Deva orm=Ethi pa=Guru prs=Arab pus=Arab ru=Cyrl shi=Arab sin=Sinh "
    "snd=Arab srp=Cyrl ta=Taml tat=Cyrl te=Telu tgk=Cyrl th=Thai tir=Ethi uig=Arab uk=Cyrl ur=Arab yue=Hant zh=Hans "
    "zh_Hant=Hant"
)


def on_hub(first: int, last: int | None, source: str, target: str, paired: int | None = None) -> Files:
    """The sentences from number ``first`` to before ``last`` on the hub; ``source`` and ``target`` are the roles that
    the language and English play."""
    return Files(
        "mteb/NTREX",
        ("default",),
        "test",
        {code: f"{NAMES[code].split('-')[0]}_{_SCRIPTS.get(code, 'Latn')}" for code in NAMES},
        where=((ROW_NUMBER, ">=", first), *(((ROW_NUMBER, "<", last),) if last else ())),
        columns={source: "{language}", target: "eng_Latn"},
        paired=paired,
    )


TASK = Task(
    name="ntrex",
    title="NTREX-128: news sentences with their English originals, the first 1,000",
    type=TaskType.MLM,
    metric="",
    languages=tuple(NAMES),
    splits={
        "train": Files(
            "ntrex_128",
            ("{language}",),
            "train",
            NAMES,
            where=(("sent_id", "<", 1000),),
            join=("eng", "sent_id"),
            otherwise=on_hub(0, 1000, "text", "text_b"),
        )
    },
    columns={"text": "text", "text_b": "other.text"},
    lineage="ntrex",
    licence="CC BY-SA 4.0",
    citation="Federmann, Kocmi, Xin 2022",
    notes=(
        "Sentences from number 1,000 on are kept for retrieval (ntrex-retrieval). Regional variants (en, es, fr, pt) "
        "are left out; Filipino is read as tl. The Burmese file is in the Zawgyi encoding and therefore my_Qaag. On "
        "the hub the set is one table (mteb/NTREX) with a column a language: names of columns and order of rows "
        "are unverified."
    ),
)
