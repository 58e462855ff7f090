"""Heads, one a task type: what is computed from a batch's token vectors, and the loss against its targets.

In: the vectors of the tokens that a head ``reads``, [read, width], and a ``Batch``. Out: logits, and the *sum* of
losses over the batch's targets; the training loop divides by the number of targets of the whole update. Heads are new
in every phase.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Protocol, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from xstilts.catalogue.task import TaskType
from xstilts.data.batch import Batch
from xstilts.model.dropout import replace_dropout

Array = np.ndarray[Any, np.dtype[Any]]
Draws = Sequence[tuple[Any, int]]


class Head(Protocol):
    """What a head offers. ``whole_update``: its loss compares examples of one update, which must then not be cut."""

    whole_update: bool

    def __call__(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Logits or vectors."""

    def reads(self, batch: Batch) -> Array | None:
        """The tokens whose vectors the head wants, int64, rising; None: all of them."""

    def draws(self, batch: Batch) -> Draws:
        """Its dropouts, each with the number of elements that it draws for ``batch``."""

    def loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Sum of the losses over ``batch.target``, a scalar."""


def make_head(
    type: TaskType, width: int, labels: int, pooling: str, dropout: float, seed: int, embeddings: nn.Embedding
) -> nn.Module:
    """A new head with weights from ``seed``. ``embeddings`` are tied to the output of masked language modelling."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        head = _HEADS[type](width, labels, pooling, dropout, embeddings)
    replace_dropout(head, None, f"head.{type}")
    return head


class SequenceHead(nn.Module):
    """RoBERTa's classification head on the first token: dropout, dense, tanh, dropout, linear. Logits [n, labels].

    With ``pooling`` ``mean`` it reads the mean over all tokens, as encoders of sentence vectors want it; with ``both``
    the means of either text side by side with how they differ (``compared``).
    """

    whole_update = False

    def __init__(self, width: int, labels: int, pooling: str, dropout: float) -> None:
        super().__init__()
        self.pooling = pooling
        self.drop = nn.Dropout(dropout)
        self.dense = _linear(4 * width if pooling == "both" else width, width)
        self.drop_again = nn.Dropout(dropout)
        self.out = _linear(width, labels)

    def reads(self, batch: Batch) -> Array | None:
        return batch.starts[:-1] if self.pooling == "first" else None

    def draws(self, batch: Batch) -> Draws:
        count = len(batch.lengths)
        return (self.drop, count * self.dense.in_features), (self.drop_again, count * self.dense.out_features)

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        if self.pooling == "mean":
            read = mean_pooled(hidden, batch)
        elif self.pooling == "both":
            read = compared(hidden, batch)
        else:
            read = hidden
        result: Tensor = self.out(self.drop_again(torch.tanh(self.dense(self.drop(read)))))
        return result

    def loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        return functional.cross_entropy(outputs.float(), _on(batch.target, outputs), reduction="sum")


class ChoiceHead(nn.Module):
    """A score for each choice, [n, 1], by the head of a classification; the loss is a softmax over those of an example.

    Sequences of one example stand together; ``batch.where`` are the first tokens of its first ones.
    """

    whole_update = False

    def __init__(self, width: int, pooling: str, dropout: float) -> None:
        super().__init__()
        self.score = SequenceHead(width, 1, pooling, dropout)

    def reads(self, batch: Batch) -> Array | None:
        return self.score.reads(batch)

    def draws(self, batch: Batch) -> Draws:
        return self.score.draws(batch)

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        result: Tensor = self.score(hidden, batch)
        return result

    def loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        first = np.searchsorted(batch.starts[:-1], batch.where)
        counts = np.diff(first, append=len(outputs))
        example = _on(np.repeat(np.arange(len(first)), counts), outputs)
        scores = outputs.float()[:, 0]
        top = torch.full((len(first),), -torch.inf, device=scores.device)
        top = top.scatter_reduce(0, example, scores.detach(), "amax")
        total = torch.zeros_like(top).index_add(0, example, torch.exp(scores - top[example]))
        return (torch.log(total) + top - scores[_on(first + batch.target, outputs)]).sum()


class WordHead(nn.Module):
    """One linear layer on the first piece of every word. Logits [words, labels]."""

    whole_update = False

    def __init__(self, width: int, labels: int, dropout: float) -> None:
        super().__init__()
        self.drop = nn.Dropout(dropout)
        self.out = _linear(width, labels)

    def reads(self, batch: Batch) -> Array | None:
        return batch.where

    def draws(self, batch: Batch) -> Draws:
        return ((self.drop, len(batch.where) * self.out.in_features),)

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        result: Tensor = self.out(self.drop(hidden))
        return result

    def loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        return functional.cross_entropy(outputs.float(), _on(batch.target, outputs), reduction="sum")


class SpanHead(nn.Module):
    """Start and end logits of every token, [tokens, 2]; the loss is a softmax over the tokens of each window."""

    whole_update = False

    def __init__(self, width: int) -> None:
        super().__init__()
        self.out = _linear(width, 2)

    def reads(self, batch: Batch) -> Array | None:
        return None

    def draws(self, batch: Batch) -> Draws:
        return ()

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        result: Tensor = self.out(hidden)
        return result

    def loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        lengths = _on(batch.lengths, outputs)
        sequence = torch.repeat_interleave(torch.arange(len(batch.lengths), device=outputs.device), lengths)
        logits = outputs.float()
        top = torch.full((len(batch.lengths), 2), -torch.inf, device=logits.device)
        top = top.scatter_reduce(0, sequence[:, None].expand(-1, 2), logits.detach(), "amax")
        total = torch.zeros_like(top).index_add(0, sequence, torch.exp(logits - top[sequence]))
        place = _on(batch.starts[:-1, None] + batch.target, outputs)
        gold = torch.gather(logits, 0, place)
        return (torch.log(total) + top - gold).sum() / 2


class MaskedHead(nn.Module):
    """Dense, GELU, LayerNorm, then the tied embeddings, at hidden tokens only. Logits [hidden tokens, vocabulary]."""

    whole_update = False

    def __init__(self, width: int, embeddings: nn.Embedding) -> None:
        super().__init__()
        self.dense = _linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.bias = nn.Parameter(torch.zeros(embeddings.num_embeddings))
        self._tied = [embeddings]  # in a list, so that the weights stay the encoder's alone

    def reads(self, batch: Batch) -> Array | None:
        return batch.where

    def draws(self, batch: Batch) -> Draws:
        return ()

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        chosen = self.norm(functional.gelu(self.dense(hidden)))
        return functional.linear(chosen, self._tied[0].weight.to(chosen.dtype), self.bias.to(chosen.dtype))

    def loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        return functional.cross_entropy(outputs.float(), _on(batch.target, outputs), reduction="sum")


class RankingHead(nn.Module):
    """Mean-pooled, length-one vectors [n, width]; each query against every candidate of the update, both ways.

    Sequences come in pairs 2i, 2i + 1 in the encoding, each pair once; ``temperature`` multiplies the cosine. A text
    that occurs twice in an update is no wrong answer to itself.
    """

    whole_update = True

    def __init__(self, temperature: float = 20.0) -> None:
        super().__init__()
        self.temperature = temperature

    def reads(self, batch: Batch) -> Array | None:
        return None

    def draws(self, batch: Batch) -> Draws:
        return ()

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        return functional.normalize(mean_pooled(hidden, batch).float(), dim=-1)

    def loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        if batch.target.ndim == 2:
            return self._taught(outputs, batch)
        order = batch.sequences.argsort(kind="stable")
        vectors = outputs.index_select(0, _on(order, outputs))
        scores = vectors[0::2] @ vectors[1::2].T * self.temperature
        texts = np.array([hash(batch.ids[low:high].tobytes()) for low, high in pairwise(batch.starts)])[order]
        twin = (texts[0::2, None] == texts[0::2]) | (texts[1::2, None] == texts[1::2])
        np.fill_diagonal(twin, False)
        scores = scores.masked_fill(_on(twin, scores), -torch.inf)
        right = torch.arange(len(scores), device=scores.device)
        # two sequences an example: the sum over both directions counts each of them once
        return functional.cross_entropy(scores, right, reduction="sum") + functional.cross_entropy(
            scores.T, right, reduction="sum"
        )

    def _taught(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Each query against the teacher's vectors of all candidates, and 10 (1 - cosine) to its own."""
        vectors = _on(batch.target, outputs)
        scores = outputs @ vectors.T * self.temperature
        texts = np.array([hash(row.tobytes()) for row in batch.target])
        twin = texts[:, None] == texts
        np.fill_diagonal(twin, False)
        scores = scores.masked_fill(_on(twin, scores), -torch.inf)
        right = torch.arange(len(scores), device=scores.device)
        far = 10 * (1 - (outputs * vectors).sum(dim=1))
        return functional.cross_entropy(scores, right, reduction="sum") + far.sum()


def mean_pooled(hidden: Tensor, batch: Batch) -> Tensor:
    """Mean of each sequence's token vectors, special tokens included, [n, width]."""
    lengths = _on(batch.lengths, hidden)
    sequence = torch.repeat_interleave(torch.arange(len(batch.lengths), device=hidden.device), lengths)
    total = torch.zeros(len(batch.lengths), hidden.shape[1], dtype=hidden.dtype, device=hidden.device)
    return total.index_add(0, sequence, hidden) / lengths[:, None].to(hidden.dtype)


def compared(hidden: Tensor, batch: Batch) -> Tensor:
    """``u, v, |u - v|, u * v``, [n, 4 width], of the means u and v over the tokens of the first and the second text,
    the special tokens before each included (Conneau et al. 2017, section 3.1). Where there is no second text, v is 0.
    """
    lengths = batch.lengths
    other = lengths if batch.other is None else batch.other
    place = np.arange(batch.starts[-1]) - np.repeat(batch.starts[:-1], lengths)
    text = 2 * np.repeat(np.arange(len(lengths)), lengths) + (place >= np.repeat(other, lengths))
    total = torch.zeros(2 * len(lengths), hidden.shape[1], dtype=hidden.dtype, device=hidden.device)
    tokens = np.maximum(1, np.stack((other, lengths - other), axis=1).reshape(-1, 1))
    means = total.index_add(0, _on(text, hidden), hidden) / _on(tokens, hidden).to(hidden.dtype)
    u, v = means[0::2], means[1::2]
    return torch.cat((u, v, (u - v).abs(), u * v), dim=1)


def _linear(inputs: int, outputs: int) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    nn.init.normal_(layer.weight, std=0.02)
    nn.init.zeros_(layer.bias)
    return layer


def _on(array: Any, like: Tensor) -> Tensor:
    return torch.from_numpy(array).to(like.device)


_Maker = Callable[[int, int, str, float, nn.Embedding], nn.Module]

_HEADS: dict[TaskType, _Maker] = {
    TaskType.CLASSIFICATION: lambda width, labels, pooling, dropout, _: SequenceHead(width, labels, pooling, dropout),
    TaskType.MULTIPLE_CHOICE: lambda width, _, pooling, dropout, __: ChoiceHead(width, pooling, dropout),
    TaskType.TOKEN_CLASSIFICATION: lambda width, labels, _, dropout, __: WordHead(width, labels, dropout),
    TaskType.SPAN_EXTRACTION: lambda width, *_: SpanHead(width),
    TaskType.MLM: lambda width, labels, _, dropout, embeddings: MaskedHead(width, embeddings),
    TaskType.RANKING: lambda *_: RankingHead(),
}


def as_head(module: nn.Module) -> Head:
    """``module`` seen through the protocol."""
    return cast(Head, module)
