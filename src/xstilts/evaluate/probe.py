"""What a network shows of a task's rows without training on them: vectors, Fisher information, gradients, changes.

In: a network, encoded rows and which of them. Out: arrays, from which analyses tell how alike tasks are. Of weights
only those of the encoder's layers count; what is as long as they are is kept as a sketch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xstilts.catalogue.task import TaskType
from xstilts.data.batch import Batch, by_length, cut, gather, sequences_of
from xstilts.data.encode import Encoded
from xstilts.data.random import stream
from xstilts.evaluate.retrieve import TOKEN_BUDGET
from xstilts.model.encoder import hidden_states
from xstilts.model.heads import mean_pooled
from xstilts.model.network import Network
from xstilts.model.precision import precision_of

Array = np.ndarray[Any, np.dtype[Any]]

WIDTH = 131_072  # numbers of a sketch, a layer: inner products are off by |a| |b| sqrt(2 / WIDTH) at most, on average
WORDS = 10_000  # of tagged rows
BINS = 5  # places of an answer in its paragraph
COUNTED = 8  # up to so many labels are gone through one by one, of more one is drawn
UPDATE = 16  # examples of one gradient


def text_vector(network: Network, encoded: Encoded, examples: Array, precision: str) -> Array:
    """The mean over sequences of the mean over their token vectors, float32 [width] (Vu et al. 2020)."""
    total, count = torch.zeros(()), 0
    for part, hidden in _passes(network, encoded, examples, TaskType.RETRIEVAL, precision):
        total = total + mean_pooled(hidden, part).double().sum(dim=0).cpu()
        count += len(part.sequences)
    found: Array = (total / max(count, 1)).float().numpy()
    return found


def features(
    network: Network, type: TaskType, encoded: Encoded, examples: Array, head: str, precision: str
) -> dict[str, Array]:
    """``features`` float32 [m, width] with ``labels`` int64 [m]: of a sequence the mean over its tokens with its class,
    or whether it is the right choice; of a word its first piece with its tag; of an answer its first token with the
    fifth of the paragraph in which it stands. ``outputs`` float32 [m, labels]: what the head of the task ``head``
    makes of the same, where one is named.
    """
    vectors, labels, outputs = [], [], []
    number = network.number_of(head) if head else None
    for part, hidden in _passes(network, encoded, examples, type, precision):
        where, label = _labelled(type, encoded, part)
        known = label >= 0
        read = mean_pooled(hidden, part) if where is None else hidden[torch.from_numpy(where).to(hidden.device)]
        vectors.append(read.float().cpu().numpy()[known])
        labels.append(label[known])
        if number is not None:
            tokens = network.head(number).reads(part)
            given = hidden if tokens is None else hidden[torch.from_numpy(tokens).to(hidden.device)]
            made = torch.softmax(network.heads[number](given, part).float(), dim=-1)
            outputs.append(made.cpu().numpy()[known])
    found = {"features": np.concatenate(vectors), "labels": np.concatenate(labels)}
    if outputs:
        found["outputs"] = np.concatenate(outputs)
    if (count := len(found["labels"])) > WORDS:
        kept = np.sort(stream(0, "probe", "words").choice(count, WORDS, replace=False))
        found = {name: values[kept] for name, values in found.items()}
    return found


def _passes(
    network: Network, encoded: Encoded, examples: Array, type: TaskType, precision: str
) -> Iterator[tuple[Batch, Tensor]]:
    order = by_length(encoded, sequences_of(encoded, examples))
    with torch.inference_mode():
        for part in cut(gather(encoded, order, type), TOKEN_BUDGET):
            with precision_of(precision, network):
                hidden = hidden_states(network.encoder, part)
            yield part, hidden.float()


def _labelled(type: TaskType, encoded: Encoded, part: Batch) -> tuple[Array | None, Array]:
    """Tokens whose vectors are read (None: the mean of each sequence) and their labels, -1 where there is none."""
    if type is TaskType.TOKEN_CLASSIFICATION:
        return part.where, part.target
    if type is TaskType.MULTIPLE_CHOICE:
        first = np.searchsorted(part.starts[:-1], part.where)
        counts = np.diff(first, append=len(part.sequences))
        label = (np.arange(len(part.sequences)) == np.repeat(first + part.target, counts)).astype(np.int64)
        return None, np.where(np.repeat(part.target, counts) < 0, -1, label)
    if type is TaskType.SPAN_EXTRACTION:
        begin = encoded.columns["context"][part.sequences]
        place = part.target[:, 0]
        share = (place - begin) / np.maximum(part.lengths - begin - 1, 1)
        bins = np.clip((BINS * share).astype(np.int64), 0, BINS - 1)
        return part.starts[:-1] + place, np.where(place > 0, bins, -1)
    return None, part.target


def fisher(network: Network, type: TaskType, task: str, encoded: Encoded, examples: Array, precision: str) -> Array:
    """A sketch of the diagonal of the Fisher information, E_x E_y~p(y|x) (d log p(y|x) / d weight)^2, the labels being
    the model's own and every example alone (Vu et al. 2020 square the gradient of a batch instead, which is no Fisher
    information). Up to eight labels the expectation is exact, else one label is drawn from the model (of every word,
    of start and end of an answer).
    """
    number, draw = network.number_of(task), stream(0, "probe", "fisher")
    layers = _layers(network)
    total = [[torch.zeros_like(weight) for weight in layer] for layer in layers]
    count = 0
    for part in _alone(encoded, examples, type):
        with precision_of(precision, network), torch.no_grad():
            outputs = network(part, number)
        own = _own_labels(type, outputs.float(), part, draw)
        with precision_of(precision, network):
            outputs = network(part, number)  # once more, with the way back, which all labels go
        for left, (chance, target) in zip(reversed(range(len(own))), own, strict=True):
            with precision_of(precision, network):
                loss = network.head(number).loss(outputs, _told(part, target))
            loss.backward(retain_graph=left > 0)  # type: ignore[no-untyped-call]
            for layer, kept in zip(layers, total, strict=True):
                for weight, square in zip(layer, kept, strict=True):
                    if weight.grad is not None:
                        square += chance * weight.grad**2
            network.zero_grad(set_to_none=True)
        count += 1
    return sketch([[square / max(count, 1) for square in layer] for layer in total])


def gradient(network: Network, type: TaskType, task: str, encoded: Encoded, examples: Array, precision: str) -> Array:
    """A sketch of the mean gradient of the task's loss, each weight's over the root of its mean square over updates of
    16 examples, as Adam takes it."""
    number = network.number_of(task)
    layers = _layers(network)
    means = [[torch.zeros_like(weight) for weight in layer] for layer in layers]
    squares = [[torch.zeros_like(weight) for weight in layer] for layer in layers]
    updates = 0
    singles = _alone(encoded, examples, type)
    while group := list(islice(singles, UPDATE)):
        for part in group:
            with precision_of(precision, network):
                loss = network.head(number).loss(network(part, number), part) / len(group)
            loss.backward()  # type: ignore[no-untyped-call]
        for layer, mean, square in zip(layers, means, squares, strict=True):
            for weight, one, other in zip(layer, mean, square, strict=True):
                if weight.grad is not None:
                    one += weight.grad
                    other += weight.grad**2
        network.zero_grad(set_to_none=True)
        updates += 1
    steps = max(updates, 1)
    return sketch(
        [
            [one / steps / ((other / steps).sqrt() + 1e-8) for one, other in zip(mean, square, strict=True)]
            for mean, square in zip(means, squares, strict=True)
        ]
    )


def change(after: Network, before: Network) -> Array:
    """A sketch of the weights of ``after`` less those of ``before`` (Ilharco et al. 2023)."""
    layers = zip(_layers(after), _layers(before), strict=True)
    return sketch([[a.detach() - b.detach() for a, b in zip(one, other, strict=True)] for one, other in layers])


def sketch(layers: list[list[Tensor]]) -> Array:
    """Every layer as numbers whose inner products are those of the layer, float32 [layers, at most WIDTH]: itself where
    it is short enough, else each weight with a random sign in a random place, the same ones for every network (a count
    sketch: Charikar et al. 2002; Weinberger et al. 2009)."""
    rows = []
    for layer in layers:
        flat = torch.cat([weight.detach().float().cpu().ravel() for weight in layer]).numpy()
        if len(flat) > WIDTH:
            draw = stream(0, "probe", "sketch", len(flat))
            place = draw.integers(0, WIDTH, len(flat))
            sign = draw.integers(0, 2, len(flat)) * 2 - 1
            flat = np.bincount(place, weights=flat * sign, minlength=WIDTH)
        rows.append(flat.astype(np.float32))
    return np.stack(rows)


def _layers(network: Network) -> list[list[torch.nn.Parameter]]:
    """The weights of every layer of the encoder; all others are kept from having gradients."""
    for weight in network.parameters():
        weight.requires_grad_(False)
    blocks: Any = network.encoder.get_submodule("encoder.layer")
    layers = [[*block.parameters()] for block in blocks]
    for layer in layers:
        for weight in layer:
            weight.requires_grad_(True)
    return layers


def _alone(encoded: Encoded, examples: Array, type: TaskType) -> Iterator[Batch]:
    """One sequence at a time, or the choices of one example; only those with a label."""
    for part in cut(gather(encoded, sequences_of(encoded, examples), type), 1):
        if len(part.target) and (type is TaskType.SPAN_EXTRACTION or (part.target >= 0).all()):
            yield part


def _own_labels(type: TaskType, outputs: Tensor, part: Batch, draw: np.random.Generator) -> list[tuple[float, Array]]:
    """Labels that the model itself would give one example, with their probabilities (1 for what was drawn)."""
    if type is TaskType.MULTIPLE_CHOICE:
        outputs = outputs.T
    chances = torch.softmax(outputs, dim=0 if type is TaskType.SPAN_EXTRACTION else -1).cpu().numpy()
    if type is TaskType.SPAN_EXTRACTION:
        return [(1.0, np.array([[_drawn(chances[:, end], draw) for end in (0, 1)]]))]
    if len(chances) == 1 and chances.shape[1] <= COUNTED:
        return [(float(chance), np.array([label])) for label, chance in enumerate(chances[0])]
    return [(1.0, np.array([_drawn(row, draw) for row in chances]))]


def _drawn(chances: Array, draw: np.random.Generator) -> int:
    heights = np.cumsum(chances.astype(np.float64))
    return min(int(np.searchsorted(heights, draw.random() * heights[-1], side="right")), len(chances) - 1)


def _told(part: Batch, target: Array) -> Batch:
    return replace(part, target=target.astype(np.int64))
