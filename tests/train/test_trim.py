"""Training with the used rows of the token table alone ends where training with all of it ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from xstilts.catalogue.task import TaskType
from xstilts.data.encode import Encoded
from xstilts.data.sample import Pool, updates
from xstilts.model.encoder import make_encoder
from xstilts.model.network import HeadOf, Network, with_new_heads
from xstilts.train.loop import Course, Stopped, train
from xstilts.train.trim import tokens_in, trimmed

UPDATES = 300
COURSE = Course(UPDATES, 2e-3, 0.1, 3.0, 1.0, 1e-8, 0.98, "float32", 0.15, 1.0, 5)


def network_of(vocabulary) -> Network:
    encoder = make_encoder(1, 16, 2, 24, 70, vocabulary, 0.1, 3)
    return with_new_heads(encoder, vocabulary, [HeadOf("it", TaskType.CLASSIFICATION, 2)], 0.1, 0)


@pytest.fixture
def data(vocabulary) -> Encoded:
    """Few tokens, some rare, from all over the table; row 39 of the table is drawn by nobody."""
    draw = np.random.default_rng(0)
    lengths = draw.integers(3, 12, 40)
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    usual = draw.choice(np.arange(5, vocabulary.size), 30, replace=False)
    ids = usual[np.minimum(29, draw.geometric(0.15, starts[-1]))].astype(np.int32)
    columns = {"label": draw.integers(0, 2, 40)}
    return Encoded(ids, np.zeros(len(ids), np.uint8), starts, np.arange(40, dtype=np.int32), columns)


def order():
    return updates([Pool("it", (np.arange(30),))], np.ones(1), 4, UPDATES, 5)


def run(network: Network, data: Encoded, folder: Path, **options) -> Network:
    train(network, [data], order, COURSE, folder=folder, report=lambda _: None, **options)
    return network


def test_the_whole_table_is_as_if_all_of_it_had_been_trained(vocabulary, data, tmp_path, monkeypatch) -> None:
    begin = network_of(vocabulary).encoder.get_input_embeddings().weight.detach().clone()
    small = run(network_of(vocabulary), data, tmp_path / "small")
    with monkeypatch.context() as patch:
        patch.setattr("xstilts.train.trim.tokens_in", lambda data, order, size: np.ones(size, bool))
        whole = run(network_of(vocabulary), data, tmp_path / "whole")
    seen = tokens_in([data], order(), vocabulary.size)
    assert 0 < seen.sum() < vocabulary.size / 2
    tables = [network.encoder.get_input_embeddings().weight for network in (small, whole)]
    assert tables[0].shape == begin.shape
    torch.testing.assert_close(tables[0][~seen], tables[1][~seen], rtol=1e-4, atol=1e-8)
    decayed = (tables[1][~seen] / begin[~seen]).nanmedian()
    assert 0.1 < decayed < 0.5  # weight decay has done something to rows that nobody uses
    for (name, one), other in zip(small.named_parameters(), whole.parameters(), strict=True):
        if one.ndim > 1:
            torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4, msg=name)


def test_a_stopped_training_goes_on_to_the_same_bits(vocabulary, data, tmp_path) -> None:
    whole = run(network_of(vocabulary), data, tmp_path / "whole")
    calls = iter(range(1000))
    stopped = network_of(vocabulary)
    with pytest.raises(Stopped):
        run(stopped, data, tmp_path / "cut", stop=lambda: next(calls) >= 40)
    assert stopped.encoder.get_input_embeddings().weight.shape[0] == vocabulary.size
    resumed = run(network_of(vocabulary), data, tmp_path / "cut")
    for (name, tensor), other in zip(whole.state_dict().items(), resumed.state_dict().values(), strict=True):
        assert torch.equal(tensor, other), name


def test_nothing_is_trimmed_where_the_whole_table_answers(vocabulary, data) -> None:
    encoder = make_encoder(1, 16, 2, 24, 70, vocabulary, 0.1, 3)
    mlm = with_new_heads(encoder, vocabulary, [HeadOf("text", TaskType.MLM, 0)], 0.1, 0)
    frozen = network_of(vocabulary)
    frozen.encoder.get_input_embeddings().weight.requires_grad_(False)
    for network in (mlm, frozen):
        with trimmed(network, [data], order(), 1.0) as number:
            assert number is None
            assert network.encoder.get_input_embeddings().weight.shape[0] == vocabulary.size
