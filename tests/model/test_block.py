"""The own block against the library's: same outputs, same gradients, same dropout, whoever reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, DebertaV2Config, DebertaV2Model, XLMRobertaConfig, XLMRobertaModel

from xstilts.catalogue.task import TaskType
from xstilts.data.batch import Batch, by_length, cut, gather
from xstilts.data.encode import Encoded
from xstilts.model import block
from xstilts.model.encoder import hidden_states, load_encoder
from xstilts.model.network import HeadOf, Network, freeze, with_new_heads
from xstilts.model.precision import precision_of

SHAPE = {
    "vocab_size": 60,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 70,
}


def batch_of(type: TaskType, count: int = 24) -> Batch:
    lengths = np.array([3 + (7 * k) % 31 for k in range(count)])
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    draw = np.random.default_rng(0)
    words = [low + 1 + np.flatnonzero(draw.random(n - 2) < 0.4) for low, n in zip(starts, lengths, strict=False)]
    columns = {"label": draw.integers(0, 3, count), "words": np.concatenate([[0], np.cumsum([len(w) for w in words])])}
    columns |= {"word": np.concatenate(words)}
    columns["tag"] = draw.integers(0, 3, len(columns["word"]))
    ids = draw.integers(5, 60, starts[-1]).astype(np.int32)
    encoded = Encoded(ids, np.zeros(len(ids), np.uint8), starts, np.arange(count, dtype=np.int32), columns)
    return gather(encoded, by_length(encoded, np.arange(count)), type)


@pytest.fixture
def xlmr(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    XLMRobertaModel(XLMRobertaConfig(**SHAPE, type_vocab_size=1, pad_token_id=1)).save_pretrained(tmp_path)
    return tmp_path


def gradients(
    network: Network, batch: Batch, budget: int = 10_000, precision: str = "float32"
) -> dict[str, torch.Tensor]:
    network.zero_grad()
    network.begin_update(11)
    for part in cut(batch, budget):
        with precision_of(precision, network):
            loss = network.head(0).loss(network(part, 0), part)
        loss.backward()
    return {name: one.grad.clone() for name, one in network.named_parameters() if one.grad is not None}


def agree(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor], part: float) -> None:
    """No gradient differs by more than ``part`` of its own largest element, where it is not rounding alone."""
    assert ours.keys() == theirs.keys()
    largest = max(float(one.abs().max()) for one in theirs.values())
    for name, one in theirs.items():
        assert float((ours[name] - one).abs().max()) <= part * max(float(one.abs().max()), 1e-4 * largest), name


@pytest.mark.parametrize("frozen", ["nothing", "embeddings", "body"])
@pytest.mark.parametrize("type", [TaskType.CLASSIFICATION, TaskType.TOKEN_CLASSIFICATION])
def test_the_librarys_block_has_the_same_gradients(xlmr, vocabulary, monkeypatch, type, frozen) -> None:
    network = with_new_heads(load_encoder(xlmr), vocabulary, [HeadOf("it", type, 3)], 0.1, 0).train()
    assert network.encoder.config.attention_probs_dropout_prob == 0.1
    freeze(network.encoder, frozen)
    batch = batch_of(type)
    ours, cut_up = gradients(network, batch), gradients(network, batch, 100)
    monkeypatch.setattr(block, "fits", lambda layer: False)
    theirs = gradients(network, batch)
    agree(ours, theirs, 1e-4)
    agree(cut_up, theirs, 1e-4)


def test_bfloat16_is_as_near_as_the_librarys(xlmr, vocabulary, monkeypatch) -> None:
    network = with_new_heads(load_encoder(xlmr), vocabulary, [HeadOf("it", TaskType.CLASSIFICATION, 3)], 0.1, 0).train()
    batch = batch_of(TaskType.CLASSIFICATION)
    exact, ours = gradients(network, batch), gradients(network, batch, precision="bfloat16")
    monkeypatch.setattr(block, "fits", lambda layer: False)
    theirs = gradients(network, batch, precision="bfloat16")

    def far(found: dict[str, torch.Tensor]) -> float:
        return sum(float((found[name] - one).square().sum()) for name, one in exact.items()) ** 0.5

    assert far(ours) < 1.2 * far(theirs)


def test_weights_are_cast_anew_after_every_kind_of_change(xlmr) -> None:
    encoder, batch = load_encoder(xlmr, 0.0).eval(), batch_of(TaskType.CLASSIFICATION)
    before = hidden_states(encoder, batch).detach()
    other = {name: tensor * 1.1 for name, tensor in encoder.state_dict().items()}
    encoder.load_state_dict(other)
    assert not torch.allclose(hidden_states(encoder, batch), before)
    padded = AutoModel.from_pretrained(xlmr).eval()
    padded.load_state_dict(other, strict=False)
    row = int(batch.lengths[0])
    expected = padded(input_ids=torch.from_numpy(batch.ids[None, :row])).last_hidden_state[0]
    torch.testing.assert_close(hidden_states(encoder, batch)[:row], expected, atol=2e-5, rtol=1e-4)


def test_deberta_draws_dropout_for_tokens_alone(tmp_path: Path, vocabulary) -> None:
    relative = {"relative_attention": True, "position_buckets": 8, "norm_rel_ebd": "layer_norm", "share_att_key": True}
    config = DebertaV2Config(**SHAPE, **relative, pos_att_type=["p2c", "c2p"], position_biased_input=False)
    torch.manual_seed(0)
    DebertaV2Model(config).save_pretrained(tmp_path)
    network = with_new_heads(load_encoder(tmp_path), vocabulary, [HeadOf("it", TaskType.CLASSIFICATION, 3)], 0.1, 0)
    network.train()
    batch = batch_of(TaskType.CLASSIFICATION)
    once, often = gradients(network, batch), gradients(network, batch, 60)
    agree(often, once, 1e-4)
    network.eval()
    assert float((gradients(network, batch)["heads.0.out.weight"] - once["heads.0.out.weight"]).abs().max()) > 0


def test_the_way_back_can_be_gone_twice(xlmr: Path, vocabulary) -> None:
    """Who keeps the graph finds what the block kept, and with the same result; who does not finds it given free."""
    network = with_new_heads(load_encoder(xlmr), vocabulary, [HeadOf("t", TaskType.CLASSIFICATION, 3)], 0.1, 0)
    batch = batch_of(TaskType.CLASSIFICATION)
    network.begin_update(11)
    loss = network.head(0).loss(network(batch, 0), batch)
    weights = [one for one in network.parameters() if one.requires_grad]
    first = torch.autograd.grad(loss, weights, retain_graph=True, allow_unused=True)
    second = torch.autograd.grad(loss, weights, allow_unused=True)
    for one, other in zip(first, second, strict=True):
        assert (one is None and other is None) or torch.equal(one, other)
    with pytest.raises(RuntimeError, match="second time"):
        torch.autograd.grad(loss, weights, allow_unused=True)
