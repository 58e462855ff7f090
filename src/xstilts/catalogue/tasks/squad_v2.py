"""SQuAD 2.0: answers as spans of English paragraphs, or none."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Kin, Task, TaskType
from xstilts.catalogue.tasks.squad import COLUMNS

PART = "a half of the official validation split, cut by article into train and validation, without XQuAD's paragraphs"

TASK = Task(
    name="squad_v2",
    title="SQuAD 2.0: which span of the paragraph answers the question, if any?",
    type=TaskType.SPAN_EXTRACTION,
    metric="squad_v2_f1",
    languages=("en",),
    splits={
        "train": Files(
            "rajpurkar/squad_v2",
            ("squad_v2",),
            "train",
            official={"en": 130_319},
            instead=PART,
            made_from={"squad/train": Kin.SAME},
        ),
        "validation": Files(
            "rajpurkar/squad_v2",
            ("squad_v2",),
            "validation",
            official={"en": 11_873},
            instead=PART,
            made_from={"squad/validation": Kin.SAME},
        ),
    },
    columns=COLUMNS,
    evaluation_split="validation",
    lineage="squad",
    licence="CC BY-SA 4.0",
    citation="Rajpurkar, Jia, Liang 2018",
    no_answer=True,
    notes=(
        "A third of the official training questions has no answer. XQuAD translates a part of SQuAD 1.1's validation "
        "split, whose paragraphs are in this one's validation split too: it never trains anything. In a data folder, "
        "train may be cut from that split, without XQuAD's paragraphs."
    ),
)
