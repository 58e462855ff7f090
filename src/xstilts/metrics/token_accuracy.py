"""Token accuracy: the share of tokens with the right tag, shown beside UD-POS's official chunk F1.

In: gold rows and predictions with ``tags``, indices into the labels. Out: two counts a sentence: tokens, right ones.
XTREME's paper speaks of accuracy, its evaluator computes chunk F1; most other papers report this.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType
from xstilts.metrics.chunk_f1 import aligned, floor
from xstilts.metrics.metric import Counts, Metric


def count(gold: pa.Table, predicted: pa.Table, language: str, labels: Sequence[str]) -> Counts:
    """Counts [sentences, 2]. Raises ``Problem`` unless each token of each sentence has one predicted tag."""
    right, said, sizes = aligned(gold, predicted, language, labels)
    sentence = np.repeat(np.arange(len(sizes)), sizes)
    return np.stack([sizes, np.bincount(sentence[right == said], minlength=len(sizes))], axis=1).astype(np.float64)


def reduce(counts: Counts) -> float:
    """The share of right tags over all tokens, in points."""
    tokens, right = (float(total) for total in counts.sum(axis=0))
    if not tokens:
        raise Problem("there is no token to score: check the data of this task and language")
    return right / tokens * 100


METRIC = Metric(
    name="token_accuracy",
    types=(TaskType.TOKEN_CLASSIFICATION,),
    columns=("tokens", "correct"),
    count=count,
    reduce=reduce,
    floor=floor,
)
