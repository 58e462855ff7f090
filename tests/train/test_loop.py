"""Training: it learns, a stopped run goes on to the same bits, rates follow their formula."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType
from xstilts.data.encode import Lengths, encode
from xstilts.data.sample import Pool, updates
from xstilts.evaluate.predict import predict
from xstilts.model.encoder import make_encoder
from xstilts.model.network import HeadOf, Network, with_new_heads
from xstilts.train.loop import Course, Progress, Stopped, averaging, train
from xstilts.train.optimizer import rate

UPDATES = 24


def network_of(vocabulary) -> Network:
    encoder = make_encoder(2, 32, 4, 48, 70, vocabulary, 0.1, 3)
    specs = [HeadOf("nli", TaskType.CLASSIFICATION, 2), HeadOf("text", TaskType.MLM, 0)]
    return with_new_heads(encoder, vocabulary, specs, 0.1, 0)


def course(learning_rate: float = 3e-3) -> Course:
    return Course(UPDATES, learning_rate, 0.1, 0.01, 1.0, 1e-8, 0.999, "float32", 0.15, 1.0, 5)


@pytest.fixture
def learn(vocabulary, pairs_table: pa.Table, tmp_path: Path):  # type: ignore[no-untyped-def]
    text = pa.table({"text": pairs_table["text_a"], "text_b": pairs_table["text_b"]})
    data = [
        encode(pairs_table, TaskType.CLASSIFICATION, vocabulary, Lengths(64)),
        encode(text, TaskType.MLM, vocabulary, Lengths(64)),
    ]
    pools = [Pool("nli", (np.arange(40),)), Pool("text", (np.arange(40),))]

    def order() -> Iterator[tuple[int, np.ndarray]]:
        return updates(pools, np.array([0.6, 0.4]), 8, UPDATES, 5)

    def run(network: Network, folder: str, stop=lambda: False, **options) -> list[float]:  # type: ignore[no-untyped-def]
        return train(
            network,
            data,
            order,
            options.pop("course", course()),
            folder=tmp_path / folder,
            report=lambda progress: None,
            stop=stop,
            **options,
        )

    return run


def test_a_stopped_training_ends_in_the_same_bits(learn, vocabulary) -> None:
    whole = network_of(vocabulary)
    losses = learn(whole, "whole")
    calls = iter(range(1000))
    resumed = network_of(vocabulary)
    with pytest.raises(Stopped):
        learn(resumed, "cut", stop=lambda: next(calls) >= 9)
    resumed = network_of(vocabulary)
    assert learn(resumed, "cut") == losses and len(losses) == UPDATES
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name


def test_half_written_checkpoint_is_not_used(learn, vocabulary, tmp_path: Path) -> None:
    calls = iter(range(1000))
    with pytest.raises(Stopped):
        learn(network_of(vocabulary), "cut", stop=lambda: next(calls) >= 9)
    weights = tmp_path / "cut" / "optimizer.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    resumed, whole = network_of(vocabulary), network_of(vocabulary)
    learn(resumed, "cut")
    learn(whole, "whole")
    assert all(
        torch.equal(a, b) for a, b in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True)
    )


def test_a_small_task_is_learned(vocabulary, pairs_table: pa.Table, tmp_path: Path) -> None:
    data = encode(pairs_table, TaskType.CLASSIFICATION, vocabulary, Lengths(64))
    encoder = make_encoder(2, 32, 4, 48, 70, vocabulary, 0.0, 3)
    network = with_new_heads(encoder, vocabulary, [HeadOf("nli", TaskType.CLASSIFICATION, 2)], 0.0, 0)
    reports: list[Progress] = []
    pool = Pool("nli", (np.arange(40),))
    plan = Course(150, 3e-3, 0.1, 0.01, 1.0, 1e-8, 0.999, "float32", 0.15, 1.0, 5)
    train(network, [data], lambda: updates([pool], np.ones(1), 8, 150, 5), plan, folder=tmp_path, report=reports.append)
    found = predict(network, "nli", TaskType.CLASSIFICATION, pairs_table, data, "float32")
    right = np.asarray(found["prediction"]) == np.asarray(pairs_table["label"])
    majority = max(np.mean(np.asarray(pairs_table["label"]) == label) for label in (0, 1))
    assert right.mean() > (1 + majority) / 2
    assert reports[-1].done == 150


def test_a_diverging_training_is_refused(learn, vocabulary) -> None:
    with pytest.raises(Problem, match="lower the learning rate"):
        learn(network_of(vocabulary), "diverges", course=course(float("inf")))


def test_rate_rises_then_falls_to_zero() -> None:
    rates = [rate(update, 100, 0.1) for update in range(101)]
    assert rates[:10] == pytest.approx([(k + 1) / 10 for k in range(10)])
    assert rates[10:] == pytest.approx([1 - k / 90 for k in range(91)])
    assert rate(0, 10, 0.0) == 1.0


def test_averaged_weights_are_the_mean_of_their_moments_also_after_a_stop(learn, vocabulary) -> None:
    averaged = replace(course(), averaged=3)
    assert averaging(UPDATES, 3) == [16, 20, 24]
    calls = iter(range(1000))
    network = network_of(vocabulary)
    with pytest.raises(Stopped):
        learn(network, "cut", stop=lambda: next(calls) >= 18, course=averaged)
    network = network_of(vocabulary)
    learn(network, "cut", course=averaged)

    moments = []

    def remember() -> bool:  # asked after every update but the last
        moments.append({name: tensor.clone() for name, tensor in whole.state_dict().items()})
        return False

    whole = network_of(vocabulary)
    learn(whole, "whole", stop=remember)
    last = whole.state_dict()
    for name, tensor in network.state_dict().items():
        expected = torch.stack([moments[15][name], moments[19][name], last[name]]).double().mean(0).float()
        torch.testing.assert_close(tensor, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("updates", "moments"), [(1, 5), (2, 1), (7, 3), (1000, 10), (5, 100)])
def test_moments_lie_in_the_second_half_and_end_with_the_last(updates: int, moments: int) -> None:
    found = averaging(updates, moments)
    assert found == [] if moments == 1 else found[-1] == updates
    assert all(number > updates / 2 - 1 for number in found)
    assert len(found) <= moments
