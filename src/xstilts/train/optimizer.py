"""AdamW and the learning rate, as the benchmarks' own recipes use them.

In: a network and the settings of a phase. Out: ``torch.optim.AdamW`` without weight decay on biases and LayerNorm
weights, and a rate that rises linearly over the warm-up and falls linearly to zero.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from xstilts.model.network import Network


def adamw(
    network: Network,
    learning_rate: float,
    weight_decay: float,
    epsilon: float,
    beta2: float,
    embedding_rate: float = 1.0,
) -> torch.optim.AdamW:
    """AdamW over the parameters that learn, in groups with their ``full_rate``.

    ``embedding_rate`` multiplies the rate of the table of token vectors, whose rows are seldom seen.
    """
    encoder: Any = network.encoder
    table = encoder.get_input_embeddings().weight
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for parameter in network.parameters():
        if parameter.requires_grad:
            full_rate = learning_rate * (embedding_rate if parameter is table else 1.0)
            decay = weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((full_rate, decay), []).append(parameter)
    tables_of = [
        {"params": parameters, "lr": full_rate, "full_rate": full_rate, "weight_decay": decay}
        for (full_rate, decay), parameters in groups.items()
    ]
    return torch.optim.AdamW(tables_of, betas=(0.9, beta2), eps=epsilon, fused=True)


def rate(update: int, updates: int, warmup: float) -> float:
    """Factor of the learning rate for update ``update`` of ``updates`` (counted from 0)."""
    rising = max(1, round(updates * warmup)) if warmup > 0 else 0
    if update < rising:
        return (update + 1) / rising
    return max(0.0, (updates - update) / max(1, updates - rising))
