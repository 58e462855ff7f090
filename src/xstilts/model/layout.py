"""How a flat row of tokens divides into sequences, for the one step that has to see them apart: attention.

In: the lengths of sequences that stand one after the other, and which tokens will be read in the end. Out: ``Layout``:
groups of sequences of similar length, each with a padded grid for its keys and one for its queries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

Array = np.ndarray[Any, np.dtype[Any]]
_FULLNESS = 0.7
_LARGEST = 2**21
_STEP = 8  # widths are multiples of it, so that fewer shapes occur


@dataclass(frozen=True)
class Grid:
    """Rows ``low`` to ``high`` of a flat row, laid out as ``count`` sequences of ``width``.

    ``index`` int64 [count x width]: which of the rows stands where, 0 where padded; ``real`` and ``padded`` int64: the
    places of rows and of padding. All three are None where nothing is padded.
    """

    low: int
    high: int
    count: int
    width: int
    index: Tensor | None
    real: Tensor | None
    padded: Tensor | None

    def lay(self, rows: Tensor) -> Tensor:
        """[high - low, size] to [count, width, size], 0 where padded."""
        if not len(rows):
            return rows.new_zeros(self.count, self.width, rows.shape[1])
        laid = rows
        if self.index is not None and self.padded is not None:
            laid = rows.index_select(0, self.index).index_fill_(0, self.padded, 0)
        return laid.view(self.count, self.width, -1)

    def collect(self, laid: Tensor) -> Tensor:
        """The way back: [count, width, size] to [high - low, size]."""
        rows = laid.reshape(self.count * self.width, -1)
        return rows if self.real is None else rows.index_select(0, self.real)


@dataclass(frozen=True)
class Group:
    """Sequences that are attended together, with ``lengths``.

    ``hidden`` float32 [count, 1, 1, width]: 0, or -inf where a key is padding; None where none is. ``asking``: the
    places of each sequence's queries in it, None where all tokens ask.
    """

    lengths: tuple[int, ...]
    keys: Grid
    queries: Grid
    hidden: Tensor | None
    asking: tuple[Tensor, ...] | None


@dataclass(frozen=True)
class Layout:
    """``read`` int64: the tokens whose vectors are wanted, rising; None where all are. ``tokens`` of all sequences."""

    groups: tuple[Group, ...]
    tokens: int
    read: Tensor | None = None


def layout(lengths: Array, device: torch.device, read: Array | None = None, at_once: bool = False) -> Layout:
    """The layout of sequences with ``lengths`` int64 [n], one after the other. Best where they stand in order of
    length. ``read`` int64, rising: the tokens that ask (None: all). ``at_once``: all in one group, however long.
    """
    starts = np.concatenate([[0], np.cumsum(lengths)])
    first = None if read is None else np.searchsorted(read, starts)
    groups: list[Group] = []
    at = 0
    while at < len(lengths):
        stop = len(lengths) if at_once else _end(lengths, at)
        mine = lengths[at:stop]
        keys = _grid(int(starts[at]), mine, device)
        hidden = None
        if keys.padded is not None:
            hidden = torch.zeros(keys.count * keys.width, device=device).index_fill_(0, keys.padded, -torch.inf)
            hidden = hidden.view(keys.count, 1, 1, keys.width)
        queries, asking = keys, None
        if read is not None and first is not None:
            queries = _grid(int(first[at]), np.diff(first[at : stop + 1]), device)
            asking = tuple(
                torch.from_numpy(read[first[k] : first[k + 1]] - starts[k]).to(device) for k in range(at, stop)
            )
        groups.append(Group(tuple(mine.tolist()), keys, queries, hidden, asking))
        at = stop
    return Layout(
        tuple(groups),
        int(starts[-1]),
        None if read is None else torch.from_numpy(np.ascontiguousarray(read)).to(device),
    )


def rounded(count: int) -> int:
    """``count`` rounded up to one of 32 numbers an octave.

    The library under matrix products prepares each new shape and keeps what it prepared, some 0.3 MB each. Products
    that had never the same number of rows twice took 1.2 to 1.6 times as long (256 x 256 to 768 x 768, bfloat16).
    """
    step = max(8, 1 << max(0, count.bit_length() - 6))
    return -(-count // step) * step


def _end(lengths: Array, at: int) -> int:
    """Where the group that begins at ``at`` ends: a power of two of sequences, few of them padding."""
    count = 1
    while at + 2 * count <= len(lengths):
        mine = lengths[at : at + 2 * count]
        width = int(mine.max())
        if mine.sum() < _FULLNESS * len(mine) * width or len(mine) * width**2 >= _LARGEST:
            break
        count *= 2
    return at + count


def _grid(low: int, lengths: Array, device: torch.device) -> Grid:
    total, count, width = int(lengths.sum()), len(lengths), max(1, int(lengths.max()))
    width = -(-width // _STEP) * _STEP if width > 2 * _STEP else width
    if total == count * width:
        return Grid(low, low + total, count, width, None, None, None)
    valid = (np.arange(width) < lengths[:, None]).reshape(-1)
    index = np.where(valid, np.cumsum(valid) - 1, 0)
    tensors = (torch.from_numpy(x).to(device) for x in (index, np.flatnonzero(valid), np.flatnonzero(~valid)))
    return Grid(low, low + total, count, width, *tensors)
