"""The rows of a share, encoded: those that a training or a probe uses, and no others where they are few.

In: a ``Share`` and where its rows come from. Out: one ``Encoded`` of all its languages, and the pool of its rows. Which
rows a cap takes is known from their labels alone, and those are kept beside the encoded rows, so that a cap of 2,000
neither reads nor encodes the other 76,000 again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from xstilts.catalogue.task import TaskType
from xstilts.data.encode import Encoded, Lengths, encode_cached, is_encoded
from xstilts.data.join import joined_rows, shuffled
from xstilts.data.kept import kept
from xstilts.data.sample import Pool, dealt, subset
from xstilts.data.vocabulary import Vocabulary
from xstilts.jobs.sources import AllSources
from xstilts.study import job

Array = np.ndarray[Any, np.dtype[Any]]
Read = Callable[[job.Rows], pa.Table]

LABELLED = (TaskType.CLASSIFICATION, TaskType.MULTIPLE_CHOICE)  # whose subsets keep the shares of the labels
FEW = 0.5  # more than this share of a set is encoded with all of it, so that other subsets find it there


def gathered(
    share: job.Share, source: AllSources, vocabulary: Vocabulary, settings: job.Settings, cache: Path, seed: int
) -> tuple[Encoded, Pool]:
    """All languages of a share as one ``Encoded``, and its pool of rows."""
    lengths, type = Lengths(settings.max_length, settings.stride), TaskType(share.type)
    read = lru_cache(1)(source.read)  # a set's labels and then its rows
    parts: list[Encoded] = []
    places: list[Array] = []
    for rows, numbers in zip(share.data, _chosen(share, read, cache), strict=True):
        if not len(numbers) and not share.shuffled_labels:
            continue
        name, fetch = rows.identity, partial(read, rows)
        few = len(numbers) <= FEW * rows.rows and not share.shuffled_labels  # labels are dealt out among all rows
        if few and not is_encoded(name, type, vocabulary, lengths, cache):
            name = f"{name}:{sha256(numbers.tobytes()).hexdigest()}"
            fetch = partial(_taken, read, rows, numbers)
            numbers = np.arange(len(numbers), dtype=np.int64)
        parts.append(encode_cached(fetch, name, type, vocabulary, lengths, cache))
        places.append(numbers)
    joined, firsts = joined_rows(parts)
    if share.shuffled_labels:
        joined = shuffled(joined, seed, share.task)
    mixed = share.type in (TaskType.MLM, TaskType.RANKING)
    pool = Pool(
        name=share.task,
        rows=tuple(rows + first for rows, first in zip(places, firsts, strict=True) if len(rows)),
        alpha=settings.alpha if mixed and len(share.data) > 1 else None,
        weight=share.weight,
    )
    return joined, pool


def _taken(read: Read, rows: job.Rows, numbers: Array) -> pa.Table:
    return read(rows).take(pa.array(numbers))


def _chosen(share: job.Share, read: Read, cache: Path) -> list[Array]:
    """The numbers of the rows of each language that the share takes, int64, rising."""
    counts = [rows.rows for rows in share.data]
    if share.translations:
        cap = counts[0] if share.examples is None else share.examples
        own = _labels(share.type, share.data[:1], read, cache)
        picked = subset(own, counts[0], cap, share.subset_seed, share.task)
        if share.translations == "each":
            return [picked] * len(counts)
        language = dealt(counts[0], len(counts), share.subset_seed, share.task)[picked]
        return [picked[language == number] for number in range(len(counts))]
    if share.examples is None or share.examples >= sum(counts):
        return [np.arange(count, dtype=np.int64) for count in counts]
    labels = _labels(share.type, share.data, read, cache)
    picked = subset(labels, sum(counts), share.examples, share.subset_seed, share.task)
    edges = np.cumsum([0, *counts])
    cuts = np.searchsorted(picked, edges[1:-1])
    return [part - first for part, first in zip(np.split(picked, cuts), edges, strict=False)]


def _labels(type: str, data: tuple[job.Rows, ...], read: Read, cache: Path) -> Array | None:
    """The labels of all rows, int64; None where the type has none that a subset goes by."""
    return np.concatenate([_labels_of(rows, read, cache) for rows in data]) if type in LABELLED else None


def _labels_of(rows: job.Rows, read: Read, cache: Path) -> Array:
    def write(folder: Path) -> None:
        np.save(folder / "labels.npy", read(rows).column("label").to_numpy().astype(np.int64))

    found: Array = np.load(kept(cache / "labels" / rows.identity, write) / "labels.npy")
    return found
