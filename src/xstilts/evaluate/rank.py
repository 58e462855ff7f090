"""The best candidates of every query.

In: vectors of queries and candidates, of length one. Out: for each query the numbers of its best candidates and their
cosines, computed exactly in float32, block by block, so that memory is bounded however large the pool is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

Array = np.ndarray[Any, np.dtype[Any]]
_QUERIES, _CANDIDATES = 1024, 32_768  # a block of scores is 128 MiB


def best_candidates(queries: Array, candidates: Array, count: int) -> tuple[Array, Array]:
    """Numbers int64 and cosines float32 [queries, min(count, candidates)], best first.

    Of equal cosines the lower number comes first; which of them take the last places is not defined.
    """
    numbers: list[Array] = []
    cosines: list[Array] = []
    for low in range(0, len(queries), _QUERIES):
        some = torch.from_numpy(np.ascontiguousarray(queries[low : low + _QUERIES]))
        top = torch.zeros(len(some), 0)
        place = torch.zeros(len(some), 0, dtype=torch.int64)
        for first in range(0, len(candidates), _CANDIDATES):
            block = torch.from_numpy(np.ascontiguousarray(candidates[first : first + _CANDIDATES]))
            found, where = (some @ block.T).topk(min(count, len(block)), dim=1)
            top, place = torch.cat([top, found], dim=1), torch.cat([place, where + first], dim=1)
            order = np.lexsort((place.numpy(), -top.numpy()), axis=1)[:, :count].copy()
            top, place = (torch.gather(values, 1, torch.from_numpy(order)) for values in (top, place))
        numbers.append(place.numpy())
        cosines.append(top.numpy())
    if not numbers:
        return np.zeros((0, 0), np.int64), np.zeros((0, 0), np.float32)
    return np.concatenate(numbers), np.concatenate(cosines)
