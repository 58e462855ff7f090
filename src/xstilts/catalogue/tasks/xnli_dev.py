"""Inference in many languages: the validation sets of XNLI and of its Korean and Burmese translations, to train on."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Kin, Task, TaskType
from xstilts.catalogue.tasks.xnli import LANGUAGES

TRANSLATED = {"xnli/validation": Kin.TRANSLATED}
KOREAN = Files("kor_nli", ("xnli",), "validation", languages=("ko",), made_from=TRANSLATED)
BURMESE = Files("myxnli", ("{language}",), "validation", languages=("my",), otherwise=KOREAN, made_from=TRANSLATED)
ALL = (*LANGUAGES, "ko", "my")

TASK = Task(
    name="xnli_dev",
    title="XNLI's validation sets as training data in 17 languages",
    type=TaskType.CLASSIFICATION,
    metric="accuracy",
    languages=ALL,
    splits={
        "train": Files(
            "facebook/xnli",
            ("{language}",),
            "validation",
            otherwise=BURMESE,
            official=dict.fromkeys(ALL, 2_490),
            parallel="row",
        )
    },
    columns={"text_a": "premise", "text_b": "hypothesis"},
    labels=("entailment", "neutral", "contradiction"),
    lineage="xnli",
    licence="CC BY-NC 4.0 (XNLI, myXNLI); CC BY-SA 4.0 (KorNLI)",
    citation="Conneau et al. 2018; Ham et al. 2020; Htet and Dras 2024",
    notes=(
        "In one study a language's validation set is either training data, through this task, or development data of "
        'xnli (splits = ["validation"]), never both. An arm that names no languages trains on the English set alone. '
        "Before xnli it is marked as a self-pair. Korean and Burmese in a data folder only. It trains only."
    ),
)
