"""F1 of found translations, averaged over the right ones: MTEB's score for Tatoeba and BUCC.

In: gold rows and predictions of the types ``retrieval`` (``neighbour``) and ``mining`` (pairs). Out: one count a gold
pair, the F1 of its right answer taken as a class: with n queries that found it, m for which it is right and h of both,
2 h / (n + m). The mean over gold pairs is scikit-learn's F1 with weighted average, since answers that are right for no
query weigh nothing. An answer that is found again and again thus lowers its own score, which accuracy does not see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Sequence

import numpy as np
import pyarrow as pa

from xstilts.catalogue.task import TaskType
from xstilts.metrics.accuracy import reduce
from xstilts.metrics.metric import Counts, Metric, same_size
from xstilts.metrics.mining_f1 import pairs_of


def count(gold: pa.Table, predicted: pa.Table, language: str, labels: Sequence[str]) -> Counts:
    """Counts [gold pairs, 1], each from 0 to 1. Raises ``Problem`` if a retrieval has not one neighbour a row."""
    if "neighbour" in predicted.column_names:
        same_size(gold, predicted, language)
        said = set(enumerate(predicted["neighbour"].to_pylist()))
        return _count([(row, row) for row in range(gold.num_rows)], said)
    return _count(list(pairs_of(gold)), pairs_of(predicted))


def _count(right: Sequence[tuple[Hashable, Hashable]], said: Collection[tuple[Hashable, Hashable]]) -> Counts:
    """``right`` and ``said``: a query with its answer."""
    wanted, found = Counter(answer for _, answer in right), Counter(answer for _, answer in said)
    hits = Counter(answer for query, answer in right if (query, answer) in said)
    scores = [2 * hits[answer] / (wanted[answer] + found[answer]) for _, answer in right]
    return np.array(scores, dtype=np.float64)[:, None]


def floor(labelled: pa.Table | None, gold: pa.Table, labels: Sequence[str]) -> pa.Table:
    """The first answer for every query of a retrieval; no pair of a mining."""
    if "source_id" in gold.column_names:
        return gold.select(["source_id", "target_id"]).slice(0, 0)
    return pa.table({"neighbour": pa.array(np.zeros(gold.num_rows), pa.int32())})


METRIC = Metric(
    name="retrieval_f1",
    types=(TaskType.RETRIEVAL, TaskType.MINING),
    columns=("f1",),
    count=count,
    reduce=reduce,
    floor=floor,
)
