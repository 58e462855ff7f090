"""ANLI+: ANLI, MultiNLI and SNLI as one task with one head, as the paper's strongest inference task has it."""

from __future__ import annotations

from xstilts.catalogue.task import Task, TaskType

TASK = Task(
    name="anli_plus",
    title="ANLI+: the three rounds of ANLI, MultiNLI and SNLI as one task",
    type=TaskType.CLASSIFICATION,
    metric="accuracy",
    languages=("en",),
    labels=("entailment", "neutral", "contradiction"),
    lineage="anli+mnli+snli",
    licence="that of each part: anli_r1, mnli, snli",
    citation="Phang et al. 2020",
    notes=(
        "Trains on the training rows of its parts, each example as often as any other: 162,865 + 392,702 + 549,367 = "
        "1,104,934. All parts must be there; where they are not, nli_mix is made of open ones. It trains only: "
        "evaluate on the parts."
    ),
    parts=("anli_r1", "anli_r2", "anli_r3", "mnli", "snli"),
)
