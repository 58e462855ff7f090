"""The prediction job: one model, one task, one language.

In: ``Predict`` values that share a model. Out: one table of predictions each, ``predictions.parquet``. The model is
loaded once for all of them. Floors are predictions too: of a trivial predictor that has seen the labelled rows. So are
files that another system wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import UNTRAINED, TaskType
from xstilts.data.change import changed, dictionary
from xstilts.data.encode import Encoded, Lengths, encode_cached
from xstilts.data.random import stream
from xstilts.evaluate.predict import predict, predict_ranking, predict_spans
from xstilts.evaluate.retrieve import predict_neighbours, predict_pairs
from xstilts.jobs.embed import pooled
from xstilts.jobs.given import given_table
from xstilts.jobs.sources import AllSources
from xstilts.jobs.start import open_start
from xstilts.jobs.stored import CHANGED, PREDICTIONS, first_rows
from xstilts.metrics import get_metric
from xstilts.model.network import Network, device_of, load_network
from xstilts.study import job
from xstilts.study.job import to_json
from xstilts.study.protocols import Places
from xstilts.study.store import Store


class Models:
    """The network that the last prediction used, kept for the next one; ``given``: files of predictions by content."""

    def __init__(self, store: Store, source: AllSources, places: Places, cache: Path) -> None:
        self._open = (store, source, places, cache)
        self.given = places.predictions
        self._name: str | job.Start | None = None
        self._network: Network | None = None

    def network(self, work: job.Predict | job.Embed | job.Probe) -> Network:
        """The network that ``work`` predicts, embeds or probes with."""
        name = work.model or _start(work)
        if self._network is None or name != self._name:
            self._name, self._network = name, self.fresh(work)
        return self._network

    def fresh(self, work: job.Predict | job.Embed | job.Probe) -> Network:
        """The same, read anew, for a job that changes it."""
        store, source, places, cache = self._open
        if work.model is not None:
            return load_network(store.folder(work.model) / "model").to(device_of())
        start = _start(work)
        if start is None:
            raise Problem("a floor has no network")
        encoder, vocabulary = open_start(start, store, source, places, cache, 0.0, 0)
        return Network(encoder, (), (), vocabulary).eval().to(device_of())


def _start(work: job.Predict | job.Embed | job.Probe) -> job.Start | None:
    return None if isinstance(work, job.Embed) else work.start


def run_predict(work: job.Predict, key: str, store: Store, source: AllSources, models: Models, cache: Path) -> None:
    """Do the job and store its result."""
    whole = source.read(work.data)
    table = first_rows(whole, work.examples)
    marks: dict[str, pa.Array] = {}
    if work.change is not None:
        table, marks[CHANGED] = _changed(table, work.change, source)
    if work.given is not None:
        path = Path(models.given.get(work.given, ""))
        predicted = given_table(path, work.given, source.task(work.task), whole, work.examples)
    elif not work.computed:
        if work.labelled is None and work.type not in UNTRAINED:
            raise Problem(f"the floor of '{work.task}' needs labelled rows")
        labelled = source.read(work.labelled) if work.labelled else table
        task = source.task(work.task)
        predicted = get_metric(task.metric).floor(labelled, table, work.labels)
    else:
        network = models.network(work)
        checksum = f"{work.data.checksum}:{work.examples}"
        if work.change is not None:
            checksum += f":{to_json(work)['change']}"
        lengths = Lengths(work.max_length, work.stride)
        type = TaskType(work.type)
        encoded = encode_cached(lambda: table, checksum, type, network.vocabulary, lengths, cache)
        predicted = _HOW.get(type, _labels)(work, network, table, encoded, store)
    for name, column in marks.items():
        predicted = predicted.append_column(name, column)
    with store.writing(key) as (folder, extra):
        pq.write_table(predicted, folder / PREDICTIONS, compression="zstd")
        extra["examples"] = table.num_rows


def _changed(table: pa.Table, change: job.Change, source: AllSources) -> tuple[pa.Table, pa.Array]:
    """The rows changed, and which of them are."""
    words = dictionary(source.read(change.dictionary)) if change.dictionary else {}
    return changed(table, change.name, stream(change.seed, "change", change.name), words)


def _labels(work: job.Predict, network: Network, table: pa.Table, encoded: Encoded, store: Store) -> pa.Table:
    return predict(network, work.task, TaskType(work.type), table, encoded, work.precision)


def _neighbours(work: job.Predict, network: Network, table: pa.Table, encoded: Encoded, store: Store) -> pa.Table:
    return predict_neighbours(network, encoded, work.layer, work.search, work.precision)


def _pairs(work: job.Predict, network: Network, table: pa.Table, encoded: Encoded, store: Store) -> pa.Table:
    return predict_pairs(network, table, encoded, work.layer, work.search, work.precision)


def _spans(work: job.Predict, network: Network, table: pa.Table, encoded: Encoded, store: Store) -> pa.Table:
    return predict_spans(network, work.task, table, encoded, work.precision, work.null_threshold)


def _ranking(work: job.Predict, network: Network, table: pa.Table, encoded: Encoded, store: Store) -> pa.Table:
    vectors, names = pooled(store, work.pool, work.vectors)
    return predict_ranking(network, work.task, table, encoded, work.precision, vectors, names)


_HOW: Mapping[TaskType, Callable[[job.Predict, Network, pa.Table, Encoded, Store], pa.Table]] = {
    TaskType.RETRIEVAL: _neighbours,
    TaskType.MINING: _pairs,
    TaskType.SPAN_EXTRACTION: _spans,
    TaskType.RANKING: _ranking,
}
