"""Blocks that compute again on the way back learn the same, bit for bit, and keep less."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from architectures import FORMS, checkpoint, sequences
from xstilts.catalogue.task import TaskType
from xstilts.model.encoder import load_encoder
from xstilts.model.lora import add_low_rank
from xstilts.model.network import HeadOf, Network, with_new_heads
from xstilts.model.recompute import ask
from xstilts.train.loop import Course, make_batch, take_update
from xstilts.train.optimizer import adamw


def network_of(folder: Path, vocabulary, recompute: bool, lora: int = 0) -> Network:  # type: ignore[no-untyped-def]
    encoder = load_encoder(folder, 0.1)
    network = with_new_heads(encoder, vocabulary, [HeadOf("it", TaskType.CLASSIFICATION, 3)], 0.1, 0).train()
    if lora:
        add_low_rank(encoder, lora, 3)
    if recompute:
        ask(encoder)
    return network


def trained(network: Network, precision: str) -> tuple[list[float], dict[str, torch.Tensor], int]:
    """Losses and weights after some updates in micro-batches, and the bytes kept for the way back."""
    data = sequences(24)
    course = Course(4, 1e-2, 0.0, 0.1, 1.0, 1e-8, 0.999, precision, 0.15, 1.0, 5)
    optimizer = adamw(network, 1e-2, 0.1, 1e-8, 0.999)
    kept = 0

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        nonlocal kept
        kept += tensor.numel() * tensor.element_size()
        return tensor

    losses = []
    for update in range(4):
        batch = make_batch(network, data, 0, np.arange(update * 6, update * 6 + 6), course, update)
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            losses.append(take_update(network, optimizer, batch, 0, course, update, budget=64))
    return losses, network.state_dict(), kept


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("form", FORMS)
def test_computed_again_is_the_same_with_dropout(form: str, precision: str, vocabulary, tmp_path: Path) -> None:
    folder = checkpoint(form, tmp_path)
    plain, again = (trained(network_of(folder, vocabulary, recompute), precision) for recompute in (False, True))
    assert plain[0] == again[0]
    for name, tensor in plain[1].items():
        assert torch.equal(tensor, again[1][name]), name
    assert again[2] < plain[2]


def test_computed_again_with_low_rank_training(vocabulary, tmp_path: Path) -> None:
    folder = checkpoint("xlm-roberta-base", tmp_path)
    plain, again = (trained(network_of(folder, vocabulary, recompute, 2), "float32") for recompute in (False, True))
    assert plain[0] == again[0]
    assert all(torch.equal(tensor, again[1][name]) for name, tensor in plain[1].items())
