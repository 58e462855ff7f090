"""What a user's own rows and a store's models show of one another, for measures of likeness that need no training.

In: rows, a study of the store whose models were probed; the sources of this machine. Out: ``Seen``, vectors that
analyses compare; texts of tasks. No score is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import Task, TaskType
from xstilts.data.encode import Lengths, encode
from xstilts.evaluate.probe import features, text_vector
from xstilts.jobs.behind import TEXTS, texts_in
from xstilts.jobs.predict import Models
from xstilts.jobs.sources import AllSources, cache_folder, open_source
from xstilts.study.job import Probe
from xstilts.study.manifest import Plan
from xstilts.study.store import Store

Array = np.ndarray[Any, np.dtype[Any]]

ROWS = 1_000  # of the user's, that a model is shown


@dataclass(frozen=True)
class Seen:
    """``text`` [width]: the mean vector of the rows under the encoder before any task; ``texts``: those of the
    intermediate tasks, by name. ``features``: of labelled rows under each task's encoder, with their labels."""

    text: Array
    texts: Mapping[str, Array]
    features: Mapping[str, tuple[Array, Array]] = field(default_factory=dict)


def seen_by(plan: Plan, store: Store, backbone: str, rows: pa.Table, type: TaskType, labelled: bool) -> Seen | None:
    """What the probed models of ``backbone`` in a study make of the first rows; None where the study has none there."""
    jobs: dict[str, dict[str, tuple[str, Probe]]] = {}
    for one in plan.probes:
        job = plan.jobs[one.key]
        own = one.backbone == backbone and not one.target and not one.language
        if own and one.shows in ("text", "fisher") and isinstance(job, Probe) and job.share and store.has(one.key):
            jobs.setdefault(one.shows, {})[job.share.task] = (one.key, job)
    if not jobs.get("text"):
        return None
    first, base = next(iter(jobs["text"].values()))
    places = store.job(first)[1]
    source = open_source(places, fetch=False, online=False)
    models = Models(store, source, places, cache_folder())
    table = rows.slice(0, ROWS)
    every = np.arange(table.num_rows)
    network = models.network(base)
    encoded = encode(table, type, network.vocabulary, Lengths(base.max_length, base.stride))
    text = text_vector(network, encoded, every, base.precision)
    texts = {task: np.load(store.folder(key) / "text.npy") for task, (key, _) in jobs["text"].items()}
    found: dict[str, tuple[Array, Array]] = {}
    for task, (_, job) in jobs.get("fisher", {}).items() if labelled else ():
        if job.model is not None and store.has(job.model):
            shown = features(models.network(job), type, encoded, every, "", job.precision)
            found[task] = shown["features"], shown["labels"]
    return Seen(text, texts, found)


def texts_of(source: AllSources, task: Task) -> list[str]:
    """Texts of the first training rows of a task in the language that has labels; none where they are not here."""
    try:
        parts = [source.task(name) for name in task.parts] or [task]
        rows = [source.rows(part, "train", task.train_language) for part in parts if "train" in part.splits]
        return [text for one in rows for text in texts_in(source.read(one).slice(0, TEXTS))]
    except Problem:
        return []
