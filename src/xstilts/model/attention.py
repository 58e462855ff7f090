"""Attention inside each sequence of a flat batch, through the model library's own interface.

In: queries, keys and values of one row that holds many sequences, and a ``Layout``. Out: the attended values, with no
token looking outside its sequence. Sequences of similar length are attended together, padded for this step alone;
everything around attention runs on the flat row.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface, AttentionMaskInterface

from xstilts.model.dropout import StreamDropout
from xstilts.model.layout import Group, Layout

NAME = "xstilts_flat"


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
    heads, size = query.shape[1], query.shape[-1]
    rows = [x[0].transpose(0, 1).reshape(-1, heads * size) for x in (query, key, value)]
    outputs: list[Tensor] = []
    for group in sequences.groups:
        grid = group.keys
        q, k, v = (
            grid.lay(row[grid.low : grid.high]).view(grid.count, grid.width, heads, size).transpose(1, 2)
            for row in rows
        )
        attended = _attended(module, q, k, v, group, scale, dropout)
        outputs.append(grid.collect(attended.transpose(1, 2).reshape(grid.count, grid.width, -1)))
    return torch.cat(outputs).view(1, -1, heads, size), None


def _attended(module: Any, q: Tensor, k: Tensor, v: Tensor, group: Group, scale: float, dropout: float) -> Tensor:
    """[count, heads, width, size]."""
    if not module.training or dropout == 0:
        hidden = None if group.hidden is None else group.hidden.to(q.dtype)
        return functional.scaled_dot_product_attention(q, k, v, attn_mask=hidden, scale=scale)
    scores = torch.matmul(q * scale, k.transpose(-1, -2)).float()
    weights = torch.softmax(scores if group.hidden is None else scores + group.hidden, dim=-1)
    mask = drop_mask(module.dropout, group, q.shape[1])
    return torch.matmul((weights * (mask * -module.dropout.scale)).to(v.dtype), v)


def drop_mask(drop: Any, group: Group, heads: int) -> Tensor:
    """What dropout keeps of a group's attention weights: int16 [count, heads, queries, keys], -1 or 0.

    Each sequence draws for its own tokens, so that neither padding nor the other sequences of the group matter; also
    for those that do not ask, so that it does not matter who does.
    """
    if not isinstance(drop, StreamDropout):
        raise RuntimeError("attention dropout needs a StreamDropout: call replace_dropout first")
    sizes = [heads * length * length for length in group.lengths]
    rounded = [(size + 3) // 4 * 4 for size in sizes]
    bits = drop.mask(sum(rounded))
    keys, queries = group.keys, group.queries
    if group.asking is None and keys.index is None and sizes == rounded:
        return bits.view(keys.count, heads, keys.width, keys.width)
    mask = bits.new_zeros(keys.count, heads, queries.width, keys.width)
    at = 0
    for number, length in enumerate(group.lengths):
        own = bits[at : at + sizes[number]].view(heads, length, length)
        if group.asking is None:
            mask[number, :, :length, :length] = own
        else:
            asking = group.asking[number]
            mask[number, :, : len(asking), :length] = own.index_select(1, asking)
        at += rounded[number]
    return mask


def _no_mask(*_: Any, **__: Any) -> None:
    """Flat attention needs no mask."""


AttentionInterface.register(NAME, flat_attention)
AttentionMaskInterface.register(NAME, _no_mask)
