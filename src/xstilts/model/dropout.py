"""Dropout that does not depend on how an update is cut into micro-batches.

In: a seed for every update. Out: modules in the place of ``torch.nn.Dropout``, each with a random stream of its own
that is consumed token by token in the update's fixed order. Sixteen random bits an element decide, so a rate is exact
to 1/65,536.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xstilts.data.random import seed_of


class StreamDropout(nn.Module):
    """Zeroes elements with rate ``p`` and scales the rest by 1 / (1 - p). ``begin`` starts the stream of an update."""

    def __init__(self, p: float, name: str) -> None:
        super().__init__()
        self.p = p
        self.name = name
        self._generator: torch.Generator | None = None

    def begin(self, seed: int, device: torch.device) -> None:
        """Start the stream of one update."""
        if self._generator is None or self._generator.device != device:
            self._generator = torch.Generator(device)
        self._generator.manual_seed(seed_of(seed, self.name))

    def keep(self, shape: torch.Size | tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
        """The next factors of the stream, 0 or 1 / (1 - rate), of ``shape``."""
        if self._generator is None:
            raise RuntimeError(f"dropout {self.name} is used in training before its update began")
        count = 1
        for size in shape:
            count *= size
        words = torch.empty((count + 3) // 4, dtype=torch.int64, device=device)
        words.random_(-(2**63), None, generator=self._generator)
        threshold = round(self.p * 65_536)
        kept = words.view(torch.int16)[:count] >= threshold - 32_768
        return kept.view(shape).to(dtype).mul_(65_536 / (65_536 - threshold))

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as ``x``; tokens are the leading dimensions."""
        if not self.training or self.p == 0:
            return x
        return x * self.keep(x.shape, x.dtype, x.device)


def replace_dropout(module: nn.Module, rate: float | None, prefix: str) -> None:
    """Put a ``StreamDropout`` in the place of every ``nn.Dropout`` under ``module``; ``rate`` None keeps each one's
    own.
    """
    for name, child in list(module.named_modules()):
        if isinstance(child, nn.Dropout):
            parent = module.get_submodule(name.rpartition(".")[0])
            setattr(
                parent, name.rpartition(".")[2], StreamDropout(child.p if rate is None else rate, f"{prefix}.{name}")
            )


def begin_update(module: nn.Module, seed: int, device: torch.device) -> None:
    """Start the dropout streams of one update."""
    for child in module.modules():
        if isinstance(child, StreamDropout) and child.p > 0:
            child.begin(seed, device)
