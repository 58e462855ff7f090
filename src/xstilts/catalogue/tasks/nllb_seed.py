"""NLLB-Seed: Wikipedia sentences translated from English into languages with little data."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.catalogue.words import pairs

NAMES = pairs(
    "es=spa_Latn it=ita_Latn ace_Arab=ace_Arab ace=ace_Latn ary=ary_Arab arz=arz_Arab bam=bam_Latn ban=ban_Latn "
    "bho=bho_Deva bjn_Arab=bjn_Arab bjn=bjn_Latn bug=bug_Latn crh=crh_Latn dik=dik_Latn dzo=dzo_Tibt fur=fur_Latn "
    "fuv=fuv_Latn gug=gug_Latn hne=hne_Deva kas_Deva=kas_Deva kas=kas_Arab knc_Arab=knc_Arab knc=knc_Latn "
    "lij=lij_Latn lim=lim_Latn lmo=lmo_Latn ltg=ltg_Latn mag=mag_Deva mni=mni_Beng mri=mri_Latn nqo=nqo_Nkoo "
    "nus=nus_Latn pbt=pbt_Arab prs=prs_Arab scn=scn_Latn shn=shn_Mymr srd=srd_Latn szl=szl_Latn taq_Tfng=taq_Tfng "
    "taq=taq_Latn vec=vec_Latn zgh=zgh_Tfng"
)

TASK = Task(
    name="nllb-seed",
    title="NLLB-Seed: Wikipedia sentences with their English originals",
    type=TaskType.MLM,
    metric="",
    languages=tuple(NAMES),
    splits={"train": Files("nllb_seed", ("{language}",), "train", NAMES, join=("eng_Latn", "sent_id"))},
    columns={"text": "text", "text_b": "other.text"},
    lineage="nllb-seed",
    licence="CC BY-SA 4.0",
    citation="NLLB Team 2022; Maillard et al. 2023",
)
