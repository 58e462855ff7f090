"""Attention inside each sequence of a flat batch, through the model library's own interface.

In: queries, keys and values of one row that holds many sequences, and a ``Layout``. Out: the attended values, with no
token looking outside its sequence. Sequences of similar length are attended together, padded for this step alone;
everything around attention runs on the flat row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface, AttentionMaskInterface

from xstilts.model.dropout import StreamDropout

NAME = "xstilts_flat"
_FULLNESS = 0.8


@dataclass(frozen=True)
class Group:
    """Sequences that are attended together: ``lengths`` of each, the longest ``width``.

    ``index`` int64 [n x width]: token numbers, padding points at the group's first token. ``hidden`` float [n, 1, 1,
    width]: 0 or -inf where padded, None where nothing is.
    """

    lengths: tuple[int, ...]
    width: int
    low: int
    high: int
    index: Tensor | None
    hidden: Tensor | None


@dataclass(frozen=True)
class Layout:
    """How a flat row divides into sequences. ``back`` int64 [tokens]: where each token stands among the groups' padded
    rows.
    """

    groups: tuple[Group, ...]
    back: Tensor | None


def layout(lengths: np.ndarray[Any, np.dtype[Any]], device: torch.device) -> Layout:
    """The layout of sequences with ``lengths`` int64 [n], one after the other. Best where they stand in order of
    length.
    """
    groups: list[Group] = []
    back: list[np.ndarray[Any, Any]] = []
    padded = False
    at = token = offset = 0
    while at < len(lengths):
        stop = at + 1
        while stop < len(lengths) and _full(lengths[at : stop + 1]):
            stop += 1
        mine = lengths[at:stop]
        width = int(mine.max())
        starts = token + np.concatenate([[0], np.cumsum(mine)[:-1]])
        place = np.arange(width)
        valid = place[None, :] < mine[:, None]
        if valid.all():
            index = hidden = None
        else:
            padded = True
            index = torch.from_numpy(np.where(valid, starts[:, None] + place, token).reshape(-1)).to(device)
            hidden = torch.zeros(len(mine), 1, 1, width).masked_fill_(
                torch.from_numpy(~valid)[:, None, None], -torch.inf
            )
            hidden = hidden.to(device)
        back.append(offset + np.flatnonzero(valid.reshape(-1)))
        groups.append(Group(tuple(mine.tolist()), width, token, token + int(mine.sum()), index, hidden))
        token += int(mine.sum())
        offset += len(mine) * width
        at = stop
    return Layout(tuple(groups), torch.from_numpy(np.concatenate(back)).to(device) if padded else None)


def _full(lengths: np.ndarray[Any, np.dtype[Any]]) -> bool:
    return (
        bool(lengths.sum() >= _FULLNESS * len(lengths) * lengths.max())
        and len(lengths) * int(lengths.max()) ** 2 < 2**21
    )


def flat_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    sequences: Layout | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Attention of one flat row: query, key, value [1, heads, tokens, size] to [1, tokens, heads, size]."""
    if sequences is None:
        raise RuntimeError("flat attention needs the keyword 'sequences'")
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    rows = [x[0].transpose(0, 1) for x in (query, key, value)]  # [tokens, heads, size]
    heads, size = rows[0].shape[1:]
    outputs: list[Tensor] = []
    for group in sequences.groups:
        parts = [
            row[group.low : group.high] if group.index is None else row.index_select(0, group.index) for row in rows
        ]
        q, k, v = (part.view(len(group.lengths), group.width, heads, size).transpose(1, 2) for part in parts)
        if module.training and dropout > 0:
            attended = _with_dropout(module.dropout, q, k, v, group, scale)
        elif module.training and q.device.type == "cpu" and q.dtype == torch.bfloat16:
            # written out: the fused kernel's way back is slower here
            attended = torch.matmul(_weights(q, k, group, scale).to(v.dtype), v)
        else:
            hidden = None if group.hidden is None else group.hidden.to(q.dtype)
            attended = functional.scaled_dot_product_attention(q, k, v, attn_mask=hidden, scale=scale)
        outputs.append(attended.transpose(1, 2).reshape(-1, heads, size))
    flat = torch.cat(outputs) if len(outputs) > 1 else outputs[0]
    if sequences.back is not None:
        flat = flat.index_select(0, sequences.back)
    return flat.unsqueeze(0), None


def _weights(q: Tensor, k: Tensor, group: Group, scale: float) -> Tensor:
    """What each token takes of each other one, [n, heads, width, width]."""
    weights = torch.matmul(q * scale, k.transpose(-1, -2))
    if group.hidden is not None:
        weights = weights + group.hidden.to(weights.dtype)
    return functional.softmax(weights, dim=-1)


def _with_dropout(drop: Any, q: Tensor, k: Tensor, v: Tensor, group: Group, scale: float) -> Tensor:
    """[n, heads, width, size]; the dropout factors are drawn sequence by sequence, so padding draws none."""
    weights = _weights(q, k, group, scale)
    if not isinstance(drop, StreamDropout):
        raise RuntimeError("attention dropout needs a StreamDropout: call replace_dropout first")
    heads = q.shape[1]
    if group.hidden is None:
        keep = drop.keep(weights.shape, weights.dtype, weights.device)
    else:
        keep = torch.zeros_like(weights)
        for number, length in enumerate(group.lengths):
            keep[number, :, :length, :length] = drop.keep((heads, length, length), weights.dtype, weights.device)
    return torch.matmul(weights * keep, v)


def _no_mask(*_: Any, **__: Any) -> None:
    """Flat attention needs no mask."""


AttentionInterface.register(NAME, flat_attention)
AttentionMaskInterface.register(NAME, _no_mask)
