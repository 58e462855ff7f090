"""The embedding job: the candidates of a ranking in one language, as one model sees them.

In: an ``Embed``. Out: ``vectors.npy``, float32 [candidates, width], of length one, and ``ids.parquet``, what they are
called. The queries of all languages are looked for in the same vectors, which are therefore a result of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from xstilts.catalogue.task import TaskType
from xstilts.data.encode import Lengths, encode_cached
from xstilts.evaluate.predict import text_vectors
from xstilts.jobs.sources import AllSources
from xstilts.jobs.stored import names_in
from xstilts.model.network import Network
from xstilts.study import job
from xstilts.study.store import Store

VECTORS, IDS = "vectors.npy", "ids.parquet"
Array = np.ndarray[Any, np.dtype[Any]]


def run_embed(work: job.Embed, key: str, store: Store, source: AllSources, network: Network, cache: Path) -> None:
    """Do the job and store its result."""
    table, lengths = source.read(work.data), Lengths(work.max_length)
    encoded = encode_cached(lambda: table, work.data.checksum, TaskType(work.type), network.vocabulary, lengths, cache)
    vectors = text_vectors(network, work.task, encoded, work.precision)
    with store.writing(key) as (folder, extra):
        np.save(folder / VECTORS, vectors)
        pq.write_table(table.select(["id"]), folder / IDS, compression="zstd")
        extra["examples"] = len(vectors)


def pooled(store: Store, pool: Sequence[job.Rows], keys: Sequence[str]) -> tuple[Array, list[str]]:
    """The vectors of these jobs, one after the other, and the names of their candidates; ``pool`` are their rows."""
    vectors = [np.load(store.folder(key) / VECTORS, mmap_mode="r") for key in keys]
    ids = [pq.read_table(store.folder(key) / IDS)["id"].to_pylist() for key in keys]
    names = [name for rows, own in zip(pool, ids, strict=True) for name in names_in(pool, rows, own)]
    return np.concatenate(vectors), names
