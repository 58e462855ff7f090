"""All claims judged by one study, encoder by encoder.

In: a plan, the material of its analyses, claims. Out: ``ByEncoder`` values, for the command ``claims`` and for reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from xstilts.analysis.arms import of_study
from xstilts.analysis.claims import Judgement, judge
from xstilts.analysis.material import Material
from xstilts.analysis.quantities import BEHIND
from xstilts.analysis.scope import differences, missing_controls
from xstilts.catalogue.claim import Claim
from xstilts.study.manifest import Plan


@dataclass(frozen=True)
class ByEncoder:
    """``judgements`` of every claim but those about documents; ``controls`` that the study lacks; ``gains``: whether it
    has any."""

    backbone: str
    judgements: tuple[Judgement, ...]
    controls: tuple[str, ...]
    gains: bool

    @property
    def told(self) -> tuple[Judgement, ...]:
        """Those that the study measures."""
        return tuple(one for one in self.judgements if any(outcome.measured for outcome in one.outcomes))


def by_study(plan: Plan, material: Material, claims: Iterable[Claim]) -> Iterator[ByEncoder]:
    """One value an encoder of the study."""
    table = material.frame
    effects = of_study(plan, table)
    sizes = table["parameters_nonembedding"].drop_nulls().unique().to_list()
    known = [claim for claim in claims if claim.kind != "fact"]
    for backbone in dict.fromkeys(cell.backbone for cell in plan.cells):
        rows = effects.filter(pl.col("backbone") == backbone)
        controls = missing_controls(plan, backbone)
        found = []
        for claim in known:
            about = effects if any(rule.quantity in ("scale_slope", *BEHIND) for rule in claim.rules) else rows
            apart = [] if claim.kind == "own" and not claim.backbone else differences(claim, plan, backbone, sizes)
            seeds, controlled = material.evidence.seeds, not controls
            found.append(judge(claim, about, apart, seeds, controlled=controlled, material=material))
        yield ByEncoder(backbone, tuple(found), tuple(controls), rows["gain"].null_count() < len(rows))
