"""What lies behind a score: predictions, counts and gold rows, read from the store and the study's sources.

In: a study's plan, its store. Out: ``Behind``, which analyses get as their reader. No model is loaded; what is not
there is None, so that an analysis can say what it could not use.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from xstilts.catalogue.errors import Problem
from xstilts.data.vocabulary import read_vocabulary
from xstilts.jobs.score import COUNTS
from xstilts.jobs.sources import AllSources, open_source
from xstilts.jobs.stored import PREDICTIONS, first_rows
from xstilts.study.job import Key, Predict, Rows, Score, Share, Train
from xstilts.study.manifest import Plan
from xstilts.study.store import Store

Array = np.ndarray[Any, np.dtype[Any]]
PAIR = {"source", "target"}  # columns of translations
TEXTS = 2_000  # rows of each set from which words are counted


class Behind:
    """Reads what the scores of ``plan`` came from. Gold rows are read once and kept: many scores share them."""

    def __init__(self, plan: Plan, store: Store) -> None:
        self._plan, self._store = plan, store
        self._gold: dict[tuple[Rows, int | None], pa.Table | None] = {}
        self._texts: dict[str, list[str]] = {}
        self._pieces: dict[tuple[str, Rows, int | None], tuple[int, int]] = {}

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

    def pieces(self, score: Key) -> tuple[int, int] | None:
        """Tokens and unknown tokens of the scored rows' texts, of translations their own side; None where the rows or
        the tokenizer are not here."""
        job, model = self._score(score), self._prediction(score).model
        rows = self._rows(job.data, job.examples)
        if model is None or rows is None or not self._store.has(model):
            return None
        vocabulary = read_vocabulary(self._store.folder(model) / "model")
        at = (vocabulary.digest, job.data, job.examples)
        if at not in self._pieces:
            ids = [
                number
                for text in vocabulary.ids(
                    texts_in(rows.drop_columns(["target"]) if set(rows.column_names) >= PAIR else rows)
                )
                for number in text
            ]
            self._pieces[at] = (len(ids), ids.count(vocabulary.unknown))
        return self._pieces[at]

    def shown(
        self, shows: str, backbone: str, arm: str = "", target: str = "", language: str = ""
    ) -> dict[str, Array] | None:
        """The arrays of a probe; None where the plan or the store has none."""
        key = self._probes.get((shows, backbone, arm, target, language))
        if key is None or not self._store.has(key):
            return None
        return {path.stem: np.load(path, mmap_mode="r") for path in self._store.folder(key).glob("*.npy")}

    def trained_on(self, score: Key) -> dict[str, list[str]]:
        """Texts of the first rows of every task in the intermediate and target phases behind a score."""
        found = {}
        rows = {share.task: share.data for share in self._shares.get(score, ())}
        scored = self._score(score)
        for task, parts in {scored.task: (scored.data,), **rows}.items():
            if task not in self._texts:
                tables = [self._rows(part, TEXTS) for part in parts]
                self._texts[task] = [text for table in tables if table is not None for text in texts_in(table)]
            if self._texts[task]:
                found[task] = self._texts[task]
        return found

    @cached_property
    def _probes(self) -> dict[tuple[str, str, str, str, str], Key]:
        return {(one.shows, one.backbone, one.arm, one.target, one.language): one.key for one in self._plan.probes}

    @cached_property
    def _shares(self) -> dict[Key, tuple[Share, ...]]:
        """What trained behind each score, pretraining left out."""
        phases = {key: job.shares for key, job in self._plan.jobs.items() if isinstance(job, Train)}
        return {
            cell.score: tuple(share for key in cell.trainings for share in phases.get(key, ()))
            for cell in self._plan.cells
        }

    @cached_property
    def _predictions(self) -> dict[Key, Predict]:
        return {key: job for key, job in self._plan.jobs.items() if isinstance(job, Predict)}

    @cached_property
    def _by_model(self) -> dict[tuple[object, ...], Key]:
        """Predictions of unchanged rows by model, task, split and language; floors and given ones have no model."""
        return {
            (job.model, job.start, job.task, job.data.split, job.data.language): key
            for key, job in self._predictions.items()
            if job.computed and job.change is None
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


def texts_in(table: pa.Table) -> list[str]:
    """All texts of a table: columns of texts, and of lists of texts; of translations the pivot language's."""
    if set(table.column_names) >= PAIR:
        table = table.select(["target"])
    found: list[str] = []
    for name, kind in zip(table.column_names, table.schema.types, strict=True):
        column = table[name]
        if pa.types.is_list(kind):
            column, kind = pc.list_flatten(column), kind.value_type
        if pa.types.is_string(kind) and name != "id":
            found += column.drop_null().to_pylist()
    return found
