"""Probes against gradients taken by hand, a closed form, and what a sketch promises."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from torch import nn

from xstilts.catalogue.task import TaskType
from xstilts.data.batch import Batch, gather
from xstilts.data.encode import Encoded, Lengths, encode
from xstilts.evaluate import probe
from xstilts.evaluate.predict import predict
from xstilts.evaluate.retrieve import sentence_vectors
from xstilts.model.encoder import make_encoder
from xstilts.model.network import HeadOf, Network, with_new_heads

PAIRS = TaskType.CLASSIFICATION
EVERY = np.arange(40)


def network_of(vocabulary: Any, type: TaskType = PAIRS, labels: int = 3, seed: int = 3) -> Network:
    encoder = make_encoder(2, 16, 2, 24, 70, vocabulary, 0.0, seed)
    return with_new_heads(encoder, vocabulary, [HeadOf("task", type, labels, "mean")], 0.0, 0).eval()


def flat(network: Network, layer: int) -> list[nn.Parameter]:
    return [*network.encoder.get_submodule("encoder.layer")[layer].parameters()]  # type: ignore[index]


@pytest.fixture
def encoded(pairs_table: pa.Table, vocabulary: Any) -> Encoded:
    return encode(pairs_table, PAIRS, vocabulary, Lengths(40))


class Logistic(nn.Module):
    """p(y = 1) = 1 / (1 + exp(-w x)) with one weight where a network has its layers."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.ModuleDict(
            {"encoder": nn.ModuleDict({"layer": nn.ModuleList([nn.Linear(1, 1, bias=False)])})}
        )
        nn.init.zeros_(self.encoder["encoder"]["layer"][0].weight)  # type: ignore[index]

    def number_of(self, task: str) -> int:
        return 0

    def forward(self, batch: Batch, number: int) -> torch.Tensor:
        x = torch.ones(len(batch.sequences), 1)
        high = self.encoder["encoder"]["layer"][0](x)  # type: ignore[index]
        return torch.cat([torch.zeros_like(high), high], dim=1)

    def head(self, number: int) -> Logistic:
        return self

    def loss(self, outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
        return nn.functional.cross_entropy(outputs, torch.from_numpy(batch.target), reduction="sum")


def test_two_rows_whose_gradients_cancel_still_have_information(encoded: Encoded) -> None:
    """x = 1 twice with labels 0 and 1 and w = 0: p (1 - p) x^2 = .25; the square of the batch's gradient would be 0."""
    rows = np.array([0, 1])
    encoded.columns["label"][:2] = [0, 1]
    found = probe.fisher(Logistic(), PAIRS, "task", encoded, rows, "float32")  # type: ignore[arg-type]
    assert found.tolist() == [[pytest.approx(0.25)]]


def test_information_is_the_expected_square_over_the_models_own_labels(encoded: Encoded, vocabulary: Any) -> None:
    network = network_of(vocabulary)
    found = probe.fisher(network, PAIRS, "task", encoded, EVERY[:12], "float32")
    total = [torch.zeros(sum(w.numel() for w in flat(network, k))) for k in (0, 1)]
    for row in range(12):
        part = gather(encoded, np.array([row]), PAIRS)
        for label in range(3):
            logs = torch.log_softmax(network(part, 0)[0], dim=-1)
            slopes = torch.autograd.grad(logs[label], [*flat(network, 0), *flat(network, 1)])
            for k, of_layer in enumerate((slopes[: len(slopes) // 2], slopes[len(slopes) // 2 :])):
                total[k] += logs[label].exp().detach() * torch.cat([one.ravel() for one in of_layer]) ** 2 / 12
    np.testing.assert_allclose(found, np.stack([one.numpy() for one in total]), rtol=1e-4, atol=1e-12)


def test_information_asks_no_gold_label_and_no_batch(encoded: Encoded, vocabulary: Any) -> None:
    network = network_of(vocabulary)
    found = probe.fisher(network, PAIRS, "task", encoded, EVERY, "float32")
    halves = [probe.fisher(network, PAIRS, "task", encoded, part, "float32") for part in (EVERY[:20], EVERY[20:])]
    np.testing.assert_allclose(found, np.mean(halves, axis=0), rtol=1e-4, atol=1e-12)
    encoded.columns["label"][:] = encoded.columns["label"][::-1].copy()
    np.testing.assert_array_equal(found, probe.fisher(network, PAIRS, "task", encoded, EVERY, "float32"))


def test_drawn_labels_of_words_have_the_expected_square_on_average(vocabulary: Any) -> None:
    """One sentence of two words many times: drawn tags against all pairs of tags."""
    table = pa.table({"tokens": [["the", "cat"]] * 400, "tags": pa.array([[0, 1]] * 400, pa.list_(pa.int16()))})
    type = TaskType.TOKEN_CLASSIFICATION
    encoded, network = encode(table, type, vocabulary, Lengths(20)), network_of(vocabulary, type, 2)
    found = probe.fisher(network, type, "task", encoded, np.arange(400), "float32")
    part = gather(encoded, np.array([0]), type)
    expected = np.zeros(found.shape[1])
    for tags in ((a, b) for a in (0, 1) for b in (0, 1)):
        logs = torch.log_softmax(network(part, 0), dim=-1)
        chance = logs[0, tags[0]] + logs[1, tags[1]]
        slopes = torch.autograd.grad(chance, flat(network, 1))
        expected += float(chance.exp().detach()) * torch.cat([one.ravel() for one in slopes]).numpy() ** 2
    assert (found[1] @ expected) / (expected @ expected) == pytest.approx(1, abs=0.15)


def test_the_gradient_is_each_weights_mean_over_its_spread(encoded: Encoded, vocabulary: Any) -> None:
    network = network_of(vocabulary)
    found = probe.gradient(network, PAIRS, "task", encoded, EVERY[:32], "float32")
    slopes = []
    for rows in (EVERY[:16], EVERY[16:32]):
        part = gather(encoded, rows, PAIRS)
        loss = network.head(0).loss(network(part, 0), part) / 16
        slopes.append(torch.cat([one.ravel() for one in torch.autograd.grad(loss, flat(network, 1))]).numpy())
    mean, square = np.mean(slopes, axis=0), np.mean(np.square(slopes), axis=0)
    np.testing.assert_allclose(found[1], mean / (np.sqrt(square) + 1e-8), rtol=2e-2, atol=2e-2)


def test_a_change_is_that_of_the_weights(vocabulary: Any) -> None:
    before, after = network_of(vocabulary), network_of(vocabulary)
    assert not probe.change(after, before).any()
    with torch.no_grad():
        flat(after, 1)[0][0, 0] += 0.5
    found = probe.change(after, before)
    assert not found[0].any() and sorted(found[1])[-1] == pytest.approx(0.5) and np.count_nonzero(found[1]) == 1


def test_a_sketch_keeps_inner_products() -> None:
    draw = np.random.default_rng(0)
    size = 5 * probe.WIDTH
    one = draw.standard_t(3, size).astype(np.float32)  # a few weights are much larger than most
    other = 0.3 * one + draw.normal(size=size).astype(np.float32)
    short = [
        probe.sketch([[torch.from_numpy(v[: size // 2]), torch.from_numpy(v[size // 2 :])]])[0] for v in (one, other)
    ]
    assert short[0].shape == (probe.WIDTH,)

    def cosine(a: np.ndarray, b: np.ndarray) -> float:
        return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))

    assert cosine(*short) == pytest.approx(cosine(one, other), abs=4 * np.sqrt(2 / probe.WIDTH))


def test_features_of_pairs_are_mean_vectors_with_their_class_and_the_heads_view(
    encoded: Encoded, pairs_table: pa.Table, vocabulary: Any
) -> None:
    network = network_of(vocabulary)
    encoded.columns["label"][3] = -1
    found = probe.features(network, PAIRS, encoded, EVERY, "task", "float32")
    order = np.argsort(np.diff(encoded.starts), kind="stable")
    order = order[order != 3]
    vectors = sentence_vectors(network, encoded, None, "float32")
    np.testing.assert_allclose(found["features"], vectors[order], atol=1e-5)
    assert found["labels"].tolist() == encoded.columns["label"][order].tolist()
    logits = np.stack(predict(network, "task", PAIRS, pairs_table, encoded, "float32")["logits"].to_pylist())
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found["outputs"], shares[order], atol=1e-5)
    text = probe.text_vector(network, encoded, EVERY, "float32")
    np.testing.assert_allclose(text, vectors.mean(axis=0), atol=1e-5)


def test_features_of_choices_say_which_is_right(vocabulary: Any) -> None:
    table = pa.table(
        {
            "text_a": ["the cat sees", "a small dog takes the bird"],
            "choices": [["a dog", "the old red house", "now"], ["then", "not a river"]],
            "label": pa.array([1, 0], pa.int16()),
        }
    )
    type = TaskType.MULTIPLE_CHOICE
    encoded = encode(table, type, vocabulary, Lengths(40))
    found = probe.features(network_of(vocabulary, type, 1), type, encoded, np.arange(2), "", "float32")
    assert len(found["features"]) == 5 and "outputs" not in found
    assert sorted(found["labels"].tolist()) == [0, 0, 0, 1, 1]
    assert probe.fisher(network_of(vocabulary, type, 1), type, "task", encoded, np.arange(2), "float32").any()


def test_features_of_answers_are_their_first_tokens_with_the_place_in_the_paragraph(vocabulary: Any) -> None:
    words = ["cat", "dog", "bird", "house", "river", "sees", "takes", "gives", "finds", "two"]
    context = " ".join(words)
    table = pa.table(
        {
            "id": ["a", "b", "c"],
            "question": ["the cat", "the two", "the"],
            "context": [context] * 3,
            "answer_texts": [["cat"], ["two"], []],
            "answer_starts": pa.array([[0], [context.index("two")], []], pa.list_(pa.int32())),
        }
    )
    type = TaskType.SPAN_EXTRACTION
    encoded, network = encode(table, type, vocabulary, Lengths(60)), network_of(vocabulary, type, 2)
    found = probe.features(network, type, encoded, np.arange(3), "", "float32")
    assert sorted(found["labels"].tolist()) == [0, probe.BINS - 1]
    assert probe.gradient(network, type, "task", encoded, np.arange(2), "float32").any()
