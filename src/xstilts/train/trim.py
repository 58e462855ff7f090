"""Training with those rows of the token table alone that the training uses.

In: a network, its data and the order of its updates. Out: the same network with a small table while it trains, the
whole table afterwards, as if all of it had been trained.

A row that no text holds never has a gradient. AdamW then only decays it, by the same factor for all such rows, so the
whole table is known at the end: the rows used, and the others times the product of all decays. Nothing is
approximated. Of a table of 250,002 x 768, gradient, moments, clipping and the step itself cost 0.5 s an update on one
thread (Zen 4), and 3 x 768 MB of memory; English text uses about a tenth of it. Updating only the rows of each update,
with skipped steps made up for later, would save little more and needs every row's history (docs/engine.md).
Masked language modelling compares each hidden token with the whole table: with it, nothing is trimmed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xstilts.catalogue.task import TaskType
from xstilts.data.batch import Batch, flat_index, sequences_of
from xstilts.data.encode import Encoded
from xstilts.model.network import Network

Array = np.ndarray[Any, np.dtype[Any]]


@contextmanager
def trimmed(
    network: Network, data: Sequence[Encoded], order: Iterable[tuple[int, Array]], decay: float
) -> Iterator[Array | None]:
    """The new number of each token, int64 [vocabulary] (None: all rows stay), while the network has the small table.

    ``decay``: what remains at the end of a row that had no gradient.
    """
    model: Any = network.encoder
    table: nn.Embedding = model.get_input_embeddings()
    if not table.weight.requires_grad or any(spec.type is TaskType.MLM for spec in network.specs):
        yield None
        return
    seen = tokens_in(data, order, table.num_embeddings)
    used = torch.from_numpy(np.flatnonzero(seen)).to(table.weight.device)
    whole, padding = table.weight, table.padding_idx
    table.padding_idx = None  # it would stop the gradient of whatever token has that number now
    table.weight = nn.Parameter(whole.detach().index_select(0, used))
    try:
        yield np.cumsum(seen) - 1
    finally:
        _restore(whole, table.weight, used, decay)
        table.weight, table.padding_idx = whole, padding


def renumbered(batch: Batch, number: Array | None) -> Batch:
    """``batch`` in the numbers of the small table."""
    return batch if number is None else replace(batch, ids=number[batch.ids])


def tokens_in(data: Sequence[Encoded], order: Iterable[tuple[int, Array]], size: int) -> Array:
    """Which of ``size`` tokens the updates' examples hold, bool."""
    drawn = [np.zeros(encoded.examples, dtype=bool) for encoded in data]
    for task, examples in order:
        drawn[task][examples] = True
    seen = np.zeros(size, dtype=bool)
    for encoded, examples in zip(data, drawn, strict=True):
        sequences = sequences_of(encoded, np.flatnonzero(examples))
        first = encoded.starts[sequences]
        seen[encoded.ids[flat_index(first, encoded.starts[sequences + 1] - first)]] = True
    return seen


@torch.no_grad()
def _restore(whole: Tensor, small: Tensor, used: Tensor, decay: float) -> None:
    whole.mul_(decay).index_copy_(0, used, small)
