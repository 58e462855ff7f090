"""Mining F1: which pairs of sentences were found to be translations, XTREME's score for BUCC 2018.

In: gold pairs and predicted pairs, columns ``source_id`` and ``target_id`` of names; gold rows where one is missing are
sentences without a translation. Out: three counts for each pair that stands on either side: gold, predicted, both.
Pairs are sets: one that is repeated counts once, order inside a pair matters. ``best_threshold`` is the benchmark's
rule for which candidates of a mining to keep.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from xstilts.catalogue.task import TaskType
from xstilts.metrics.chunk_f1 import precision, recall, reduce
from xstilts.metrics.metric import Counts, Metric

Pairs = dict[tuple[str, str], None]
_NAMES = ("source_id", "target_id")


def pairs_of(rows: pa.Table) -> Pairs:
    """The different pairs in ``rows``, in their order; rows that lack a side hold none."""
    both = zip(*(rows[name].to_pylist() for name in _NAMES), strict=True)
    return dict.fromkeys((source, target) for source, target in both if source is not None and target is not None)


def count(gold: pa.Table, predicted: pa.Table, language: str, labels: Sequence[str]) -> Counts:
    """Counts [different pairs, 3], gold pairs first, each side in its own order."""
    right, said = pairs_of(gold), pairs_of(predicted)
    rows = [(pair in right, pair in said, pair in right and pair in said) for pair in {**right, **said}]
    return np.array(rows, dtype=np.float64).reshape(-1, 3)


def best_threshold(scores: npt.ArrayLike, right: npt.ArrayLike, gold: int) -> float:
    """The score from which on candidates are taken, tuned where the ``gold`` true pairs are known: on development data.

    ``scores`` [candidates] and ``right`` [candidates], whether each is a true pair. Candidates stand in order of their
    score, equals as given; at the first rank with the best F1 the threshold is the mean of this score and the next.
    After the last rank, where the original breaks off, it is the last score; without any true candidate it is 0.
    """
    order = np.argsort(-np.asarray(scores, np.float64), kind="stable")
    ranked, hits = np.asarray(scores, np.float64)[order], np.cumsum(np.asarray(right, bool)[order])
    if not hits.size or not hits[-1]:
        return 0.0
    p, r = hits / np.arange(1, len(hits) + 1), hits / gold
    f1 = np.divide(2 * p * r, p + r, out=np.zeros(len(hits)), where=hits > 0)
    best = int(f1.argmax())
    return float(ranked[best : best + 2].mean())


def floor(labelled: pa.Table | None, gold: pa.Table, labels: Sequence[str]) -> pa.Table:
    """No pair at all."""
    return gold.select(_NAMES).slice(0, 0)


METRIC = Metric(
    name="mining_f1",
    types=(TaskType.MINING,),
    columns=("gold", "predicted", "both"),
    count=count,
    reduce=reduce,
    floor=floor,
    further={"precision": precision, "recall": recall},
)
