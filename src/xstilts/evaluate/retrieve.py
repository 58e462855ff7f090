"""Sentence vectors and nearest neighbours.

In: a network and encoded sentences. Out: mean-pooled vectors of one layer, and for each query the nearest candidate by
cosine, computed exactly in float32, block by block.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from xstilts.catalogue.task import TaskType
from xstilts.data.batch import by_length, cut, gather
from xstilts.data.encode import Encoded
from xstilts.model.encoder import hidden_states
from xstilts.model.heads import mean_pooled
from xstilts.model.network import Network
from xstilts.model.precision import precision_of

Array = np.ndarray[Any, np.dtype[Any]]
_BLOCK = 2048


def mean_vectors(network: Network, encoded: Encoded, layer: int | None, precision: str, budget: int) -> Array:
    """Mean over all tokens, special ones included, of ``layer`` (None: the last), float32 [sequences, width]."""
    order = by_length(encoded, np.arange(len(encoded.starts) - 1))
    vectors: Array | None = None
    with torch.inference_mode():
        for part in cut(gather(encoded, order, TaskType.RETRIEVAL), budget):
            with precision_of(precision, network):
                states = hidden_states(network.encoder, part, layer)
            pooled = mean_pooled(states.float(), part).cpu().numpy()
            if vectors is None:
                vectors = np.zeros((len(order), pooled.shape[1]), dtype=np.float32)
            vectors[part.sequences] = pooled
    return vectors if vectors is not None else np.zeros((0, 1), dtype=np.float32)


def nearest(queries: Array, candidates: Array) -> tuple[Array, Array]:
    """Index of the nearest candidate of each query and its cosine; exact ties go to the lower index."""
    found = np.zeros(len(queries), dtype=np.int64)
    cosine = np.zeros(len(queries), dtype=np.float32)
    right = torch.from_numpy(unit(candidates)).T
    for low in range(0, len(queries), _BLOCK):
        scores = (torch.from_numpy(unit(queries[low : low + _BLOCK])) @ right).numpy()
        best = scores.argmax(axis=1)
        found[low : low + _BLOCK] = best
        cosine[low : low + _BLOCK] = scores[np.arange(len(scores)), best]
    return found, cosine


def unit(vectors: Array) -> Array:
    """``vectors`` [n, width] with length one; a zero vector stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: Array = vectors / np.maximum(lengths, 1e-12)
    return result
