"""Chunk F1 under the rules of seqeval from 0.0.18 on, which today's installation of XTREME's scripts would use.

In and out: as ``chunk_f1``. The type of a tag is what follows its first character and a first hyphen, so bare tags of
UD-POS lose a letter: CCONJ and SCONJ become one type, and X is of the same type as what is outside. The two agree on
IOB2 tags. Kept so that numbers from such installations can be told apart; XTREME's own are those of ``chunk_f1``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from xstilts.metrics import chunk_f1
from xstilts.metrics.metric import Counts


def kind_of(tag: str) -> str:
    """The type of a tag: without its first character, then what follows the first hyphen; ``_`` if nothing is left."""
    return tag[1:].split("-", 1)[-1] or "_"


def count(gold: pa.Table, predicted: pa.Table, language: str, labels: Sequence[str]) -> Counts:
    """Counts [sentences, 3]. Raises ``Problem`` unless each token of each sentence has one predicted tag."""
    chunk_f1.aligned(gold, predicted, language, labels)
    return chunk_f1.chunk_counts(gold, predicted, labels, kind_of)


METRIC = replace(chunk_f1.METRIC, name="chunk_f1_seqeval1", count=count)
