"""SNLI with human counterfactual revisions: an open stand-in for SNLI, under its own name."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Kin, Task, TaskType

SPLITS = ("train", "validation", "test")
PARTS = dict.fromkeys((f"snli/{split}" for split in SPLITS), Kin.SAME)  # of which split a pair is, is not recorded

TASK = Task(
    name="snli_cad",
    title="SNLI pairs with their counterfactual revisions: entailed, contradicted or open?",
    type=TaskType.CLASSIFICATION,
    metric="accuracy",
    languages=("en",),
    splits={split: Files("snli_cad", ("all_combined",), split, made_from=PARTS) for split in SPLITS},
    columns={"text_a": "premise", "text_b": "hypothesis"},
    labels=("entailment", "neutral", "contradiction"),
    lineage="snli",
    licence="CC BY-SA 4.0 (SNLI); Apache-2.0 (repository)",
    citation="Kaushik, Hovy, Lipton 2020",
    in_place_of="snli",
    notes="Not SNLI: a small part of its pairs, each with revisions that change the label. In a data folder only.",
)
