"""Accuracy: the share of examples whose predicted label is the right one.

In: gold rows with ``label``, predictions with ``prediction``. Out: one count an example, 1 or 0. XTREME's score for
XNLI and PAWS-X, XTREME-R's for XCOPA.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType
from xstilts.metrics.metric import Counts, Metric, in_order, same_size, some


def count(gold: pa.Table, predicted: pa.Table, language: str, labels: Sequence[str]) -> Counts:
    """Counts [examples, 1]. Raises ``Problem`` if sizes differ, a gold label is unknown or a prediction is missing."""
    same_size(gold, predicted, language)
    if predicted["prediction"].null_count:
        raise Problem(f"a prediction for '{language}' is missing: predict again")
    right, said = gold["label"].to_numpy(), predicted["prediction"].to_numpy()
    if gold["label"].null_count or (right < 0).any():
        raise Problem(f"a gold label for '{language}' is not known, so there is nothing to score against")
    correct: Counts = (right == said).astype(np.float64)[:, None]
    return correct


def reduce(counts: Counts) -> float:
    """The share of ones, in points; divided first, then times 100, as XTREME does."""
    size = some(counts)
    return in_order(counts[:, 0]) / size * 100


def floor(labelled: pa.Table | None, gold: pa.Table, labels: Sequence[str]) -> pa.Table:
    """The most frequent known label of ``labelled`` for every example, the lower index on a tie."""
    known = np.zeros(0, np.int64) if labelled is None else labelled["label"].drop_null().to_numpy()
    frequencies = np.bincount(known[known >= 0])
    if not frequencies.size:
        raise Problem("the majority class needs labelled rows: give the task a training split")
    return pa.table({"prediction": pa.array(np.full(gold.num_rows, frequencies.argmax()), pa.int16())})


METRIC = Metric(
    name="accuracy",
    types=(TaskType.CLASSIFICATION, TaskType.MULTIPLE_CHOICE),
    columns=("correct",),
    count=count,
    reduce=reduce,
    floor=floor,
)
