"""Mewsli-X: the entity that a mention in the news means, among a million descriptions in 50 languages."""

from __future__ import annotations

from xstilts.catalogue.task import CANDIDATES, Files, Task, TaskType
from xstilts.catalogue.words import numbers, words

SET = "mewsli-x"
VALIDATION = numbers("ar=318 de=326 en=316 es=311 fa=72 ja=310 pl=304 ro=145 ta=312 tr=262 uk=315")
TEST = numbers("ar=1501 de=1551 en=1490 es=1552 fa=458 ja=1519 pl=1562 ro=672 ta=1567 tr=1215 uk=1537")

TASK = Task(
    name="mewslix",
    title="Mewsli-X: which entity does a mention in 11 languages mean?",
    type=TaskType.RANKING,
    metric="mean_average_precision",
    languages=words("ar de en es fa ja pl ro ta tr uk"),
    splits={
        "train": Files(
            SET, ("wikipedia_pairs",), "train", languages=("en",), reading="mentions", official={"en": 167_719}
        ),
        "validation": Files(SET, ("{language}",), "validation", reading="mentions", official=VALIDATION),
        "test": Files(SET, ("{language}",), "test", reading="mentions", official=TEST),
        CANDIDATES: Files(
            SET, ("candidate_entities",), "test", languages=("en",), reading="mentions", official={"en": 1_003_893}
        ),
    },
    to_get=(
        "run the publishers' get-mewsli-x.sh (google-research, dense_representations_for_entity_retrieval/mel), then "
        "xstilts data convert mewsli-x FOLDER --data DIR (docs/data.md); the hub's copy is another form and is not read"
    ),
    protocol="xtreme-r",
    lineage="mewslix",
    licence="CC BY-SA (Wikipedia), CC BY 2.5 (WikiNews): unverified",
    citation="Ruder, Constant, Botha et al. 2021",
    notes=(
        "Files are read in the published form (mewsli-x_20220518_6): contextual_mention and entity to train, context "
        "and mentions to score, entity_id, description and sentence_spans as candidates; names of fields, queries and "
        "descriptions agree with the code that the publishers distribute, unverified against a file. The hub's copy "
        "(izhx/mewsli-x) is not read: its training pairs and candidates are packed archives (.jsonl.tar.gz), and its "
        "test files have 300 to 700 bytes a mention, too few for documents. In a data folder only. The candidates, in "
        "50 languages, are one set and filed under en; their vectors take 4 KB each with XLM-R large, 4 GB in all for "
        "each trained model. A mention that no sentence holds whole is left out. The published set is a later version "
        "than that of XTREME-R's paper."
    ),
)
