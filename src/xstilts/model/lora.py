"""Low-rank training of an encoder: its weights stay, a product of two small matrices is learned beside each.

In: an encoder. Out: the same encoder whose layers learn W + 2 B A, with A [rank, in] random and B [out, rank] zero, so
that it begins as it was (Hu et al. 2022; all linear maps of the layers, and the factor 2, as in common practice). When
training is over the products are added to the weights, so that nothing else has to know of them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

FACTOR = 2.0


class LowRank(nn.Module):
    """A linear map that stays as it is, and what is learned beside it."""

    def __init__(self, kept: nn.Linear, rank: int, generator: torch.Generator) -> None:
        super().__init__()
        self.kept = kept
        first = torch.randn(rank, kept.in_features, generator=generator) / kept.in_features**0.5
        self.first = nn.Parameter(first)
        self.second = nn.Parameter(torch.zeros(kept.out_features, rank))

    def forward(self, values: Tensor) -> Tensor:
        result: Tensor = self.kept(values)
        return result + FACTOR * linear(linear(values, self.first), self.second)

    def folded(self) -> nn.Linear:
        """The map with what was learned added to its weights."""
        with torch.no_grad():
            self.kept.weight += FACTOR * (self.second @ self.first).to(self.kept.weight.dtype)
        return self.kept


def add_low_rank(encoder: nn.Module, rank: int, seed: int) -> None:
    """Let only low-rank changes of the layers learn; everything else of the encoder stays as it is."""
    generator = torch.Generator().manual_seed(seed)
    encoder.requires_grad_(False)
    for holder, name, module in _maps(encoder, nn.Linear):
        setattr(holder, name, LowRank(module, rank, generator))


def fold_low_rank(encoder: nn.Module) -> None:
    """Add what was learned to the weights; the encoder has its old form again."""
    for holder, name, module in _maps(encoder, LowRank):
        setattr(holder, name, module.folded())


def _maps(encoder: nn.Module, kind: type[nn.Module]) -> list[tuple[nn.Module, str, Any]]:
    """Every module of ``kind`` in the encoder's layers, with what holds it and its name there."""
    layers: Any = encoder.get_submodule("encoder.layer")
    return [
        (holder, name, module)
        for holder in layers.modules()
        if not isinstance(holder, LowRank)
        for name, module in holder.named_children()
        if isinstance(module, kind)
    ]
