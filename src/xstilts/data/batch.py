"""A batch is one flat row of tokens with sequence boundaries, cut under a token budget.

In: sequence numbers of an ``Encoded``. Out: ``Batch``: ids, positions that restart at every sequence, where the head
of the task type reads, and what it should find there. Sequences stand in order of length, so that attention hardly
pads; a cut takes slices and changes no order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from xstilts.catalogue.task import TaskType
from xstilts.data.encode import Encoded
from xstilts.data.vocabulary import Vocabulary

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Batch:
    """``ids``, ``segments``, ``positions`` int64 [tokens]; ``starts`` int64 [n + 1]; ``sequences`` int64 [n]: which
    sequences of the ``Encoded`` these are. ``where`` int64 [m], rising: token numbers that the head reads; ``target``
    int64 [m] or [m, 2], or what a teacher says, float32 [m, width]. ``whole`` int64 [k + 1], rising, where examples of
    several sequences must not be divided: the numbers of the sequences at which they begin, and n. ``other`` int64
    [n], where sequences may hold two texts: where the second begins in its sequence (its length where there is none).
    """

    ids: Array
    segments: Array
    positions: Array
    starts: Array
    sequences: Array
    where: Array
    target: Array
    whole: Array | None = None
    other: Array | None = None

    @property
    def lengths(self) -> Array:
        """Tokens of each sequence, int64 [n]."""
        return np.diff(self.starts)


def sequences_of(encoded: Encoded, examples: Array) -> Array:
    """Numbers of the sequences of ``examples``, int64; an example drawn twice gives its sequences twice."""
    low = np.searchsorted(encoded.example, examples, side="left")
    high = np.searchsorted(encoded.example, examples, side="right")
    return flat_index(low, high - low)


def flat_index(starts: Array, lengths: Array) -> Array:
    """Numbers of ragged rows: ``starts[i] .. starts[i] + lengths[i]`` one after the other, int64 [sum of lengths]."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    numbers: Array = np.arange(total) + np.repeat(starts - (ends - lengths), lengths)
    return numbers


def by_length(encoded: Encoded, sequences: Array) -> Array:
    """``sequences`` from short to long, ties in the given order; the choices of one example stay together."""
    lengths = encoded.starts[sequences + 1] - encoded.starts[sequences]
    if "choices" not in encoded.columns or not len(sequences):
        order: Array = sequences[np.argsort(lengths, kind="stable")]
        return order
    begins = _begins(encoded, sequences)
    longest = np.argsort(np.maximum.reduceat(lengths, begins), kind="stable")
    return np.asarray(sequences[flat_index(begins[longest], np.diff(begins, append=len(sequences))[longest])])


def _begins(encoded: Encoded, sequences: Array) -> Array:
    """Places in ``sequences`` that hold the first sequence of an example, int64 [examples]."""
    first = np.searchsorted(encoded.example, encoded.example[sequences], side="left")
    return np.flatnonzero(first == sequences)


def gather(encoded: Encoded, sequences: Array, type: TaskType) -> Batch:
    """The batch of ``sequences``, in the given order, with what the head of ``type`` reads and should find."""
    lengths = encoded.starts[sequences + 1] - encoded.starts[sequences]
    starts = np.zeros(len(sequences) + 1, dtype=np.int64)
    np.cumsum(lengths, out=starts[1:])
    index = flat_index(encoded.starts[sequences], lengths)
    where, target = _READS[type](encoded, sequences, starts)
    positions = np.arange(starts[-1]) - np.repeat(starts[:-1], lengths)
    if "second" in encoded.columns:  # a translation's positions begin anew (Conneau and Lample 2019)
        second = np.repeat(encoded.columns["second"][sequences], lengths)
        positions -= np.where(positions >= second, second, 0)
    return Batch(
        ids=encoded.ids[index].astype(np.int64),
        segments=encoded.segments[index].astype(np.int64),
        positions=positions,
        starts=starts,
        sequences=sequences,
        where=where,
        target=target,
        whole=np.append(_begins(encoded, sequences), len(sequences)) if "choices" in encoded.columns else None,
        other=encoded.columns["other"][sequences] if "other" in encoded.columns else None,
    )


def cut(batch: Batch, budget: int) -> Iterator[Batch]:
    """Slices of ``batch`` with at most ``budget`` tokens each (a longer single sequence or example stands alone)."""
    edges = _edges(batch)
    tokens = batch.starts[edges]
    place = 0
    while place < len(edges) - 1:
        stop = max(place + 1, int(np.searchsorted(tokens, tokens[place] + budget, side="right")) - 1)
        yield _slice(batch, edges, place, stop)
        place = stop


def divided(batch: Batch, count: int) -> list[Batch]:
    """``count`` slices of ``batch`` of about as many tokens each; fewer where there are not so many examples."""
    edges = _edges(batch)
    tokens = batch.starts[edges]
    wanted = np.arange(1, count) * (tokens[-1] / count)
    after = np.searchsorted(tokens, wanted)
    nearest = np.where(tokens[after] - wanted < wanted - tokens[after - 1], after, after - 1)
    places = np.unique([0, *nearest.tolist(), len(edges) - 1])
    return [_slice(batch, edges, int(low), int(high)) for low, high in pairwise(places)]


def _edges(batch: Batch) -> Array:
    """Numbers of the sequences between which ``batch`` may be cut, and how many there are."""
    return np.arange(len(batch.starts)) if batch.whole is None else batch.whole


def _slice(batch: Batch, edges: Array, place: int, stop: int) -> Batch:
    low, high = int(edges[place]), int(edges[stop])
    first, last = int(batch.starts[low]), int(batch.starts[high])
    begin, end = np.searchsorted(batch.where, [first, last])
    return Batch(
        ids=batch.ids[first:last],
        segments=batch.segments[first:last],
        positions=batch.positions[first:last],
        starts=batch.starts[low : high + 1] - first,
        sequences=batch.sequences[low:high],
        where=batch.where[begin:end] - first,
        target=batch.target[begin:end],
        whole=None if batch.whole is None else edges[place : stop + 1] - low,
        other=None if batch.other is None else batch.other[low:high],
    )


def masked(batch: Batch, vocabulary: Vocabulary, rate: float, draw: np.random.Generator) -> Batch:
    """Hide ``rate`` of the text tokens: 80 % by the mask, 10 % by a random id, 10 % left (Devlin et al. 2019)."""
    chosen = np.flatnonzero((draw.random(len(batch.ids)) < rate) & ~np.isin(batch.ids, vocabulary.special))
    how = draw.random(len(chosen))
    other = draw.integers(0, vocabulary.size, len(chosen))
    ids = batch.ids.copy()
    ids[chosen] = np.where(how < 0.8, vocabulary.mask, np.where(how < 0.9, other, ids[chosen]))
    return replace(batch, ids=ids, where=chosen, target=batch.ids[chosen])


_Reads = tuple[Array, Array]


def _of_sequence(encoded: Encoded, sequences: Array, starts: Array) -> _Reads:
    label = encoded.columns["label"][encoded.example[sequences]]
    return starts[:-1], np.asarray(label, dtype=np.int64)


def _of_choices(encoded: Encoded, sequences: Array, starts: Array) -> _Reads:
    """One target an example: the number of the right choice, at the first token of its first choice."""
    begins = _begins(encoded, sequences)
    label = encoded.columns["label"][encoded.example[sequences[begins]]]
    return starts[begins], np.asarray(label, dtype=np.int64)


def _of_words(encoded: Encoded, sequences: Array, starts: Array) -> _Reads:
    first = encoded.columns["words"][sequences]
    counts = encoded.columns["words"][sequences + 1] - first
    index = flat_index(first, counts)
    shift = np.repeat(starts[:-1] - encoded.starts[sequences], counts)
    return encoded.columns["word"][index] + shift, np.asarray(encoded.columns["tag"][index], dtype=np.int64)


def _of_spans(encoded: Encoded, sequences: Array, starts: Array) -> _Reads:
    ends = [encoded.columns[name][sequences] for name in ("answer_start", "answer_end")]
    return starts[:-1], np.stack(ends, axis=1).astype(np.int64)


def _of_pairs(encoded: Encoded, sequences: Array, starts: Array) -> _Reads:
    """With a teacher's vectors: the vector of each query's candidate, float32 [n, width]. Else nothing."""
    if "vector" not in encoded.columns:
        return _nothing_yet(encoded, sequences, starts)
    number = encoded.columns["vector"][encoded.example[sequences]]
    return starts[:-1], np.asarray(encoded.columns["vectors"][number], dtype=np.float32)


def _nothing_yet(encoded: Encoded, sequences: Array, starts: Array) -> _Reads:
    return starts[:-1], np.zeros(len(sequences), dtype=np.int64)


_READS: dict[TaskType, Callable[[Encoded, Array, Array], _Reads]] = {
    TaskType.CLASSIFICATION: _of_sequence,
    TaskType.MULTIPLE_CHOICE: _of_choices,
    TaskType.TOKEN_CLASSIFICATION: _of_words,
    TaskType.SPAN_EXTRACTION: _of_spans,
    TaskType.MLM: _nothing_yet,
    TaskType.RANKING: _of_pairs,
    TaskType.RETRIEVAL: _nothing_yet,
    TaskType.MINING: _nothing_yet,
}
