"""Two open inference sets as one task: a stand-in for ANLI+ where its parts are not at hand, under its own name."""

from __future__ import annotations

from dataclasses import replace

from xstilts.catalogue.tasks.anli_plus import TASK as WHOLE

TASK = replace(
    WHOLE,
    name="nli_mix",
    title="MultiNLI and SNLI with counterfactual revisions as one task",
    lineage="mnli+snli",
    licence="that of each part: mnli, snli_cad",
    citation="Williams, Nangia, Bowman 2018; Kaushik, Hovy, Lipton 2020",
    in_place_of="anli_plus",
    notes="Not ANLI+: no pair of ANLI and few of SNLI. It trains only: evaluate on the parts.",
    parts=("mnli", "snli_cad"),
)
