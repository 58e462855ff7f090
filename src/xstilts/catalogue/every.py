"""Every task of the catalogue that is scored, as a benchmark: stand-ins, intermediate tasks, sets of other languages.

In: the catalogue. Out: one ``Benchmark`` without groups, in whose folders any system's predictions of these tasks can
be scored. What XTREME scores is scored as there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from xstilts.catalogue.benchmark import XTREME, XTREME_R, Benchmark, Form, Scored
from xstilts.catalogue.find import tasks
from xstilts.catalogue.task import Task, TaskType

FORMS: Mapping[TaskType, Form] = {
    TaskType.CLASSIFICATION: Form.LABELS,
    TaskType.MULTIPLE_CHOICE: Form.CHOICES,
    TaskType.TOKEN_CLASSIFICATION: Form.TAGS,
    TaskType.SPAN_EXTRACTION: Form.ANSWERS,
    TaskType.RETRIEVAL: Form.POSITIONS,
    TaskType.MINING: Form.PAIRS,
    TaskType.RANKING: Form.RANKINGS,
}
CHOICES = tuple(map(str, range(10)))  # more than any task has; how many an example has does not stand in the folders

_F1 = {"f1": "", "precision": "precision", "recall": "recall"}
_SCORES: Mapping[Form, Mapping[str, str]] = {
    Form.ANSWERS: {"exact_match": "exact_match", "f1": ""},
    Form.PAIRS: _F1,
    Form.RANKINGS: {"map@20": ""},
}


@cache
def catalogue_benchmark() -> Benchmark:
    """All tasks that have a score, by name; constructed ones, of which no other system knows, are left out."""
    found = (task for name, task in tasks().items() if task.metric and not name.startswith("world/"))
    scored = tuple(_scored(task) for task in found if task.evaluation_split in task.splits)
    return Benchmark("catalogue", "the catalogue", scored, {})


def _scored(task: Task) -> Scored:
    there = task.languages_of(task.evaluation_split)
    official = tuple(code for code in there if code in task.languages)
    form = FORMS[task.type]
    if (known := XTREME_R.task(task.name) or XTREME.task(task.name)) is None:
        chunks = _F1 if task.metric.startswith("chunk_f1") else {task.metric: ""}
        scores = {"accuracy": ""} if form is Form.POSITIONS else _SCORES.get(form, chunks)
        main = tuple(name for name in scores if name not in ("precision", "recall"))
        metric = "accuracy" if form is Form.POSITIONS else task.metric
        labels = CHOICES if form is Form.CHOICES else task.labels
        known = Scored(task.name, form, metric, official, scores, main, labels, unanswered=task.no_answer)
    others = tuple(code for code in there if code not in official)
    return replace(known, languages=official, others=others)
