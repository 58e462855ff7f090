"""The flat row gives what the library's padded model gives, and an update's cut changes nothing beyond rounding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModel, BertConfig, BertModel, XLMRobertaConfig, XLMRobertaModel

from xstilts.catalogue.task import TaskType
from xstilts.data.batch import Batch, by_length, cut, gather
from xstilts.data.encode import Encoded
from xstilts.model.encoder import hidden_states, load_encoder
from xstilts.model.network import HeadOf, with_new_heads


def encoded_of(lengths: list[int], ids: int, seed: int = 0) -> Encoded:
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    draw = np.random.default_rng(seed)
    segments = np.concatenate([np.repeat([0, 1], [n - n // 2, n // 2]) for n in lengths]).astype(np.uint8)
    return Encoded(
        ids=draw.integers(5, ids, starts[-1]).astype(np.int32),
        segments=segments,
        starts=starts,
        example=np.arange(len(lengths), dtype=np.int32),
        columns={"label": draw.integers(0, 3, len(lengths))},
    )


def checkpoint(family: str, folder: Path) -> Path:
    shape = {
        "vocab_size": 60,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 48,
        "max_position_embeddings": 70,
    }
    torch.manual_seed(0)
    if family == "bert":
        BertModel(BertConfig(**shape, type_vocab_size=2)).save_pretrained(folder)
    else:
        XLMRobertaModel(XLMRobertaConfig(**shape, type_vocab_size=1, pad_token_id=1)).save_pretrained(folder)
    return folder


def padded(folder: Path, batch: Batch, family: str) -> list[torch.Tensor]:
    """The library's own padded forward pass."""
    model = AutoModel.from_pretrained(folder).eval()
    width = int(batch.lengths.max())
    ids = torch.ones(len(batch.sequences), width, dtype=torch.long)
    segments, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    for row, (low, high) in enumerate(zip(batch.starts[:-1], batch.starts[1:], strict=True)):
        ids[row, : high - low] = torch.from_numpy(batch.ids[low:high])
        segments[row, : high - low] = torch.from_numpy(batch.segments[low:high])
        mask[row, : high - low] = 1
    extra = {"token_type_ids": segments} if family == "bert" else {}
    with torch.inference_mode():
        states = model(input_ids=ids, attention_mask=mask, **extra).last_hidden_state
    return [states[row, :length] for row, length in enumerate(batch.lengths)]


@pytest.mark.parametrize("family", ["bert", "xlm-roberta"])
def test_flat_row_equals_padded_model(family: str, tmp_path: Path) -> None:
    folder = checkpoint(family, tmp_path)
    encoder = load_encoder(folder, 0.0).eval()

    @settings(max_examples=15, deadline=None)
    @given(st.lists(st.integers(2, 40), min_size=1, max_size=12), st.booleans())
    def check(lengths: list[int], sort: bool) -> None:
        encoded = encoded_of(lengths, 60)
        order = np.arange(len(lengths))
        batch = gather(encoded, by_length(encoded, order) if sort else order, TaskType.CLASSIFICATION)
        with torch.inference_mode():
            flat = hidden_states(encoder, batch)
        for row, expected in enumerate(padded(folder, batch, family)):
            torch.testing.assert_close(flat[batch.starts[row] : batch.starts[row + 1]], expected, atol=2e-5, rtol=1e-4)

    check()


@pytest.mark.parametrize("attention_dropout", [0.0, 0.1])
def test_a_cut_update_has_the_same_gradient(attention_dropout: float, tmp_path: Path, vocabulary) -> None:
    encoder = load_encoder(checkpoint("xlm-roberta", tmp_path), 0.1)
    for name, module in encoder.named_modules():
        if name.endswith("attention.self"):
            module.dropout.p = attention_dropout
    network = with_new_heads(encoder, vocabulary, [HeadOf("nli", TaskType.CLASSIFICATION, 3)], 0.1, 0).train()
    encoded = encoded_of([3 + (7 * k) % 31 for k in range(24)], 60)
    whole = gather(encoded, by_length(encoded, np.arange(24)), TaskType.CLASSIFICATION)

    def gradient(budget: int) -> torch.Tensor:
        network.zero_grad()
        network.begin_update(11)
        for part in cut(whole, budget):
            (network.head(0).loss(network(part, 0), part) / 24).backward()
        return torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None])

    once, often = gradient(10_000), gradient(40)
    torch.testing.assert_close(once, often, atol=1e-6, rtol=1e-4)
    network.begin_update(12)
    other = torch.cat([(network(part, 0)).flatten() for part in cut(whole, 40)])
    network.begin_update(11)
    assert not torch.equal(other, torch.cat([network(part, 0).flatten() for part in cut(whole, 40)]))
