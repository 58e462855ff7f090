"""What a score is: counts per example and a reduction.

In: gold rows and predictions of one language. Out: ``Metric``, whose counts are stored once and from which every score,
interval and pooled view follows; the schemas of predictions; checks that gold and predictions belong together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType

Counts = npt.NDArray[np.float64]

# What a prediction is, by task type; classification and multiple choice may add LOGITS.
PREDICTIONS: Mapping[TaskType, pa.Schema] = {
    TaskType.CLASSIFICATION: pa.schema([("prediction", pa.int16())]),
    TaskType.MULTIPLE_CHOICE: pa.schema([("prediction", pa.int16())]),
    TaskType.TOKEN_CLASSIFICATION: pa.schema([("tags", pa.list_(pa.int16()))]),
    TaskType.SPAN_EXTRACTION: pa.schema([("id", pa.string()), ("text", pa.string())]),
    # entry i is the row of ``source`` that was found for row i of ``target``, or the other way round; right is i
    TaskType.RETRIEVAL: pa.schema([("neighbour", pa.int32())]),
    # one row a pair that was found, as many as there are
    TaskType.MINING: pa.schema([("source_id", pa.string()), ("target_id", pa.string())]),
    # names of candidates, best first
    TaskType.RANKING: pa.schema([("id", pa.string()), ("ranking", pa.list_(pa.string()))]),
}
LOGITS = pa.field("logits", pa.list_(pa.float32()))


@dataclass(frozen=True)
class Metric:
    """A way to score predictions of the task types ``types``; without any, of foreign predictions only.

    ``count(gold, predicted, language, labels)`` gives float64 counts [examples, len(columns)], in the order of
    ``gold``. ``reduce(counts)`` turns counts [n, len(columns)] of any examples into points, 0 to 100; ``further`` holds
    other scores of the same counts, by name. ``floor(labelled, gold, labels)`` is what a trivial predictor says of
    ``gold`` that knows only the rows ``labelled`` (None where nothing is labelled).
    """

    name: str
    types: tuple[TaskType, ...]
    columns: tuple[str, ...]
    count: Callable[[pa.Table, pa.Table, str, Sequence[str]], Counts]
    reduce: Callable[[Counts], float]
    floor: Callable[[pa.Table | None, pa.Table, Sequence[str]], pa.Table]
    further: Mapping[str, Callable[[Counts], float]] = field(default_factory=dict)
    revision: int = 1


def same_size(gold: pa.Table, predicted: pa.Table, language: str) -> None:
    """Raises ``Problem`` unless there is one prediction a gold row."""
    if gold.num_rows != predicted.num_rows:
        raise Problem(
            f"{predicted.num_rows} predictions for {gold.num_rows} examples in '{language}': "
            "predict again, or give one prediction for each example in the order of the data"
        )


def some(counts: Counts) -> int:
    """The number of examples. Raises ``Problem`` if there is none, since a share of nothing is no score."""
    if not len(counts):
        raise Problem("there is no example to score: check the data of this task and language")
    return len(counts)


def in_order(values: npt.NDArray[np.float64]) -> float:
    """The sum from left to right, as plain addition gives it (NumPy's own sum may differ in the last digit)."""
    return float(np.add.accumulate(values)[-1]) if len(values) else 0.0
