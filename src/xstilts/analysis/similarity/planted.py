"""Gains of many tasks before many targets that follow a similarity as far as was planted.

In: how languages and seeds vary, the true slope of gains on the similarity and its spread over families. Out: a
``Matrix`` that went through a results table, with the similarity and others that say nothing among its measures.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from xstilts.analysis.material import Material
from xstilts.analysis.planted import Truth, arms_table, gains_of
from xstilts.analysis.similarity.table import Matrix, matrix
from xstilts.study.evidence import Evidence

Numbers = npt.NDArray[np.float64]

TRUE, NOISE = "planted", ("noise 1", "noise 2", "noise 3")


@dataclass(frozen=True)
class Pairs:
    """``tasks`` before ``targets``: gains vary between tasks, and between pairs beside what their similarity says, with
    these standard deviations (points); ``slope``: points a standard deviation of the similarity, which varies by
    ``spread`` over families."""

    slope: float
    spread: float
    tasks: int = 8
    targets: int = 5
    task: float = 0.5
    pair: float = 0.5


class _Blind:
    """A reader that has nothing."""

    def shown(self, *_: object, **__: object) -> None:
        return None

    predictions = counts = gold = labelled = changed = pieces = shown

    def trained_on(self, score: str) -> dict[str, list[str]]:
        return {}


def planted(truth: Truth, pairs: Pairs, generator: np.random.Generator) -> Matrix:
    """The gains of a study, as its analysis sees them, with what was planted as a measure."""
    member = truth.member.astype(np.intp)
    alike = generator.normal(size=(pairs.targets, pairs.tasks))
    alike -= alike.mean(axis=1, keepdims=True)
    alike /= alike.std()
    steep = pairs.slope + generator.normal(0, pairs.spread, len(truth.families))[member]
    of_task = generator.normal(0, pairs.task, pairs.tasks)
    frames = []
    for target in range(pairs.targets):
        arms = {}
        for task in range(pairs.tasks):
            own = of_task[task] + generator.normal(0, pairs.pair) + steep * alike[target, task]
            runs = gains_of(replace(truth, family=0.0, language=0.3), 0.0, generator)
            arms[f"task {task}"] = (1000, runs + own[:, None])
        rows = arms_table(truth, arms, generator)
        named = pl.when(pl.col("arm") == "baseline").then(pl.lit("")).otherwise(pl.col("arm"))
        frames.append(rows.with_columns(target=pl.lit(f"target {target}"), intermediate=named))
    found = matrix(Material(pl.concat(frames), _Blind(), Evidence()))
    assert found is not None
    number = {f"target {place}": place for place in range(pairs.targets)}
    order = [int(name.split()[1]) for name in found.tasks]
    rows_of = [number[one[1]] for one in found.rankings]
    others = {name: generator.normal(size=alike.shape)[rows_of] for name in NOISE}
    return replace(found, measures={"size": found.measures["size"], TRUE: alike[rows_of][:, order], **others})
