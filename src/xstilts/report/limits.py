"""What a study can not say, in sentences made from its own values.

In: a plan, its table, what it was asked to hold as evidence. Out: sentences, the gravest first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from xstilts.analysis import gains
from xstilts.analysis.claims import Judgement
from xstilts.analysis.scope import missing_controls
from xstilts.analysis.section import counted
from xstilts.catalogue.find import shipped
from xstilts.report.sections import constructed
from xstilts.study.evidence import Evidence
from xstilts.study.manifest import Plan

FAMILIES = 5


def limitations(plan: Plan, frame: pl.DataFrame, evidence: Evidence, judgements: Sequence[Judgement]) -> list[str]:
    """All that apply."""
    return list(dict.fromkeys(_limits(plan, frame, evidence, judgements)))


def _limits(plan: Plan, frame: pl.DataFrame, evidence: Evidence, judgements: Sequence[Judgement]) -> Iterator[str]:
    scored = frame.filter(pl.col("score").is_not_null())
    if constructed(frame):
        yield (
            "The languages are constructed: the numbers show how the method behaves in an artificial world, and are no "
            "results about human languages."
        )
    if len(scored) < len(frame):
        missing = len(frame) - len(scored)
        yield f"{missing:,} of {len(frame):,} scores are not there; means leave out seeds that lack a cell."
    if not len(scored):
        return
    seeds = scored["seed"].n_unique()
    if seeds < evidence.seeds:
        yield f"{counted(seeds, 'seed')}, and a verdict needs {evidence.seeds}: verdicts are undecided."
    families = gains.scored(frame, "zero-shot")["family"].drop_nulls().n_unique()
    if families < FAMILIES:
        said = counted(families, "family", "families")
        yield f"Languages without labels come from {said}: little can be said of new families."
    if (encoders := scored["backbone"].n_unique()) == 1:
        yield "One encoder: nothing here tells what holds for others, larger ones above all."
    elif encoders:
        yield f"{encoders} encoders, which are compared only with themselves."
    if lost := int((frame["status"] == "collapsed").sum()):
        yield f"{counted(lost, 'score')} of predictions that are all the same (collapsed runs); kept in all means."
    weak: dict[str, list[str]] = {}
    for backbone, target in gains.floors(frame).filter(~pl.col("clear")).select("backbone", "target").iter_rows():
        weak.setdefault(target, []).append(backbone)
    if weak:
        said = ", ".join(f"{target} ({', '.join(who)})" if encoders > 1 else target for target, who in weak.items())
        yield f"The baseline did not clearly learn {said}: shown apart, and in no average."
    for backbone in scored["backbone"].unique(maintain_order=True):
        lacking = missing_controls(plan, str(backbone))
        if lacking:
            said = " and ".join(lacking)
            yield f"Not in this study ({backbone}): {said}; without it a gain may be due to more training alone."
    yield from _data(plan, scored)
    if any(one.met for one in plan.overlaps):
        yield "Some scored rows were also trained on, see what overlaps."
    stated = [one for one in judgements if one.word != "undecided" and one.stated == "undecided"]
    if stated:
        yield f"{counted(len(stated), 'claim')} decided for this study's encoder and data, not as stated."


def _data(plan: Plan, scored: pl.DataFrame) -> Iterator[str]:
    known = shipped()
    for name in scored["target"].unique(maintain_order=True):
        task = known.get(str(name))
        if task is not None and task.in_place_of:
            yield f"{name} stands in for {task.in_place_of}; its scores compare with none of the other's."
    if scored["split"].n_unique() == 1 and scored["split"][0] == "validation":
        yield "Scores are of validation sets."
    if scored["examples"].drop_nulls().min() is not None and int(scored["examples"].drop_nulls().min()) < 500:  # type: ignore[arg-type]
        least = int(scored["examples"].drop_nulls().min())  # type: ignore[arg-type]
        yield f"Test sets are small, {least:,} examples in some languages: their noise is in no interval over seeds."
    if plan.notes:
        yield f"{counted(len(plan.notes), 'note')} of the plan on its data and settings, told with what was cut."
