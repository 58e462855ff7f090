"""Numbers the network computes in.

In: the precision of a job's settings. Out: a context for forward passes; weights and optimizer always stay float32.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch


def precision_of(precision: str, network: torch.nn.Module) -> AbstractContextManager[Any]:
    """Autocast to bfloat16 on the network's device, or nothing for float32."""
    if precision == "float32":
        return nullcontext()
    return torch.autocast(next(network.parameters()).device.type, dtype=torch.bfloat16)
