"""Blocks that keep nothing for the way back but what went in: the rest is computed again there.

In: an encoder. Out: the same encoder; a training of it holds one block's inner values at a time instead of all, for one
more pass forward, a third more work. What comes out is the same, bit for bit: dropout draws again what it drew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from xstilts.model.dropout import StreamDropout


def ask(encoder: nn.Module) -> None:
    """Let the blocks of ``encoder`` recompute while they are trained. The library's blocks ask for it by themselves."""
    model: Any = encoder
    for block in model.encoder.layer:
        block.gradient_checkpointing = True
        block._gradient_checkpointing_func = partial(recomputed, block)


def is_asked(block: nn.Module) -> bool:
    """Whether ``ask`` was called for the encoder of this block."""
    return bool(getattr(block, "gradient_checkpointing", False))


def recomputed(block: nn.Module, step: Callable[..., Any], *values: Any) -> Any:
    """``step(*values)``, a pass through ``block``."""
    if not torch.is_grad_enabled():
        return step(*values)
    drops = [drop for drop in block.modules() if isinstance(drop, StreamDropout)]
    return checkpoint(
        step, *values, use_reentrant=False, preserve_rng_state=False, context_fn=lambda: _first_and_again(drops)
    )


def _first_and_again(drops: list[StreamDropout]) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    """What surrounds the first pass, and the second, which draws what the first drew and leaves no trace."""
    begun: list[tuple[Tensor | None, tuple[int, ...] | None]] = []

    @contextmanager
    def first() -> Iterator[None]:
        begun.extend(drop.state() for drop in drops)
        yield

    @contextmanager
    def again() -> Iterator[None]:
        now = [drop.state() for drop in drops]
        for drop, state in zip(drops, begun, strict=True):
            drop.restore(state)
        try:
            yield
        finally:
            for drop, state in zip(drops, now, strict=True):
                drop.restore(state)

    return first(), again()
