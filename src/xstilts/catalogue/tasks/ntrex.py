"""NTREX-128: news sentences translated from English; the first 1,000 serve as training pairs."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType
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

TASK = Task(
    name="ntrex",
    title="NTREX-128: news sentences with their English originals, the first 1,000",
    type=TaskType.MLM,
    metric="",
    languages=tuple(NAMES),
    splits={
        "train": Files(
            "ntrex_128", ("{language}",), "train", NAMES, where=(("sent_id", "<", 1000),), join=("eng", "sent_id")
        )
    },
    columns={"text": "text", "text_b": "other.text"},
    lineage="ntrex",
    licence="CC BY-SA 4.0",
    citation="Federmann, Kocmi, Xin 2022",
    notes=(
        "Sentences from number 1,000 on are kept for retrieval (ntrex-retrieval). Regional variants (en, es, fr, pt) "
        "are left out; Filipino is read as tl. The Burmese file is in the Zawgyi encoding and therefore my_Qaag."
    ),
)
