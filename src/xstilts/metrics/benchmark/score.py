"""Two folders in the official layout become the official scores.

In: a benchmark, a folder of predictions, one of references, the rules. Out: ``Scores``: every language, every task's
averages, the groups, and what was noticed on the way. All mistakes of all files are raised as one ``Problem``.

Formulas, as in the official evaluator: an average is the plain sum over the languages in official order, divided by
their number; a task's score is the mean of its main averages; a group's score the mean of its tasks, given only where
all of them are; ``all_task`` the mean of all tasks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xstilts.catalogue.benchmark import Benchmark, Scored, languages_anywhere
from xstilts.catalogue.errors import Problem, nearest
from xstilts.metrics import get_metric
from xstilts.metrics.benchmark.findings import Findings
from xstilts.metrics.benchmark.read import read_rows
from xstilts.metrics.benchmark.rows import Rows

Languages = Mapping[str, float]


@dataclass(frozen=True)
class TaskScores:
    """The scores of one task in points: by official name and language, and their averages by official name.

    ``averages`` is empty where languages are missing: the mean of a part is not the benchmark's number.
    """

    task: Scored
    metric: str
    scores: Mapping[str, Languages]
    averages: Mapping[str, float]
    beside: Mapping[str, Languages]
    examples: Mapping[str, int]

    @property
    def complete(self) -> bool:
        """Whether every language of the task was scored."""
        return all(language in self.examples for language in self.task.languages)

    @property
    def score(self) -> float:
        """The task's one number, official name ``avg_metric``; only a complete task has it."""
        return _mean(self.averages[name] for name in self.task.main)


@dataclass(frozen=True)
class Scores:
    """All scores of a benchmark that two folders give. ``notes``: what else a reader of the numbers should know."""

    benchmark: Benchmark
    rules: str
    tasks: Mapping[str, TaskScores]
    notes: tuple[str, ...]

    @property
    def groups(self) -> dict[str, float]:
        """``all_task`` and the groups, where all of their tasks were scored."""
        everything = {"all_task": tuple(task.name for task in self.benchmark.tasks)} if self.benchmark.groups else {}
        groups = {**everything, **self.benchmark.groups}
        return {
            name: _mean(self.tasks[task].score for task in tasks)
            for name, tasks in groups.items()
            if all(task in self.tasks and self.tasks[task].complete for task in tasks)
        }

    def to_json(self) -> dict[str, Any]:
        """The structure of the official evaluator's report."""
        tasks = {
            name: {
                **{key: dict(values) for key, values in one.scores.items()},
                **{f"avg_{key}": value for key, value in one.averages.items()},
                **({"avg_metric": one.score} if one.complete else {}),
            }
            for name, one in self.tasks.items()
        }
        return {"groups": self.groups, "tasks": tasks}

    def details(self) -> dict[str, Any]:
        """What the official report leaves out: rules, metrics and their revisions, examples, further scores, notes."""
        tasks = {
            name: {
                "metric": one.metric,
                "revision": get_metric(one.metric).revision,
                "examples": dict(one.examples),
                **{key: dict(values) for key, values in one.beside.items()},
            }
            for name, one in self.tasks.items()
        }
        return {"benchmark": self.benchmark.name, "rules": self.rules, "tasks": tasks, "notes": list(self.notes)}


def score_folders(
    benchmark: Benchmark, predictions: Path, references: Path, rules: str = "checked", partial: bool = False
) -> Scores:
    """Score everything that both folders hold; a task without folder on one side is left out, with a note.

    With ``partial``, so is a language without predictions; its task then has no average. Raises ``Problem``
    with every mistake: a listed language without file, files that do not fit, nothing to score.
    """
    found = Findings(rules)
    if missing := [f"{folder}: no such folder" for folder in (predictions, references) if not folder.is_dir()]:
        raise Problem(*missing)
    scored: dict[str, TaskScores] = {}
    for task in _present(benchmark, predictions, references, found):
        rows = _rows_of(benchmark, task, predictions, references, found, partial)
        if rows and not found.mistakes:
            scored[task.name] = _score(task, rows, rules)
    if not scored and not found.mistakes:
        names = ", ".join(task.name for task in benchmark.tasks)
        found.mistakes.append(
            f"{predictions} and {references} share no task of {benchmark.title}: each task is a folder ({names})"
        )
    if found.mistakes:
        raise Problem(*found.mistakes)
    return Scores(benchmark, rules, scored, tuple(found.notes))


def _present(benchmark: Benchmark, predictions: Path, references: Path, found: Findings) -> list[Scored]:
    """The tasks whose folders are on both sides, in official order; folders that are passed over are noted."""
    names = [task.name for task in benchmark.tasks]
    for folder in sorted(each for each in predictions.iterdir() if each.is_dir()):
        if folder.name not in names:
            near = nearest(folder.name, names) or ", passed over"
            found.note(folder, f"no task of {benchmark.title}{near}")
    both = []
    for task in benchmark.tasks:
        here, there = (folder / task.name for folder in (predictions, references))
        if here.is_dir() and there.is_dir():
            if found.rules == "official" and task.pooled:
                found.mistake(here, "the official evaluator ends with KeyError here: take it away or leave --rules out")
            both.append(task)
        elif here.is_dir() or there.is_dir():
            found.note(here if here.is_dir() else there, f"not scored: no folder {there if here.is_dir() else here}")
    return both


def _rows_of(
    benchmark: Benchmark, task: Scored, predictions: Path, references: Path, found: Findings, partial: bool
) -> dict[str, Rows]:
    """What every language of a task holds; languages that cannot be scored are missing, with their mistakes found."""
    rows: dict[str, Rows] = {}
    absent: list[str] = []
    for language in task.everywhere:
        gold, said = (folder / task.file(language) for folder in (references, predictions))
        if not said.is_file() and (partial or language in task.others):
            absent += [language] if language in task.languages else []
        elif lacking := [path for path in (gold, said) if not path.is_file()]:
            for path in lacking:
                found.mistake(path, f"missing: {task.name} is scored in {len(task.languages)} languages; add this file")
        elif (read := read_rows(task, gold, said, found)) is not None:
            rows[language] = read
    if absent:
        found.notes.append(
            f"{predictions / task.name}: {len(absent)} of {len(task.languages)} languages are missing "
            f"({' '.join(absent)}), so {task.name} has no average"
        )
    _other_languages(benchmark, task, predictions, found)
    return rows


def _other_languages(benchmark: Benchmark, task: Scored, predictions: Path, found: Findings) -> None:
    """Tell of files in languages that this benchmark, or every benchmark, does not score the task in."""
    also = {*task.everywhere, *languages_anywhere(task.name)}
    for path in sorted((predictions / task.name).glob(task.file("*").name)):
        language = path.name.removeprefix("test-").removesuffix(path.suffix)
        if language not in also:
            near = nearest(language, task.languages) or "; take the file away"
            found.fault(path, f"{benchmark.title} does not score {task.name} in '{language}'{near}")
        elif language not in task.everywhere:
            found.note(path, f"passed over: {benchmark.title} does not score {task.name} in '{language}'")


def _score(task: Scored, rows: Mapping[str, Rows], rules: str) -> TaskScores:
    metric = get_metric(_OTHER_METRICS.get(rules, {}).get(task.metric, task.metric))
    counts = {name: metric.count(each.gold, each.predicted, name, each.labels) for name, each in rows.items()}
    reductions = {key: metric.further[name] if name else metric.reduce for key, name in task.scores.items()}
    scores = {key: {name: reduce(each) for name, each in counts.items()} for key, reduce in reductions.items()}
    if not all(language in rows for language in task.languages):
        averages = {}
    elif task.pooled:
        every = np.concatenate([counts[language] for language in task.languages])
        averages = {key: reduce(every) for key, reduce in reductions.items()}
    else:
        averages = {key: _mean(values[language] for language in task.languages) for key, values in scores.items()}
    beside = {}
    if rules != "official":
        for other in map(get_metric, task.beside):
            beside[other.name] = {
                name: other.reduce(other.count(each.gold, each.predicted, name, each.labels))
                for name, each in rows.items()
            }
    return TaskScores(task, metric.name, scores, averages, beside, {name: each.examples for name, each in rows.items()})


def _mean(values: Iterable[float]) -> float:
    """The plain sum from left to right, divided by the number."""
    total, number = 0.0, 0
    for value in values:
        total += value
        number += 1
    return total / number


# The metric that takes the place of another under other rules.
_OTHER_METRICS: Mapping[str, Mapping[str, str]] = {
    "official": {"chunk_f1": "chunk_f1_unaligned"},
    "seqeval-1": {"chunk_f1": "chunk_f1_seqeval1"},
}
