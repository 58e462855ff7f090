"""Which predictions a score counts: of mined pairs those above a threshold, of all others every one.

In: a scoring job, the store, the rows. Out: the predictions that count, and the threshold with where it comes from. It
is chosen on rows that are not scored, or stated in the study. Torch is not imported here, so exports use it too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from xstilts.jobs.sources import AllSources
from xstilts.jobs.stored import PREDICTIONS, first_rows
from xstilts.metrics.mining_f1 import best_threshold, pairs_of
from xstilts.study.job import Score, Tuning
from xstilts.study.store import Store


def kept(work: Score, store: Store, source: AllSources) -> tuple[pa.Table, dict[str, Any]]:
    """The predictions of ``work`` that count, and what its record says of the threshold, if there is one."""
    predicted = pq.read_table(store.folder(work.prediction) / PREDICTIONS)
    if work.tuned_on is not None:
        value = _tuned(work.tuned_on, store, source)
        said = {"threshold": value, "threshold_from": work.tuned_on.data.split}
    elif work.threshold is not None:
        value, said = work.threshold, {"threshold": work.threshold, "threshold_from": "study"}
    else:
        return predicted, {}
    return predicted.filter(pc.greater_equal(predicted["score"].cast(pa.float64()), value)), said


def _tuned(tuning: Tuning, store: Store, source: AllSources) -> float:
    """The threshold that is best on these rows (``best_threshold``)."""
    predicted = pq.read_table(store.folder(tuning.prediction) / PREDICTIONS)
    true = pairs_of(first_rows(source.read(tuning.data), tuning.examples))
    right = np.array([pair in true for pair in pairs_of(predicted)], dtype=bool)
    return best_threshold(predicted["score"].to_numpy(), right, len(true))
