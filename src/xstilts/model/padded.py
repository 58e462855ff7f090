"""Token vectors from encoders whose attention cannot be replaced (DeBERTa): padded batches of similar length.

In: an encoder of the model library and a flat ``Batch``. Out: what flat attention gives, the vectors of all tokens one
after the other. Sequences run in the groups of ``layout``, of which at most a fifth is padding; all at once where
several processes hold the encoder together, which all pass through it equally often. Dropout is told which
places are tokens, so padding draws nothing and a cut of the update changes nothing beyond rounding.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from xstilts.data.batch import Batch
from xstilts.model.dropout import StreamDropout
from xstilts.model.layout import layout

FAMILIES = ("deberta-v2",)


def padded_states(encoder: nn.Module, batch: Batch, layer: int | None) -> Tensor:
    """Vectors of every token, [tokens, width], of the last layer or after block ``layer`` (0 = embeddings)."""
    device = next(encoder.parameters()).device
    rows = torch.from_numpy(batch.ids).to(device), torch.from_numpy(batch.segments).to(device)
    drops = [module for module in encoder.modules() if isinstance(module, StreamDropout)]
    found: list[Tensor] = []
    together = any(isinstance(weight, DTensor) for weight in encoder.parameters())
    for group in layout(batch.lengths, device, at_once=together).groups:
        grid = group.keys
        ids, segments = (grid.lay(x[grid.low : grid.high, None])[:, :, 0] for x in rows)
        for drop in drops:
            drop.lengths = group.lengths
        valid = torch.ones_like(ids) if group.hidden is None else (group.hidden[:, 0, 0] == 0).long()
        output: Any = encoder(input_ids=ids, attention_mask=valid, token_type_ids=segments, output_hidden_states=True)
        found.append(grid.collect(output.last_hidden_state if layer is None else output.hidden_states[layer]))
    for drop in drops:
        drop.lengths = None
    return torch.cat(found)
