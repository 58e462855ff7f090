"""Mean average precision of the 20 best candidates: XTREME-R's score for Mewsli-X and LAReQA.

In: gold rows with ``id`` and ``targets`` (the names of all right candidates), predictions with ``id`` and ``ranking``
(names, best first). Out: one count a query, its average precision from 0 to 1. With one target this is the
reciprocal rank.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType
from xstilts.metrics.accuracy import reduce
from xstilts.metrics.metric import Counts, Metric

CUT = 20


def average_precision(targets: Collection[str], ranking: Sequence[str]) -> float:
    """The mean, over the targets that ``CUT`` places can hold, of the precision at the place of each target found.

    A candidate that is named twice counts at its first place.
    """
    wanted, total, hits = set(targets), 0.0, 0
    for rank, name in enumerate(ranking[:CUT], start=1):
        if name in wanted:
            wanted.remove(name)
            hits += 1
            total += hits / rank
    return total / min(len(set(targets)), CUT)


def count(gold: pa.Table, predicted: pa.Table, language: str, labels: Sequence[str]) -> Counts:
    """Counts [queries, 1]. A query without ranking counts 0, a ranking without query is passed over.

    Raises ``Problem`` for a query without target.
    """
    said = dict(zip(predicted["id"].to_pylist(), predicted["ranking"].to_pylist(), strict=True))
    counts = np.zeros((gold.num_rows, 1))
    for row, (name, targets) in enumerate(zip(gold["id"].to_pylist(), gold["targets"].to_pylist(), strict=True)):
        if not targets:
            raise Problem(f"query '{name}' in '{language}' has no target, so there is nothing to score against")
        counts[row] = average_precision(targets, said.get(name) or [])
    return counts


def floor(labelled: pa.Table | None, gold: pa.Table, labels: Sequence[str]) -> pa.Table:
    """An empty ranking for every query."""
    return pa.table({"id": gold["id"], "ranking": pa.array([[]] * gold.num_rows, pa.list_(pa.string()))})


METRIC = Metric(
    name="mean_average_precision",
    types=(TaskType.RANKING,),
    columns=("average_precision",),
    count=count,
    reduce=reduce,
    floor=floor,
)
