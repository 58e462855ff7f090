"""PAWS-X trained on what PAWS-X leaves of PAWS-Wiki: a stand-in where its training set is not at hand."""

from __future__ import annotations

from dataclasses import replace

from xstilts.catalogue.task import Files, Kin
from xstilts.catalogue.tasks.pawsx import TASK as OFFICIAL

TASK = replace(
    OFFICIAL,
    name="pawsx_open",
    title="PAWS-X, trained on pairs of PAWS-Wiki's validation and test sets that PAWS-X does not use",
    splits={
        "train": Files(
            "paws",
            ("labeled_final_minus_pawsx",),
            "train",
            languages=("en",),
            made_from={"pawsx/validation": Kin.COLLECTION, "pawsx/test": Kin.COLLECTION},
        ),
        **{split: OFFICIAL.splits[split] for split in ("validation", "test")},
    },
    protocol="",
    in_place_of="pawsx",
    notes=(
        "Scored on the sets of PAWS-X, but trained on other pairs than the benchmark: those of PAWS-Wiki's validation "
        "and test sets that share no sentence with PAWS-X, 7,646 in place of 49,401. Its scores compare with no "
        "paper. The training pairs in a data folder only."
    ),
)
