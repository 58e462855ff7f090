"""Gains of every intermediate task on every target and language, and what was known of the pair before.

In: the results table and a reader of training texts. Out: ``Matrix``: rankings of the same intermediate tasks, one a
backbone, target and language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from xstilts.analysis.gains import BASELINE, clear, scored
from xstilts.analysis.material import Material
from xstilts.analysis.similarity.vocabulary import divergence, words

Numbers = npt.NDArray[np.float64]

SIZE, VOCABULARY, ELSEWHERE = "size", "vocabulary", "best elsewhere"
LEAST = 3  # intermediate tasks that make a ranking


@dataclass(frozen=True)
class Matrix:
    """``gains`` and ``performances`` [rankings, tasks]: points, means over seeds. ``measures``: scores of the same form
    by name, higher is more alike, NaN where not known. ``weights`` [rankings]: so that targets weigh alike.
    ``rankings``: backbone, target, language, family. ``self_pairs`` [rankings, tasks]. ``arms``: those whose gains they
    are.
    """

    tasks: tuple[str, ...]
    arms: tuple[str, ...]
    rankings: tuple[tuple[str, str, str, str], ...]
    gains: Numbers
    performances: Numbers
    measures: Mapping[str, Numbers]
    weights: Numbers
    self_pairs: npt.NDArray[np.bool_]


def matrix(material: Material) -> Matrix | None:
    """The gains of arms with one intermediate task each, in zero-shot languages of targets that the baseline
    learned; None where there are fewer than three such tasks."""
    frame = clear(material.frame)
    rows = scored(frame, "zero-shot").filter((pl.col("arm") != BASELINE) & pl.col("gain").is_not_null())
    rows = rows.filter((pl.col("intermediate") != "") & ~pl.col("intermediate").str.contains(r"\+| > "))
    rows = rows.filter(pl.col("arm") == pl.col("arm").first().over("backbone", "intermediate"))  # one arm a task
    tasks = tuple(rows["intermediate"].unique(maintain_order=True))
    if len(tasks) < LEAST:
        return None
    keys = ["backbone", "target", "language", "family"]
    cells = rows.group_by([*keys, "intermediate"], maintain_order=True).agg(
        pl.col("gain", "score").mean(),
        size=pl.col("intermediate_examples").first(),
        self_pair=pl.col("self_pair").first(),
        job=pl.col("job").first(),
    )
    whole = cells.group_by(keys, maintain_order=True).agg(pl.len()).filter(pl.col("len") == len(tasks)).select(keys)
    cells = cells.join(whole, on=keys, how="semi", maintain_order="left")
    if cells.is_empty():
        return None
    rankings = tuple((str(a), str(b), str(c), str(d)) for a, b, c, d in whole.iter_rows())

    def filled(column: str) -> Numbers:
        found = {tuple(row[:5]): row[5] for row in cells.select(*keys, "intermediate", column).iter_rows()}
        return np.array([[float(found[(*ranking, task)]) for task in tasks] for ranking in rankings])

    gains = filled("gain")
    return Matrix(
        tasks=tasks,
        arms=tuple(dict.fromkeys(rows["arm"])),
        rankings=rankings,
        gains=gains,
        performances=filled("score"),
        measures={
            SIZE: np.log10(np.maximum(filled("size"), 1.0)),
            VOCABULARY: _vocabulary(material, cells, rankings, tasks),
            ELSEWHERE: _elsewhere(gains, rankings),
        },
        weights=_weights(rankings),
        self_pairs=filled("self_pair").astype(bool),
    )


def _weights(rankings: tuple[tuple[str, str, str, str], ...]) -> Numbers:
    """Targets of a backbone weigh alike, and languages alike within a target."""
    counts = Counter(ranking[:2] for ranking in rankings)
    return np.array([1 / counts[ranking[:2]] for ranking in rankings])


def _elsewhere(gains: Numbers, rankings: tuple[tuple[str, str, str, str], ...]) -> Numbers:
    """The mean gain of each task over all other targets of the backbone; NaN where there is no other target."""
    found = np.full_like(gains, np.nan)
    for place, (backbone, target, _, _) in enumerate(rankings):
        others = {other[1] for other in rankings if other[0] == backbone and other[1] != target}
        means = [
            gains[[k for k, one in enumerate(rankings) if one[:2] == (backbone, other)]].mean(axis=0)
            for other in others
        ]
        if means:
            found[place] = np.mean(means, axis=0)
    return found


def _vocabulary(
    material: Material, cells: pl.DataFrame, rankings: tuple[tuple[str, str, str, str], ...], tasks: tuple[str, ...]
) -> Numbers:
    """Less the divergence of the words that intermediate and target phase trained on; NaN where texts are not there."""
    found: dict[tuple[str, str], float] = {}
    counted: dict[str, Counter[str]] = {}
    for target, task, job in cells.select("target", "intermediate", "job").iter_rows():
        if (target, task) not in found:
            texts = material.read.trained_on(job)
            for name in texts.keys() - counted.keys():
                counted[name] = words(texts[name])
            both = task in texts and target in texts
            found[target, task] = -divergence(counted[task], counted[target]) if both else float("nan")
    return np.array([[found[ranking[1], task] for task in tasks] for ranking in rankings])
