"""Parts of an encoder that stay as they are, and low-rank changes that end up in its weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from xstilts.catalogue.errors import Problem
from xstilts.data.batch import Batch
from xstilts.model.encoder import hidden_states, make_encoder
from xstilts.model.lora import FACTOR, LowRank, add_low_rank, fold_low_rank
from xstilts.model.network import freeze


def learns(encoder: torch.nn.Module) -> set[str]:
    return {name.removeprefix("encoder.layer.") for name, value in encoder.named_parameters() if value.requires_grad}


def states(encoder: torch.nn.Module) -> torch.Tensor:
    ids = np.arange(5, 16)
    starts = np.array([0, 4, 11])
    positions = np.concatenate([np.arange(4), np.arange(7)])
    batch = Batch(ids, np.zeros(11, np.int64), positions, starts, np.arange(2), starts[:-1], np.zeros(2, np.int64))
    with torch.no_grad():
        return hidden_states(encoder, batch)


def test_frozen_layers_keep_everything_below(vocabulary) -> None:
    encoder = make_encoder(3, 32, 4, 48, 70, vocabulary, 0.0, 3)
    freeze(encoder, "nothing", 2)
    assert {name.split(".")[0] for name in learns(encoder)} == {"2"}
    freeze(encoder, "embeddings", 1)
    assert {name.split(".")[0] for name in learns(encoder)} == {"1", "2"}
    freeze(encoder, "body", 0)
    assert learns(encoder) == {"embeddings.word_embeddings.weight"}
    freeze(encoder, "nothing")
    assert len(learns(encoder)) == len(list(encoder.parameters()))
    with pytest.raises(Problem, match="3 layers, of which 4"):
        freeze(encoder, "nothing", 4)


def test_low_rank_changes_begin_with_nothing_and_are_folded_into_the_weights(vocabulary) -> None:
    encoder = make_encoder(2, 32, 4, 48, 70, vocabulary, 0.0, 3)
    names, before = set(encoder.state_dict()), states(encoder)
    weights = {name: value.clone() for name, value in encoder.state_dict().items()}
    add_low_rank(encoder, 3, seed=1)
    torch.testing.assert_close(states(encoder), before, rtol=1e-4, atol=1e-5)
    maps = [module for module in encoder.modules() if isinstance(module, LowRank)]
    assert len(maps) == 2 * 6  # query, key, value, output and the two of the feed-forward part
    assert {name.rsplit(".", 1)[1] for name in learns(encoder)} == {"first", "second"}
    for module in maps:
        torch.nn.init.normal_(module.second, std=0.1)
    changed = states(encoder)
    assert not torch.allclose(changed, before, atol=1e-3)
    products = [(module.second @ module.first).detach() for module in maps]
    fold_low_rank(encoder)
    assert set(encoder.state_dict()) == names
    torch.testing.assert_close(states(encoder), changed, rtol=1e-4, atol=1e-5)
    moved = {name: value - weights[name] for name, value in encoder.state_dict().items()}
    found = [value for name, value in moved.items() if value.abs().max() > 0]
    assert len(found) == len(products)
    for change, product in zip(found, products, strict=True):
        torch.testing.assert_close(change, FACTOR * product, rtol=1e-3, atol=1e-6)
        assert torch.linalg.matrix_rank(product) == 3


def test_low_rank_matrices_begin_alike_for_one_seed(vocabulary) -> None:
    first, second, other = (make_encoder(1, 32, 4, 48, 70, vocabulary, 0.0, 3) for _ in range(3))
    for encoder, seed in ((first, 1), (second, 1), (other, 2)):
        add_low_rank(encoder, 2, seed)
    name = "encoder.layer.0.attention.self.query.first"
    assert torch.equal(first.state_dict()[name], second.state_dict()[name])
    assert not torch.equal(first.state_dict()[name], other.state_dict()[name])
