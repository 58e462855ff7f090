"""What lies behind a score: predictions, counts and gold rows, read from the store and the study's sources.

In: a study's plan, its store. Out: ``Behind``, which analyses get as their reader. No model is loaded; what is not
there is None, so that an analysis can say what it could not use.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.catalogue.errors import Problem
from xstilts.jobs.score import COUNTS
from xstilts.jobs.sources import AllSources, open_source
from xstilts.jobs.stored import PREDICTIONS, first_rows
from xstilts.study.job import Key, Predict, Rows, Score
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
        return self._rows(job.data, job.examples)

    def labelled(self, score: Key, split: str) -> tuple[pa.Table, pa.Table] | None:
        """Predictions and rows of ``split`` in the language with labels; None where the plan or the store has none."""
        scored = self._prediction(score)
        language = self._plan.tasks[scored.task]["train_language"]
        key = self._by_model.get((scored.model, scored.start, scored.task, split, language))
        if key is None:
            return None
        job = self._predictions[key]
        predicted, rows = self._table(key, PREDICTIONS), self._rows(job.data, job.examples)
        return None if predicted is None or rows is None else (predicted, rows)

    def changed(self, score: Key, change: str) -> pa.Table | None:
        """Predictions on the scored rows after ``change``, with the column that says which rows are any different."""
        key = self._by_change.get((self._prediction(score), change))
        return None if key is None else self._table(key, PREDICTIONS)

    @cached_property
    def _predictions(self) -> dict[Key, Predict]:
        return {key: job for key, job in self._plan.jobs.items() if isinstance(job, Predict)}

    @cached_property
    def _by_model(self) -> dict[tuple[object, ...], Key]:
        """Predictions of unchanged rows by model, task, split and language."""
        return {
            (job.model, job.start, job.task, job.data.split, job.data.language): key
            for key, job in self._predictions.items()
            if job.change is None
        }

    @cached_property
    def _by_change(self) -> dict[tuple[Predict, str], Key]:
        return {
            (replace(job, change=None), job.change.name): key for key, job in self._predictions.items() if job.change
        }

    def _prediction(self, score: Key) -> Predict:
        return self._predictions[self._score(score).prediction]

    def _rows(self, data: Rows, examples: int | None) -> pa.Table | None:
        if (data, examples) not in self._gold:
            try:
                self._gold[data, examples] = first_rows(self._source.read(data), examples)
            except Problem:
                self._gold[data, examples] = None
        return self._gold[data, examples]

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
