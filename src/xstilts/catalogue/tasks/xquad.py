"""XQuAD: SQuAD questions translated into other languages, trained on SQuAD 1.1."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Kin, Task, TaskType
from xstilts.catalogue.tasks.squad import COLUMNS, TRAIN
from xstilts.catalogue.words import words

LANGUAGES = words("en es de el ru tr ar vi th zh hi")

TASK = Task(
    name="xquad",
    title="XQuAD: which span of the paragraph answers the question, in 11 languages?",
    type=TaskType.SPAN_EXTRACTION,
    metric="answer_f1",
    languages=LANGUAGES,
    splits={
        "train": TRAIN,
        "test": Files(
            "google/xquad",
            ("xquad.{language}",),
            "validation",
            languages=(*LANGUAGES, "ro"),  # Romanian: in XTREME-R
            official=dict.fromkeys(LANGUAGES, 1_190),
            made_from={"squad/validation": Kin.TRANSLATED},
            parallel="id",
        ),
    },
    columns=COLUMNS,
    protocol="xtreme",
    lineage="squad",
    licence="CC BY-SA 4.0",
    citation="Artetxe, Ruder, Yogatama 2020",
    notes=(
        "The whole set is the test set and there is no development set. Trains on SQuAD, so SQuAD as intermediate task "
        "is a self-pair. A translation of a part of SQuAD's validation split."
    ),
)
