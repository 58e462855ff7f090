"""Retrieval accuracy: how often the nearest sentence is the translation, XTREME's score for Tatoeba.

In: gold rows of parallel sentences, predictions with ``neighbour``: for row i of ``target`` (English) the row of
``source`` that is nearest to it, or for row i of ``source`` that of ``target``. Out: one count a row, 1 where the
neighbour of row i is i. Two rows with the same text are still two rows. XTREME sorts the English side and renumbers the
labels alike, which leaves the score as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType
from xstilts.metrics.accuracy import reduce
from xstilts.metrics.metric import Counts, Metric, same_size


def count(gold: pa.Table, predicted: pa.Table, language: str, labels: Sequence[str]) -> Counts:
    """Counts [sentences, 1]. Raises ``Problem`` if sizes differ or a neighbour is missing."""
    same_size(gold, predicted, language)
    if predicted["neighbour"].null_count:
        raise Problem(f"a neighbour for '{language}' is missing: predict again")
    right: np.ndarray = predicted["neighbour"].to_numpy() == np.arange(gold.num_rows)
    return right.astype(np.float64)[:, None]


def floor(labelled: pa.Table | None, gold: pa.Table, labels: Sequence[str]) -> pa.Table:
    """The first sentence for every query: one hit, exactly what a random neighbour is expected to reach (100 / n)."""
    return pa.table({"neighbour": pa.array(np.zeros(gold.num_rows), pa.int32())})


METRIC = Metric(
    name="retrieval_accuracy",
    types=(TaskType.RETRIEVAL,),
    columns=("correct",),
    count=count,
    reduce=reduce,
    floor=floor,
)
