"""What lies behind a score: predictions, counts and gold rows, read from the store and the study's sources.

In: a study's plan, its store. Out: ``Behind``, which analyses get as their reader. No model is loaded; what is not
there is None, so that an analysis can say what it could not use.
"""

from __future__ import annotations

from functools import cached_property

import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.catalogue.errors import Problem
from xstilts.jobs.score import COUNTS
from xstilts.jobs.sources import AllSources, open_source
from xstilts.jobs.stored import PREDICTIONS, first_rows
from xstilts.study.job import Key, Rows, Score
from xstilts.study.manifest import Plan
from xstilts.study.store import Store


class Behind:
    """Reads what the scores of ``plan`` came from. Gold rows are read once and kept: many scores share them."""

    def __init__(self, plan: Plan, store: Store) -> None:
        self._plan, self._store = plan, store
        self._gold: dict[tuple[Rows, int | None], pa.Table | None] = {}

    def predictions(self, score: Key) -> pa.Table | None:
        """The predictions that were scored."""
        return self._table(self._score(score).prediction, PREDICTIONS)

    def counts(self, score: Key) -> pa.Table | None:
        """The counts of the score's metric, one row an example."""
        return self._table(score, COUNTS)

    def gold(self, score: Key) -> pa.Table | None:
        """The rows that were scored; None where they are not on this machine or no longer those of the study."""
        job = self._score(score)
        at = (job.data, job.examples)
        if at not in self._gold:
            try:
                self._gold[at] = first_rows(self._source.read(job.data), job.examples)
            except Problem:
                self._gold[at] = None
        return self._gold[at]

    @cached_property
    def _source(self) -> AllSources:
        first = next(key for key, job in self._plan.jobs.items() if isinstance(job, Score))
        return open_source(self._store.job(first)[1], fetch=False, online=False)

    def _score(self, key: Key) -> Score:
        job = self._plan.jobs.get(key)
        if not isinstance(job, Score):
            raise Problem(f"'{key}' is no score of {self._plan.name}: see the column 'job' of its results table")
        return job

    def _table(self, key: Key, name: str) -> pa.Table | None:
        if not self._store.has(key):
            return None
        path = self._store.folder(key) / name
        return pq.read_table(path) if path.is_file() else None
