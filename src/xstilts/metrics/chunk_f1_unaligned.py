"""Chunk F1 as XTREME's evaluator gives it where a sentence has more or fewer predicted tags than tokens.

In and out: as ``chunk_f1``, for foreign predictions only. Both texts are strung together and compared by position, so
everything after such a sentence is moved and mostly counts as wrong. The official evaluator does so without a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from xstilts.metrics import chunk_f1
from xstilts.metrics.metric import Counts, same_size


def count(gold: pa.Table, predicted: pa.Table, language: str, labels: Sequence[str]) -> Counts:
    """Counts [sentences, 3]. Raises ``Problem`` if the number of sentences differs."""
    same_size(gold, predicted, language)
    return chunk_f1.chunk_counts(gold, predicted, labels, chunk_f1.kind_of)


METRIC = replace(chunk_f1.METRIC, name="chunk_f1_unaligned", types=(), count=count)
