"""AdamW and the learning rate, as the benchmarks' own recipes use them.

In: a network and the settings of a phase. Out: ``torch.optim.AdamW`` without weight decay on biases and LayerNorm weights, and a
rate that rises linearly over the warm-up and falls linearly to zero.
"""

from __future__ import annotations

import torch
from torch import nn


def adamw(
    network: nn.Module, learning_rate: float, weight_decay: float, epsilon: float, beta2: float
) -> torch.optim.AdamW:
    """AdamW over the parameters that learn."""
    learns = [(name, parameter) for name, parameter in network.named_parameters() if parameter.requires_grad]
    decayed = [parameter for name, parameter in learns if parameter.ndim > 1]
    free = [parameter for name, parameter in learns if parameter.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": free, "weight_decay": 0.0}]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]], lr=learning_rate, betas=(0.9, beta2), eps=epsilon, fused=True
    )


def rate(update: int, updates: int, warmup: float) -> float:
    """Factor of the learning rate for update ``update`` of ``updates`` (counted from 0)."""
    rising = max(1, round(updates * warmup)) if warmup > 0 else 0
    if update < rising:
        return (update + 1) / rising
    return max(0.0, (updates - update) / max(1, updates - rising))
