"""The probing job: what one model shows of a task's rows.

In: a ``Probe``. Out: one ``.npy`` file an array: ``text``, ``features`` with ``labels`` and ``outputs``, ``source`` and
``target`` of translations, or ``sketch``. Analyses read them without a network.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType
from xstilts.data.encode import Encoded, Lengths, encode_cached
from xstilts.evaluate.probe import change, features, fisher, gradient, text_vector
from xstilts.evaluate.retrieve import sentence_vectors
from xstilts.jobs.predict import Models
from xstilts.jobs.shares import gathered
from xstilts.jobs.sources import AllSources
from xstilts.model.network import Network
from xstilts.study import job
from xstilts.study.store import Store

Array = np.ndarray[Any, np.dtype[Any]]


def run_probe(work: job.Probe, key: str, store: Store, source: AllSources, models: Models, cache: Path) -> None:
    """Do the job and store its result."""
    found = _SHOWN[work.shows](work, source, models, cache)
    with store.writing(key) as (folder, extra):
        for name, values in found.items():
            np.save(folder / f"{name}.npy", values)
        extra["examples"] = rows_shown(work)


def rows_shown(work: job.Probe) -> int:
    """Rows that the model was shown."""
    return 0 if work.share is None else min(work.share.examples or 2**62, sum(part.rows for part in work.share.data))


def _text(work: job.Probe, source: AllSources, models: Models, cache: Path) -> dict[str, Array]:
    network = models.network(work)
    encoded, examples, _ = _rows(work, source, network, cache)
    return {"text": text_vector(network, encoded, examples, work.precision)}


def _features(work: job.Probe, source: AllSources, models: Models, cache: Path) -> dict[str, Array]:
    network = models.network(work)
    encoded, examples, type = _rows(work, source, network, cache)
    return features(network, type, encoded, examples, work.head, work.precision)


def _fisher(work: job.Probe, source: AllSources, models: Models, cache: Path) -> dict[str, Array]:
    network = models.fresh(work)
    encoded, examples, type = _rows(work, source, network, cache)
    return {"sketch": fisher(network, type, _share(work).task, encoded, examples, work.precision)}


def _gradient(work: job.Probe, source: AllSources, models: Models, cache: Path) -> dict[str, Array]:
    """Under the head that the task's own training ended with: a new one would give a random direction."""
    network, base = models.fresh(work), models.fresh(replace(work, model=None))
    encoded, examples, type = _rows(work, source, network, cache)
    joined = Network(base.encoder, list(network.heads), network.specs, network.vocabulary).eval()
    return {"sketch": gradient(joined, type, _share(work).task, encoded, examples, work.precision)}


def _change(work: job.Probe, source: AllSources, models: Models, cache: Path) -> dict[str, Array]:
    return {"sketch": change(models.fresh(work), models.fresh(replace(work, model=None)))}


def _pairs(work: job.Probe, source: AllSources, models: Models, cache: Path) -> dict[str, Array]:
    """Both sides of the first translations of plain text."""
    network, share = models.network(work), _share(work)
    (rows,) = share.data

    def read() -> pa.Table:
        table = source.read(rows)
        sides = [table.column(name) for name in ("text", "text_b")]
        return pa.table(sides, names=["source", "target"]).slice(0, share.examples)

    name = f"{rows.identity}:pairs:{share.examples}"
    lengths = Lengths(work.max_length, work.stride)
    encoded = encode_cached(read, name, TaskType.RETRIEVAL, network.vocabulary, lengths, cache)
    vectors = sentence_vectors(network, encoded, None, work.precision)
    return {"source": vectors[0::2], "target": vectors[1::2]}


_SHOWN = {
    "text": _text,
    "features": _features,
    "pairs": _pairs,
    "fisher": _fisher,
    "gradient": _gradient,
    "change": _change,
}


def _rows(work: job.Probe, source: AllSources, network: Network, cache: Path) -> tuple[Encoded, Array, TaskType]:
    """The share's rows, encoded, and the numbers of those that are shown."""
    share = _share(work)
    settings = job.Settings(1, 1, 1.0, max_length=work.max_length, stride=work.stride)
    encoded, pool = gathered(share, source, network.vocabulary, settings, cache, 0)
    return encoded, np.concatenate(pool.rows), TaskType(share.type)


def _share(work: job.Probe) -> job.Share:
    if work.share is None:
        raise Problem(f"a probe that shows {work.shows} needs rows")
    return work.share
