"""Gains of every intermediate task on every target and language, and what was known of the pair before.

In: the results table and a reader of what lies behind it. Out: ``Matrix``: rankings of the same intermediate tasks, one
a backbone, target and language.
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
from xstilts.analysis.similarity.measures import MEASURES, SIZE, VOCABULARY, Pairs

Numbers = npt.NDArray[np.float64]
Ranking = tuple[str, str, str, str]

ELSEWHERE, ALWAYS_NLI, ALWAYS_SQUAD = "best elsewhere", "always NLI", "always SQuAD"
RULES: Mapping[str, tuple[str, ...]] = {  # tasks that a constant choice takes
    ALWAYS_NLI: ("mnli", "anli_plus", "world/nli"),
    ALWAYS_SQUAD: ("squad", "squad_v2", "world/qa"),
}
LEAST = 3  # intermediate tasks that make a ranking


@dataclass(frozen=True)
class Matrix:
    """``gains`` and ``performances`` [rankings, tasks]: points, means over seeds. ``measures``: scores of the same form
    by name, higher is more alike, NaN where not known; ``rules``: likewise simple ways to choose, which a measure has
    to beat. ``weights`` [rankings]: so that targets weigh alike. ``rankings``: backbone, target, language, family.
    ``self_pairs`` [rankings, tasks]. ``arms``: those whose gains they are; ``seeds``: the fewest behind a gain.
    """

    tasks: tuple[str, ...]
    arms: tuple[str, ...]
    rankings: tuple[Ranking, ...]
    gains: Numbers
    performances: Numbers
    measures: Mapping[str, Numbers]
    rules: Mapping[str, Numbers]
    weights: Numbers
    self_pairs: npt.NDArray[np.bool_]
    seeds: int

    def counted(self, self_pairs: bool) -> npt.NDArray[np.bool_]:
        """Which gains count [rankings, tasks]: all, or those of other data than the target's."""
        return np.ones_like(self.self_pairs) if self_pairs else ~self.self_pairs


def matrix(material: Material) -> Matrix | None:
    """The gains of arms with one intermediate task each, in zero-shot languages of targets that the baseline
    learned; None where there are fewer than three such tasks."""
    rows = scored(clear(material.frame), "zero-shot").filter(
        (pl.col("arm") != BASELINE)
        & pl.col("gain").is_not_null()
        & (pl.col("intermediate") != "")
        & ~pl.col("intermediate").str.contains(r"\+| > ")
    )
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
        seeds=pl.col("seed").n_unique(),
    )
    whole = cells.group_by(keys, maintain_order=True).agg(pl.len()).filter(pl.col("len") == len(tasks)).select(keys)
    cells = cells.join(whole, on=keys, how="semi", maintain_order="left")
    if cells.is_empty():
        return None
    rankings = tuple((str(a), str(b), str(c), str(d)) for a, b, c, d in whole.iter_rows())

    def filled(column: str) -> Numbers:
        found = {tuple(row[:5]): row[5] for row in cells.select(*keys, "intermediate", column).iter_rows()}
        return np.array([[float(found[(*ranking, task)]) for task in tasks] for ranking in rankings])

    gains, self_pairs = filled("gain"), filled("self_pair").astype(bool)
    arms = {(str(b), str(t)): str(a) for b, t, a in rows.select("backbone", "intermediate", "arm").unique().iter_rows()}
    known = _measured(Pairs(material.read, arms), cells, rankings, tasks)
    chosen = {name: np.array([task in names for task in tasks], float) for name, names in RULES.items()}
    return Matrix(
        tasks=tasks,
        arms=tuple(dict.fromkeys(rows["arm"])),
        rankings=rankings,
        gains=gains,
        performances=filled("score"),
        measures={SIZE: np.log10(np.maximum(filled("size"), 1.0)), **known},
        rules={
            ELSEWHERE: _elsewhere(np.where(self_pairs, np.nan, gains), rankings),
            **{name: np.tile(row, (len(rankings), 1)) for name, row in chosen.items() if row.any()},
        },
        weights=_weights(rankings),
        self_pairs=self_pairs,
        seeds=int(cells["seeds"].to_numpy().min()),
    )


def _weights(rankings: tuple[Ranking, ...]) -> Numbers:
    """Targets of a backbone weigh alike, and languages alike within a target."""
    counts = Counter(ranking[:2] for ranking in rankings)
    return np.array([1 / counts[ranking[:2]] for ranking in rankings])


def _elsewhere(gains: Numbers, rankings: tuple[Ranking, ...]) -> Numbers:
    """The mean gain of each task over all other targets of the backbone (``gains`` are NaN for self-pairs); NaN where
    there is no other target."""
    means = {
        at: gains[[k for k, one in enumerate(rankings) if one[:2] == at]].mean(axis=0)
        for at in dict.fromkeys(ranking[:2] for ranking in rankings)
    }
    found = np.full_like(gains, np.nan)
    for place, ranking in enumerate(rankings):
        others = [mean for at, mean in means.items() if at[0] == ranking[0] and at != ranking[:2]]
        if others:
            known = np.isfinite(others)
            total = np.where(known, others, 0.0).sum(axis=0)
            found[place] = np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)
    return found


def _measured(
    pairs: Pairs, cells: pl.DataFrame, rankings: tuple[Ranking, ...], tasks: tuple[str, ...]
) -> dict[str, Numbers]:
    """Every measure [rankings, tasks] that is known for some ranking."""
    found = {name: np.full((len(rankings), len(tasks)), np.nan) for name in MEASURES if name != SIZE}
    scores: dict[tuple[str, str], dict[str, str]] = {}
    for backbone, target, task, job in cells.select("backbone", "target", "intermediate", "job").iter_rows():
        scores.setdefault((backbone, target), {}).setdefault(task, job)
    same: dict[tuple[str, str], dict[str, Numbers]] = {}
    for place, (backbone, target, language, _) in enumerate(rankings):
        if (backbone, target) not in same:
            by_task = {task: scores[backbone, target][task] for task in tasks}
            same[backbone, target] = {
                VOCABULARY: pairs.vocabulary(by_task, target),
                **pairs.of_target(backbone, target, tasks),
            }
        for name, values in {
            **same[backbone, target],
            **pairs.in_language(backbone, target, language, tasks),
        }.items():
            found[name][place] = values
    return {name: values for name, values in found.items() if np.isfinite(values).any() or name == VOCABULARY}
