"""The scoring job: counts per example, and their reduction.

In: stored predictions and the gold rows. Out: ``counts.parquet`` (one row an example, one column a count) and the
score in points in the record. No model is loaded.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType
from xstilts.jobs.collapsed import collapsed
from xstilts.jobs.keep import kept
from xstilts.jobs.sources import AllSources
from xstilts.jobs.stored import gold_of
from xstilts.metrics import get_metric
from xstilts.metrics.mining_f1 import pairs_of
from xstilts.study import job
from xstilts.study.store import Store

COUNTS = "counts.parquet"


def run_score(work: job.Score, key: str, store: Store, source: AllSources) -> None:
    """Do the job and store its result."""
    gold = gold_of(work, source)
    predicted, threshold = kept(work, store, source)
    mining = work.type == TaskType.MINING
    if not mining and predicted.num_rows != gold.num_rows:
        raise Problem(
            f"{predicted.num_rows} predictions for {gold.num_rows} rows of {work.task} ({work.data.language})"
        )
    metric = get_metric(work.metric)
    counts = metric.count(gold, predicted, work.data.language, work.labels)
    with store.writing(key) as (folder, extra):
        columns = {name: counts[:, number] for number, name in enumerate(metric.columns)}
        pq.write_table(pa.table(columns), folder / COUNTS, compression="zstd")
        extra |= {
            "score": metric.reduce(counts),
            "examples": len(pairs_of(gold)) if mining else gold.num_rows,
            "left_out": source.left_out(work.data),
            **({"collapsed": True} if collapsed(work.type, gold, predicted) else {}),
            **({"instead": text} if (text := source.instead(work.data)) else {}),
            **({"stated": text} if (text := source.stated(work.data)) else {}),
            **threshold,
        }
