"""Gains as trials of intermediate tasks, for advice.

In: effects (``analysis.arms``), a target, names of the catalogue. Out: ``Trial`` values: measured ones, and candidates.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from xstilts.analysis.advice import ALIKE, Trial
from xstilts.analysis.arms import lineage
from xstilts.analysis.decide import estimate_of
from xstilts.analysis.intervals import over_seeds
from xstilts.catalogue.benchmark import XTREME
from xstilts.catalogue.find import tasks
from xstilts.catalogue.published import intermediate_tasks
from xstilts.catalogue.task import Task, TaskType

# Heads of the published tasks that the catalogue does not have.
RETRIEVAL_FORM = str(TaskType.RETRIEVAL)
_HEADS = {"token tagging": TaskType.TOKEN_CLASSIFICATION, "classification": TaskType.CLASSIFICATION}


def trials(effects: pl.DataFrame) -> list[Trial]:
    """The mean gain over languages of every single intermediate task on every target, by encoder.

    The error is over seeds; of single runs it is 0, and the model finds it in what its effects leave over.
    """
    rows = effects.filter(
        pl.col("gain").is_not_null() & ~pl.col("shuffled") & ~pl.col("mlm") & pl.col("tasks").str.contains(r"^[^+ ]+$")
    )
    found = []
    for (source, name, target), part in rows.group_by(["backbone", "tasks", "target"], maintain_order=True):
        seeds = part.group_by("seed").agg(pl.col("gain").mean(), pl.col("score").mean()).sort("seed")
        estimate = estimate_of(over_seeds(seeds["gain"].to_list()), len(seeds))
        form = RETRIEVAL_FORM if part["retrieval"][0] else form_of(str(target))
        blank = candidate(str(name), str(target), form, str(source))
        scores = seeds["score"].to_list()
        found.append(
            replace(
                blank,
                shared=bool(part["self_pair"][0]),
                gain=estimate.value,
                error=estimate.error or 0.0,
                score=sum(scores) / len(scores),
            )
        )
    return found


def candidates(target: str, form: str, source: str, measured: Iterable[Trial], data: Task | None = None) -> list[Trial]:
    """Every intermediate task that was published or measured, on ``target``; ``data`` is the target's own task, where
    it is not in the catalogue. Tasks that train on the target's own data are marked."""
    names = dict.fromkeys([*intermediate_tasks(), *(trial.intermediate for trial in measured)])
    return [candidate(name, target, form, source, data) for name in names if name != target]


def candidate(name: str, target: str, form: str, source: str, data: Task | None = None) -> Trial:
    """An intermediate task on a target, without a gain."""
    own = set(data.lineage.split("+")) - {""} if data else lineage([target])
    sets = frozenset(lineage([name]) or {name})
    there = frozenset(own)
    return Trial(name, form_of(name), target, form, source, examples_of(name), sets, there, bool(sets & there))


def likened(trials: Sequence[Trial], known: Mapping[tuple[str, str], Mapping[str, float]]) -> list[Trial]:
    """The trials with how like task and target are: ``known`` holds the measures ``ALIKE`` by name for (target, task).

    A measure is standardised among the tasks of a target for which it is known, at least two.
    """
    found = []
    for one in trials:
        alike = []
        for name in ALIKE:
            tasks = dict.fromkeys(other.intermediate for other in trials if other.target == one.target)
            values = {task: known.get((one.target, task), {}).get(name, math.nan) for task in tasks}
            there = np.array([value for value in values.values() if math.isfinite(value)])
            spread = float(there.std()) if len(there) > 1 else 0.0
            own = values[one.intermediate]
            alike.append((own - float(there.mean())) / spread if spread > 0 and math.isfinite(own) else 0.0)
        found.append(replace(one, alike=tuple(alike) if any(alike) else ()))
    return found


def form_of(name: str) -> str:
    """The task type of a task of the catalogue, or of a published one; of a retrieval set ``retrieval``; else ""."""
    if name in tasks():
        return str(tasks()[name].type)
    if name in intermediate_tasks():
        return str(_HEADS[intermediate_tasks()[name].head])
    return RETRIEVAL_FORM if name in XTREME.groups["retrieval"] else ""


def examples_of(name: str) -> int:
    """Training examples: as published, else as the catalogue has them officially, else 10,000."""
    if name in intermediate_tasks():
        return intermediate_tasks()[name].train
    task = tasks().get(name)
    official = sum(task.splits["train"].official.values()) if task and "train" in task.splits else 0
    return official or 10_000
