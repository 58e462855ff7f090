"""Chunk F1: the F1 of predicted runs of tags, XTREME's score for UD-POS and PAN-X.

In: gold rows and predictions with ``tags``, indices into the labels. Out: three counts a sentence: gold chunks,
predicted chunks, chunks in both. The rules are those of seqeval up to 0.0.13, which produce the official scores: a
tag's first character is its prefix, and its type is what follows the last hyphen, or the whole tag.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType
from xstilts.metrics.metric import Counts, Metric, same_size

Integers = npt.NDArray[np.int64]


def count(gold: pa.Table, predicted: pa.Table, language: str, labels: Sequence[str]) -> Counts:
    """Counts [sentences, 3]. Raises ``Problem`` unless each token of each sentence has one predicted tag."""
    aligned(gold, predicted, language, labels)
    return chunk_counts(gold, predicted, labels, kind_of)


def kind_of(tag: str) -> str:
    """The type of a tag: what follows the last hyphen, or the whole tag."""
    return tag.rsplit("-", 1)[-1]


def aligned(
    gold: pa.Table, predicted: pa.Table, language: str, labels: Sequence[str]
) -> tuple[Integers, Integers, Integers]:
    """Gold tags [tokens], predicted tags [tokens], tokens of each sentence [sentences]. Raises ``Problem`` as above."""
    same_size(gold, predicted, language)
    right, sizes = _flat(gold["tags"])
    said, said_sizes = _flat(predicted["tags"])
    if (wrong := np.flatnonzero(sizes != said_sizes)).size:
        row = int(wrong[0])
        raise Problem(
            f"sentence {row + 1} in '{language}' has {sizes[row]} tokens but {said_sizes[row]} predicted tags: "
            "predict one tag for each token"
        )
    for tags, whose in ((right, "gold"), (said, "predicted")):
        if tags.size and not 0 <= tags.min() <= tags.max() < len(labels):
            raise Problem(f"a {whose} tag in '{language}' is none of the {len(labels)} labels of the task")
    return right, said, sizes


def chunk_counts(gold: pa.Table, predicted: pa.Table, labels: Sequence[str], kind: Callable[[str], str]) -> Counts:
    """Counts [sentences, 3] under the rule ``kind``, which says of what type a tag is.

    Both texts are read from their own beginning, whether or not their sentences are equally long.
    """
    right, sizes = _flat(gold["tags"])
    said, said_sizes = _flat(predicted["tags"])
    ends, starts, kinds = _chunks(right, sizes, labels, kind)
    said_ends, said_starts, said_kinds = _chunks(said, said_sizes, labels, kind)
    _, mine, theirs = np.intersect1d(ends, said_ends, assume_unique=True, return_indices=True)
    same = (starts[mine] == said_starts[theirs]) & (kinds[mine] == said_kinds[theirs])
    found = ((ends, sizes), (said_ends, said_sizes), (ends[mine][same], sizes))
    return np.stack([_by_sentence(places, each) for places, each in found], axis=1).astype(np.float64)


def _by_sentence(places: Integers, sizes: Integers) -> Integers:
    """How many of ``places`` lie in each sentence."""
    sentence = np.repeat(np.arange(len(sizes)), sizes + 1)
    return np.bincount(sentence[places], minlength=len(sizes))


def _flat(tags: pa.ChunkedArray) -> tuple[Integers, Integers]:
    """All tags in one array, and the number in each sentence."""
    values = tags.combine_chunks()
    if values.null_count or values.flatten().null_count:
        raise Problem("a sentence or a tag is missing: each sentence needs a list of tags")
    return values.flatten().to_numpy().astype(np.int64), pc.list_value_length(values).to_numpy().astype(np.int64)


def _chunks(
    tags: Integers, sizes: Integers, labels: Sequence[str], kind_of: Callable[[str], str]
) -> tuple[Integers, Integers, Integers]:
    """Last position, first position and type of every chunk, in order; positions count one ``O`` after each sentence.

    Chunks are found in the whole text at once. A chunk that is never opened takes the start of the one before, as in
    the original: with odd tags (``X-O``) this can be seen.
    """
    names = [*labels, "O"]  # the last stands for the end of a sentence
    types = {kind: place for place, kind in enumerate(dict.fromkeys(kind_of(name) for name in names))}
    type_of = np.array([types[kind_of(name)] for name in names])
    prefix_of = np.array([name[:1] for name in names])

    text = np.full(len(tags) + len(sizes), len(labels))
    text[np.arange(len(tags)) + np.repeat(np.arange(len(sizes)), sizes)] = tags
    prefix, kind = prefix_of[text], type_of[text]
    before = np.concatenate([["O"], prefix])  # entry i: the prefix before position i; the last stands after the end
    after = np.concatenate([prefix, ["O"]])
    kind_before, kind_after = np.concatenate([[types.get("", -1)], kind]), np.concatenate([kind, [type_of[-1]]])
    changes = kind_before != kind_after

    closes = np.isin(before, ("E", "S")) | (np.isin(before, ("B", "I")) & np.isin(after, ("B", "S", "O")))
    closes |= ~np.isin(before, ("O", ".")) & changes
    opens = np.isin(after, ("B", "S")) | (np.isin(before, ("E", "S", "O")) & np.isin(after, ("E", "I")))
    opens |= ~np.isin(after, ("O", ".")) & changes

    starts = np.maximum.accumulate(np.where(opens, np.arange(len(opens)), 0))
    ends = np.flatnonzero(closes) - 1
    return ends, starts[ends], kind_before[ends + 1]


def precision(counts: Counts) -> float:
    """The share of predicted chunks that are right, in points; 0 where nothing is predicted."""
    return _shares(counts)[0] * 100


def recall(counts: Counts) -> float:
    """The share of gold chunks that are found, in points; 0 where there is none."""
    return _shares(counts)[1] * 100


def reduce(counts: Counts) -> float:
    """The harmonic mean of precision and recall over all chunks of all sentences, in points; 0 where both are 0."""
    p, r = _shares(counts)
    return 2 * p * r / (p + r) * 100 if p + r > 0 else 0.0


def _shares(counts: Counts) -> tuple[float, float]:
    gold, said, both = (float(total) for total in counts.sum(axis=0))
    return both / said if said else 0.0, both / gold if gold else 0.0


def floor(labelled: pa.Table | None, gold: pa.Table, labels: Sequence[str]) -> pa.Table:
    """Each word's most frequent tag in ``labelled``; for an unknown word the most frequent tag of all.

    Words are compared as they are written. The lower index wins a tie.
    """
    if labelled is None or not (tags := labelled["tags"].combine_chunks().flatten().to_pylist()):
        raise Problem("the most frequent tag needs labelled rows: give the task a training split")
    words = labelled["tokens"].combine_chunks().flatten().to_pylist()
    best: dict[str, tuple[int, int]] = {}
    for (word, tag), times in Counter(zip(words, tags, strict=True)).items():
        best[word] = max(best.get(word, (0, 0)), (times, -tag))
    overall = max(((times, -tag) for tag, times in Counter(tags).items()), default=(0, 0))
    said = [[-best.get(word, overall)[1] for word in sentence] for sentence in gold["tokens"].to_pylist()]
    return pa.table({"tags": pa.array(said, pa.list_(pa.int16()))})


METRIC = Metric(
    name="chunk_f1",
    types=(TaskType.TOKEN_CLASSIFICATION,),
    columns=("gold", "predicted", "both"),
    count=count,
    reduce=reduce,
    floor=floor,
    further={"precision": precision, "recall": recall},
)
