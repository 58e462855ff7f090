"""Heads against the library's losses; weights written and read back; damaged checkpoints named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional
from transformers import AutoModel, AutoTokenizer

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType
from xstilts.data.batch import Batch
from xstilts.model.encoder import hidden_states, load_encoder, make_encoder
from xstilts.model.heads import RankingHead, SpanHead, compared, mean_pooled
from xstilts.model.network import HeadOf, Network, load_network, save_network, with_new_heads


def batch_of(lengths: list[int], target: np.ndarray, ids: np.ndarray | None = None) -> Batch:
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return Batch(
        ids=np.arange(starts[-1]) if ids is None else ids,
        segments=np.zeros(starts[-1], np.int64),
        positions=np.concatenate([np.arange(n) for n in lengths]),
        starts=starts,
        sequences=np.arange(len(lengths)),
        where=starts[:-1],
        target=target,
    )


def small_network(vocabulary, *specs: HeadOf) -> Network:
    encoder = make_encoder(2, 32, 4, 48, 70, vocabulary, 0.1, 3)
    return with_new_heads(encoder, vocabulary, specs, 0.1, 0)


def test_span_loss_is_cross_entropy_over_each_window() -> None:
    torch.manual_seed(0)
    logits = torch.randn(9, 2) * 5
    batch = batch_of([4, 5], np.array([[1, 2], [0, 4]]))
    expected = sum(
        functional.cross_entropy(logits[low:high, side][None], torch.tensor([place])) / 2
        for (low, high), places in (((0, 4), (1, 2)), ((4, 9), (0, 4)))
        for side, place in enumerate(places)
    )
    torch.testing.assert_close(SpanHead(8).loss(logits, batch), expected)


def test_ranking_loss_counts_no_twin_as_wrong() -> None:
    vectors = functional.normalize(torch.randn(6, 8, generator=torch.Generator().manual_seed(1)), dim=-1)
    ids = np.array([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 2, 2])  # candidates of pairs 0 and 2 are the same text
    batch = batch_of([2] * 6, np.zeros(6, np.int64), ids)
    scores = vectors[0::2] @ vectors[1::2].T * 20
    scores[0, 2] = scores[2, 0] = -torch.inf
    right = torch.arange(3)
    expected = functional.cross_entropy(scores, right, reduction="sum") + functional.cross_entropy(
        scores.T, right, reduction="sum"
    )
    torch.testing.assert_close(RankingHead().loss(vectors, batch), expected)


def test_mean_pooling_is_the_mean_of_each_sequence() -> None:
    hidden = torch.randn(7, 3)
    pooled = mean_pooled(hidden, batch_of([3, 4], np.zeros(2, np.int64)))
    torch.testing.assert_close(pooled, torch.stack([hidden[:3].mean(0), hidden[3:].mean(0)]))


def test_both_texts_are_compared_by_their_means() -> None:
    hidden = torch.randn(9, 3)
    batch = replace(batch_of([5, 4], np.zeros(2, np.int64)), other=np.array([2, 4]))
    u, v = hidden[:2].mean(0), hidden[2:5].mean(0)
    alone = hidden[5:].mean(0)
    pair = torch.cat([u, v, (u - v).abs(), u * v])
    single = torch.cat([alone, torch.zeros(3), alone.abs(), torch.zeros(3)])
    torch.testing.assert_close(compared(hidden, batch), torch.stack([pair, single]))


def test_saved_arm_opens_with_the_library_and_keeps_its_outputs(vocabulary, tmp_path: Path) -> None:
    network = small_network(
        vocabulary, HeadOf("xnli", TaskType.CLASSIFICATION, 3), HeadOf("udpos", TaskType.TOKEN_CLASSIFICATION, 17)
    )
    save_network(network.eval(), tmp_path)
    text = "Anna sees the old red house"
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    model = AutoModel.from_pretrained(tmp_path).eval()
    fed = tokenizer(text, return_tensors="pt")
    ids = fed["input_ids"][0].numpy()
    batch = batch_of([len(ids)], np.zeros(1, np.int64), ids)
    with torch.inference_mode():
        ours = hidden_states(network.encoder, batch)
        theirs = model(**fed).last_hidden_state[0]
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)
        again = load_network(tmp_path)
        for number in range(2):
            torch.testing.assert_close(again(batch, number), network(batch, number))
    assert again.number_of("udpos") == 1
    with pytest.raises(Problem, match="no head for 'squad'"):
        again.number_of("squad")


def test_same_seed_same_weights(vocabulary) -> None:
    first, second = (small_network(vocabulary, HeadOf("a", TaskType.CLASSIFICATION, 3)).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("harm", ["truncated", "missing", "family", "a value of another kind", "too many layers"])
def test_damaged_checkpoint_is_named(harm: str, vocabulary, tmp_path: Path) -> None:
    save_network(small_network(vocabulary), tmp_path)
    weights = tmp_path / "model.safetensors"
    if harm == "truncated":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif harm == "missing":
        weights.unlink()
    else:
        config = json.loads((tmp_path / "config.json").read_text())
        wrong = {"family": {"model_type": "gpt2"}, "too many layers": {"num_hidden_layers": 10**9}}
        config |= wrong.get(harm, {"initializer_range": [0.02]})
        (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(Problem, match=str(tmp_path)):
        load_encoder(tmp_path)


def test_an_earlier_layer_is_the_librarys_hidden_state(vocabulary, tmp_path: Path) -> None:
    network = small_network(vocabulary).eval()
    save_network(network, tmp_path)
    model = AutoModel.from_pretrained(tmp_path).eval()
    ids = np.array(vocabulary.tokenizer.encode("the old red cat").ids)
    batch = batch_of([len(ids)], np.zeros(1, np.int64), ids)
    with torch.inference_mode():
        states = model(input_ids=torch.from_numpy(ids)[None], output_hidden_states=True).hidden_states
        for layer in range(3):
            ours = hidden_states(network.encoder, batch, layer)
            torch.testing.assert_close(ours, states[layer][0], atol=1e-5, rtol=1e-4)
