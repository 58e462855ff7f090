"""Streams that are passed over stand where they would stand if the part had been computed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from architectures import FORMS, checkpoint, sequences
from xstilts.catalogue.task import TaskType
from xstilts.data.batch import by_length, gather
from xstilts.data.encode import Encoded
from xstilts.model.dropout import StreamDropout
from xstilts.model.encoder import load_encoder
from xstilts.model.network import HeadOf, Network, with_new_heads
from xstilts.model.streams import pass_over

TYPES = {
    TaskType.CLASSIFICATION: {"label": np.array([0, 1, 2, 0, 1, 2])},
    TaskType.MULTIPLE_CHOICE: {"label": np.array([0, 1]), "choices": np.array([3, 3])},
    TaskType.TOKEN_CLASSIFICATION: {},
    TaskType.SPAN_EXTRACTION: {"answer_start": np.full(6, 1), "answer_end": np.full(6, 2)},
    TaskType.MLM: {},
    TaskType.RANKING: {},
}


def encoded_of(type: TaskType) -> Encoded:
    plain = sequences(6, seed=4)
    columns = dict(TYPES[type])
    example = plain.example
    if type in (TaskType.MULTIPLE_CHOICE, TaskType.RANKING):
        example = np.repeat(np.arange(2), 3) if type is TaskType.MULTIPLE_CHOICE else np.repeat(np.arange(3), 2)
    if type is TaskType.TOKEN_CLASSIFICATION:
        columns["words"] = np.arange(0, 2 * 6 + 1, 2)
        columns["word"] = np.repeat(plain.starts[:-1], 2) + np.tile([1, 2], 6)
        columns["tag"] = np.zeros(12, np.int64)
    return Encoded(plain.ids, plain.segments, plain.starts, example.astype(np.int32), columns)


def standing(network: Network) -> dict[str, torch.Tensor]:
    drops = {name: drop for name, drop in network.named_modules() if isinstance(drop, StreamDropout)}
    states = {name: drop.state()[0] for name, drop in drops.items() if not name.endswith("pos_dropout")}
    return {name: state for name, state in states.items() if state is not None}


@pytest.mark.parametrize("type", list(TYPES))
@pytest.mark.parametrize("form", FORMS)
def test_passed_over_is_as_if_computed(form: str, type: TaskType, vocabulary, tmp_path: Path) -> None:
    encoder = load_encoder(checkpoint(form, tmp_path))
    network = with_new_heads(encoder, vocabulary, [HeadOf("it", type, 3)], 0.1, 0).train()
    data = encoded_of(type)
    batch = gather(data, by_length(data, np.arange(6)), type)
    network.begin_update(1)
    begun = standing(network)
    network(batch, 0)
    computed = standing(network)
    network.begin_update(1)
    pass_over(network, batch, 0)
    passed = standing(network)
    assert len(passed) >= 5 and passed.keys() == computed.keys()
    for name, state in passed.items():
        assert torch.equal(state, computed[name]), name
        assert not torch.equal(state, begun[name]), name
