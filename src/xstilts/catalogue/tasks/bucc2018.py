"""BUCC 2018: mine the pairs that translate one another from two large collections. Nothing is trained."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.catalogue.words import words

_LISTS = {"source": "sentence1", "target": "sentence2", "pairs": "gold"}
_HUB = Files("mteb/BUCC", ("{language}-en",), "test", columns=_LISTS)

TASK = Task(
    name="bucc2018",
    title="BUCC 2018: which sentences of two collections translate one another?",
    type=TaskType.MINING,
    metric="mining_f1",
    languages=words("de fr ru zh"),
    splits={
        "validation": Files("bucc2018", ("{language}",), "validation"),
        "test": Files("bucc2018", ("{language}",), "test", otherwise=_HUB),
    },
    protocol="xtreme",
    licence="not stated: see comparable.limsi.fr/bucc2018",
    citation="Zweigenbaum, Sharoff, Rapp 2018",
    notes=(
        "XTREME's development set is the shared task's sample, its test set the shared task's training set; English "
        "is the target. The hub has the test set whole, one row a language: two lists of sentences and the pairs of "
        "their numbers from 1, as MTEB's code reads it, unverified against a file. It has no development set: "
        "docs/data.md says how both are made from the shared task's archives. Pairs in the development set: de 1,038, "
        "fr 929, ru 2,374, zh 257; in the test set 9,580, 9,086, 14,435, 1,899."
    ),
)
