"""Mining F1: which pairs of sentences were found to be translations, XTREME's score for BUCC 2018.

In: gold pairs and predicted pairs, columns ``source`` and ``target`` of names. Out: three counts for each pair that
stands on either side: gold, predicted, both. Pairs are sets: one that is repeated counts once, order inside a pair
matters. No task type predicts such pairs yet, so the metric scores foreign predictions only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from xstilts.metrics.chunk_f1 import precision, recall, reduce
from xstilts.metrics.metric import Counts, Metric


def count(gold: pa.Table, predicted: pa.Table, language: str, labels: Sequence[str]) -> Counts:
    """Counts [different pairs, 3], gold pairs first, each side in its own order."""
    right, said = (
        dict.fromkeys(zip(*(side[name].to_pylist() for name in ("source", "target")), strict=True))
        for side in (gold, predicted)
    )
    rows = [(pair in right, pair in said, pair in right and pair in said) for pair in {**right, **said}]
    return np.array(rows, dtype=np.float64).reshape(-1, 3)


def floor(labelled: pa.Table | None, gold: pa.Table, labels: Sequence[str]) -> pa.Table:
    """No pair at all."""
    return gold.select(["source", "target"]).slice(0, 0)


METRIC = Metric(
    name="mining_f1",
    types=(),
    columns=("gold", "predicted", "both"),
    count=count,
    reduce=reduce,
    floor=floor,
    further={"precision": precision, "recall": recall},
)
