"""Which vectors are nearest to which, exactly and in bounded memory.

In: vectors of queries and candidates. Out: the best candidate of each query, the k nearest in both directions, or the
pairs of two collections that find one another. Cosines are float32 products of a matrix multiplication, taken tile by
tile; one tile serves both directions; of many wide vectors ``sieve`` first finds out which products are needed. The
margins correct the cosine by how near a vector is to everything, r, its mean cosine to the k nearest on the other side:
CSLS (Lample et al. 2018), 2 cos(x, y) - r(x) - r(y), and the ratio (Artetxe and Schwenk 2019),
cos(x, y) / ((r(x) + r(y)) / 2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xstilts.catalogue.protocol import Margin
from xstilts.evaluate.sieve import sieved

Array = np.ndarray[Any, np.dtype[Any]]
_TILE = 2048  # rows and columns of a tile of cosines: 16 MiB
_WORTH, _WIDE, _FEW = 2048, 128, 32  # vectors on either side and width from which, k up to which the sieve pays
_BLOCK = 2**24  # cosines held at once where a query needs those of all candidates: 64 MiB


def unit(vectors: Array) -> Array:
    """``vectors`` [n, width] with length one; a zero vector stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: Array = vectors / np.maximum(lengths, 1e-12)
    return result


def nearest(queries: Array, candidates: Array, margin: Margin = "cosine", neighbours: int = 4) -> tuple[Array, Array]:
    """Index of the best candidate of each query and its score; exact ties go to the lower index."""
    found = np.zeros(len(queries), dtype=np.int64)
    best = np.zeros(len(queries), dtype=np.float32)
    right = torch.from_numpy(unit(candidates))
    near, far = _densities(queries, right, neighbours) if margin != "cosine" else (None, None)
    rows = max(64, min(_TILE, _BLOCK // max(1, len(candidates))))
    for low in range(0, len(queries), rows):
        scores = torch.from_numpy(unit(queries[low : low + rows])) @ right.T
        if near is not None and far is not None:
            scores = _MARGINS[margin](scores, near[low : low + rows, None], far[None])
        found[low : low + rows] = scores.numpy().argmax(axis=1)
        best[low : low + rows] = scores.numpy()[np.arange(len(scores)), found[low : low + rows]]
    return found, best


def mined(sources: Array, targets: Array, margin: Margin = "ratio", neighbours: int = 4) -> tuple[Array, Array, Array]:
    """Pairs of a source and a target, each in one pair at most: indices and scores, the best pair first.

    The best of each vector's k nearest by its score, both ways, pooled; a pair is taken, from the best score down, if
    neither side is taken yet (Artetxe and Schwenk's "max"; XTREME's protocol 4.8, which leaves out scores up to 0).
    """
    if not len(sources) or not len(targets):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32)
    cosines, indices = both_ways(torch.from_numpy(unit(sources)), torch.from_numpy(unit(targets)), neighbours)
    near, far = (found.mean(dim=1) for found in cosines)
    score = _MARGINS[margin]
    ahead = score(cosines[0], near[:, None], far[indices[0]])
    back = score(cosines[1], far[:, None], near[indices[1]])
    pairs = np.concatenate(
        [
            np.stack([np.arange(len(sources)), _of(indices[0], ahead)], axis=1),
            np.stack([_of(indices[1], back), np.arange(len(targets))], axis=1),
        ]
    )
    scores = torch.cat([ahead.amax(dim=1), back.amax(dim=1)]).numpy()
    kept = []
    seen: tuple[set[int], set[int]] = (set(), set())
    for place in np.argsort(-scores, kind="stable"):
        source, target = (int(side) for side in pairs[place])
        if source not in seen[0] and target not in seen[1]:
            seen[0].add(source)
            seen[1].add(target)
            if margin == "csls" or scores[place] > 0:  # CSLS has no zero of its own
                kept.append(place)
    return pairs[kept, 0], pairs[kept, 1], scores[kept]


def both_ways(left: Tensor, right: Tensor, k: int) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """The k nearest in both directions: their cosines and their indices, each as ([n, k], [m, k]), best first.

    ``left`` [n, width] and ``right`` [m, width], float32 of length one. Where a side has fewer than k vectors, as many
    as it has. Beside them and the result only a few tiles are held. Which of several equal cosines come last among the
    k is not defined.
    """
    enough = min(len(left), len(right)) >= _WORTH and left.shape[1] >= _WIDE and k <= _FEW
    if enough and (found := sieved(left, right, k)) is not None:
        return found
    sides = (left, right)
    values = [torch.full((len(one), min(k, len(other))), -torch.inf) for one, other in (sides, sides[::-1])]
    places = [torch.zeros(found.shape, dtype=torch.int64) for found in values]
    for row in range(0, len(left), _TILE):
        for column in range(0, len(right), _TILE):
            tile = left[row : row + _TILE] @ right[column : column + _TILE].T
            _keep_best(values[0][row : row + _TILE], places[0][row : row + _TILE], tile, column)
            _keep_best(values[1][column : column + _TILE], places[1][column : column + _TILE], tile.T, row)
    return (values[0], values[1]), (places[0], places[1])


def _keep_best(values: Tensor, places: Tensor, tile: Tensor, first: int) -> None:
    """Let the candidates of ``tile`` [r, c], numbered from ``first``, into the best so far, ``values`` [r, k].

    Most rows of most tiles hold nothing better than the worst of their k, which their maximum tells.
    """
    rows = (tile.amax(dim=1) > values[:, -1]).nonzero().squeeze(1)
    if not len(rows):
        return
    new, at = tile[rows].topk(min(values.shape[1], tile.shape[1]), dim=1)
    joined, order = torch.cat([values[rows], new], dim=1).sort(dim=1, descending=True, stable=True)
    kept = slice(values.shape[1])
    values[rows] = joined[:, kept]
    places[rows] = torch.cat([places[rows], at + first], dim=1).gather(1, order[:, kept])


def _densities(queries: Array, candidates: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Mean cosine of each query and of each candidate to their k nearest on the other side."""
    cosines, _ = both_ways(torch.from_numpy(unit(queries)), candidates, k)
    return cosines[0].mean(dim=1), cosines[1].mean(dim=1)


def _of(indices: Tensor, scores: Tensor) -> Array:
    """Of each row the index whose score is best, the first among equals."""
    best: Array = indices.numpy()[np.arange(len(indices)), scores.numpy().argmax(axis=1)]
    return best


_MARGINS: Mapping[Margin, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "cosine": lambda cosine, near, far: cosine,
    "csls": lambda cosine, near, far: 2 * cosine - near - far,
    "ratio": lambda cosine, near, far: cosine / ((near + far) / 2),
}
