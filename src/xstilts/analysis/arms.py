"""Gains in one form, wherever they come from: a study's table or a published one.

In: a plan and the long table of its results, or the published scores of the catalogue. Out: a polars frame with
``EFFECTS``, one row a score with its gain over the baseline and what its arm was. Quantities of claims are computed
from it, so that published and own numbers are judged alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from xstilts.analysis.gains import BASELINE, UNTRAINED, clear, floors, scored
from xstilts.analysis.table import baseline_of
from xstilts.catalogue.find import tasks
from xstilts.catalogue.published import published
from xstilts.study.job import Merge, Phase, Predict, Score, Train
from xstilts.study.manifest import Cell, Plan

# ``tasks``: intermediate tasks but for masked language modelling, "+" between them, " > " between steps one after
# another, " & " between those whose weights were added; empty where there are none, or where the target phase has
# labels of its own kind (``zero_shot_phase``);
# ``mlm``: that ran alongside; ``sources``: languages of the intermediate data; ``side``: as ``gains.scored``, "all" for
# a mean over a target's languages; ``updates``: of the intermediate phase; ``group``: the study's first group of
# languages that has this one.
EFFECTS: Mapping[str, Any] = {
    "backbone": pl.String,
    "parameters": pl.Int64,
    "arm": pl.String,
    "tasks": pl.String,
    "mlm": pl.Boolean,
    "sources": pl.String,
    "shuffled": pl.Boolean,
    "examples": pl.Int64,
    "updates": pl.Int64,
    "target": pl.String,
    "retrieval": pl.Boolean,
    "language": pl.String,
    "family": pl.String,
    "group": pl.String,
    "side": pl.String,
    "split": pl.String,
    "seed": pl.Int64,
    "score": pl.Float64,
    "gain": pl.Float64,
    "self_pair": pl.Boolean,
}
PUBLISHED = "phang2020-v1"
BEST = "best per target"
_BEST_SYSTEM, _BEST_BASELINE = "Best intermediate per target (dev-selected)", "XLM-R (Hu et al. 2020)"
RETRIEVAL = ("bucc2018", "tatoeba")
ALL = "all"


def of_published() -> pl.DataFrame:
    """The published table: one run each, means over each target's languages. Development scores of every arm, and the
    benchmark scores of the best intermediate per target, whose baseline is the published XLM-R Large.

    A target with exact match and F1 counts with their mean, as in the published averages.
    """
    values = _means("dev")
    base = {target: value for (_, _, names, target), value in values.items() if not names}
    found = []
    for (system, mlm, names, target), value in values.items():
        found.append(
            {
                "backbone": "xlm-roberta-large",
                "arm": f"{system} with MLM" if mlm else system if names else BASELINE,
                "tasks": names,
                "mlm": mlm,
                "sources": "en" if names else "",
                "shuffled": False,
                "target": target,
                "retrieval": target in RETRIEVAL,
                "language": ALL,
                "family": "",
                "side": ALL,
                "split": "validation",
                "seed": 0,
                "score": base[target] + value if names else value,
                "gain": value if names else None,
                "self_pair": bool(lineage(names.split("+")) & lineage([target])),
            }
        )
    tested = {(system, target): value for (system, _, _, target), value in _means("benchmark").items()}
    for (system, target), value in tested.items():
        if system == _BEST_SYSTEM:
            gain = value - tested[_BEST_BASELINE, target]
            same = next(row for row in found if row["target"] == target)
            best = {"arm": BEST, "tasks": BEST, "split": "test", "score": value, "gain": gain, "self_pair": False}
            found.append({**same, **best})
    return _frame(found)


def _means(block: str) -> dict[tuple[str, bool, str, str], float]:
    """System, with MLM, intermediate tasks, target: the mean over the target's metrics."""
    cells: dict[tuple[str, bool, str, str], list[float]] = {}
    for row in published():
        if row.source == PUBLISHED and row.block == block and row.target != "average":
            cells.setdefault((row.system, row.mlm, row.intermediate, row.target), []).append(row.value)
    return {cell: sum(found) / len(found) for cell, found in cells.items()}


def of_study(plan: Plan, table: pl.DataFrame) -> pl.DataFrame:
    """The scores of a study, those of targets that the baseline clearly learned (``gains.clear``)."""
    arms = _arms(plan)
    nothing = _Arm("", False, "", False, 0)
    groups = {code: name for name, codes in reversed(list(plan.groups.items())) for code in codes}
    found = []
    for row in scored(clear(table)).iter_rows(named=True):
        arm = arms.get((row["backbone"], row["arm"]), nothing)
        found.append(
            {
                **{name: row[name] for name in EFFECTS if name in row},
                "parameters": row["parameters_nonembedding"],
                "tasks": arm.tasks,
                "mlm": arm.mlm,
                "sources": arm.sources,
                "shuffled": arm.shuffled,
                "updates": arm.updates,
                "group": groups.get(row["language"], ""),
                "examples": row["intermediate_examples"],
                "retrieval": row["task_type"] in UNTRAINED,
            }
        )
    return _frame(found)


def unlearned(table: pl.DataFrame) -> list[str]:
    """The targets of a study that leave every quantity, since the baseline did not clearly learn them."""
    return floors(table).filter(~pl.col("clear"))["target"].unique(maintain_order=True).to_list()


@dataclass(frozen=True)
class _Arm:
    tasks: str
    mlm: bool
    sources: str
    shuffled: bool
    updates: int


def _arms(plan: Plan) -> dict[tuple[str, str], _Arm]:
    """What each arm with an intermediate phase trained on, by backbone and the arm's name in the table."""
    empty = baseline_of(plan)
    found: dict[tuple[str, str], _Arm] = {}
    for cell in plan.cells:
        name = (cell.backbone, BASELINE if cell.arm == empty else cell.arm)
        steps = _phase(plan, cell, "intermediate")
        if name not in found and steps:
            merged = any(isinstance(plan.jobs[key], Merge) for key in cell.trainings)
            found[name] = _arm(steps, cell.intermediate if merged else ())
        if name in found and not zero_shot_phase(plan, cell):
            found[name] = replace(found[name], tasks="")
    return found


def _arm(steps: list[Train], merged: tuple[str, ...]) -> _Arm:
    """What the trainings of an arm were; where weights were put together, the cell says of what (``merged``)."""
    every = [share for job in steps for share in job.shares]
    shares = [share for share in every if share.type != "mlm"]
    sources = dict.fromkeys(part.language for share in shares for part in share.data)
    named = ("+".join(share.task for share in job.shares if share.type != "mlm") for job in steps)
    return _Arm(
        "+".join(merged) or " > ".join(filter(None, named)),
        len(shares) < len(every),
        "+".join(sources),
        any(share.shuffled_labels for share in shares),
        sum(job.settings.updates for job in steps),
    )


def zero_shot_phase(plan: Plan, cell: Cell) -> bool:
    """Whether the target phase behind a score trains once, on labels of the one language that has them: not on
    translations or few examples, and not in another system."""
    jobs = _phase(plan, cell, "target")
    language = plan.tasks[cell.target]["train_language"]
    strange = any(part.language != language for job in jobs for share in job.shares for part in share.data)
    score = plan.jobs[cell.score]
    predicted = plan.jobs[score.prediction] if isinstance(score, Score) else None
    return len(jobs) < 2 and not strange and isinstance(predicted, Predict) and predicted.given is None


def _phase(plan: Plan, cell: Cell, phase: Phase) -> list[Train]:
    """The trainings of one phase behind a score, in their order."""
    jobs = (plan.jobs[key] for key in cell.trainings)
    return [job for job in jobs if isinstance(job, Train) and job.phase == phase]


def lineage(names: list[str]) -> set[str]:
    """The data that the named tasks train on; of a task that is not in the catalogue, nothing."""
    return {part for name in names if name in tasks() for part in tasks()[name].lineage.split("+")} - {""}


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in EFFECTS} for row in rows], schema=dict(EFFECTS))


def printed_averages() -> Iterator[tuple[str, bool, float, float]]:
    """System, with MLM or not, and its average gain: as printed, and as the mean over the nine printed targets."""
    effects = of_published()
    means = (
        effects.filter(pl.col("gain").is_not_null() & (pl.col("tasks") != BEST))
        .group_by("tasks", "mlm")
        .agg(pl.col("gain").mean())
    )
    known = {(names, mlm): gain for names, mlm, gain in means.iter_rows()}
    for row in published():
        if row.source == PUBLISHED and row.block == "dev" and row.target == "average" and row.intermediate:
            yield row.system, row.mlm, row.value, known[row.intermediate, row.mlm]
