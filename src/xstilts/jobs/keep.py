"""What a score counts of its predictions where a threshold decides: mined pairs, and answers that may be none.

In: a scoring job, the store, the rows. Out: the predictions that count, and the threshold with where it comes from. It
is chosen on validation rows, or stated in the study. Torch is not imported here, so exports use it too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from xstilts.catalogue.task import TaskType
from xstilts.jobs.sources import AllSources
from xstilts.jobs.stored import PREDICTIONS, first_rows
from xstilts.metrics import get_metric, mining_f1, squad_v2_f1
from xstilts.metrics.mining_f1 import pairs_of
from xstilts.study.job import Score
from xstilts.study.store import Store


@dataclass(frozen=True)
class _Rule:
    """``best(gold, predicted, metric, language)`` chooses a threshold where the gold rows are known, ``apply`` follows
    it."""

    best: Callable[[pa.Table, pa.Table, str, str], float]
    apply: Callable[[pa.Table, float], pa.Table]


def kept(work: Score, store: Store, source: AllSources) -> tuple[pa.Table, dict[str, Any]]:
    """The predictions of ``work`` that count, and what its record says of the threshold, if there is one."""
    predicted = pq.read_table(store.folder(work.prediction) / PREDICTIONS)
    if work.tuned_on is None and work.threshold is None:
        return predicted, {}
    rule = _RULES[TaskType(work.type)]
    if work.tuned_on is None:
        value, whence = float(work.threshold or 0), "study"
    else:
        tuned, data = pq.read_table(store.folder(work.tuned_on.prediction) / PREDICTIONS), work.tuned_on.data
        value = rule.best(first_rows(source.read(data), work.tuned_on.examples), tuned, work.metric, data.language)
        whence = data.split if data.language == work.data.language else f"{data.split} ({data.language})"
        if data == work.data:
            whence += ", the scored rows"
    return rule.apply(predicted, value), {"threshold": value, "threshold_from": whence}


def _best_of_pairs(gold: pa.Table, predicted: pa.Table, metric: str, language: str) -> float:
    true = pairs_of(gold)
    right = np.array([pair in true for pair in pairs_of(predicted)], dtype=bool)
    return mining_f1.best_threshold(predicted["score"].to_numpy(), right, len(true))


def _pairs_from(predicted: pa.Table, threshold: float) -> pa.Table:
    return predicted.filter(pc.greater_equal(predicted["score"].cast(pa.float64()), threshold))


def _best_of_answers(gold: pa.Table, predicted: pa.Table, metric: str, language: str) -> float:
    count, at = get_metric(metric).count, predicted.column_names.index("text")

    def f1(texts: pa.Array) -> np.ndarray:
        return count(gold, predicted.set_column(at, "text", texts), language, ())[:, 0]

    return squad_v2_f1.best_threshold(_above(predicted), f1(_best_texts(predicted)), f1(_nothing(predicted)))


def _answers_from(predicted: pa.Table, threshold: float) -> pa.Table:
    answered = pa.array(_above(predicted) <= threshold)
    texts = pc.if_else(answered, _best_texts(predicted), _nothing(predicted))
    return predicted.set_column(predicted.column_names.index("text"), "text", texts)


def _above(predicted: pa.Table) -> np.ndarray:
    """How much no answer scores above the best one; infinite where no answer could be given."""
    none, score = (predicted[name].to_numpy().astype(np.float64) for name in ("none", "score"))
    above: np.ndarray = none - score
    return above


def _best_texts(predicted: pa.Table) -> pa.Array:
    return pa.array([texts[0] if texts else "" for texts in predicted["texts"].to_pylist()], pa.string())


def _nothing(predicted: pa.Table) -> pa.Array:
    return pa.array([""] * predicted.num_rows, pa.string())


_RULES: Mapping[TaskType, _Rule] = {
    TaskType.MINING: _Rule(_best_of_pairs, _pairs_from),
    TaskType.SPAN_EXTRACTION: _Rule(_best_of_answers, _answers_from),
}
