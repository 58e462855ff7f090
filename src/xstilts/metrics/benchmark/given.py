"""Another system's predictions, in a benchmark's layout, as a study's own: held against the rows that it scores.

In: a file, the form of a task's predictions, all gold rows of the set, how many of the first ones are scored. Out: a
table of predictions in the form of the task type, a row an example; every mistake of the file among the findings. One
reader a task type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from xstilts.catalogue.benchmark import Scored
from xstilts.catalogue.errors import nearest
from xstilts.catalogue.every import FORMS
from xstilts.catalogue.task import Task, TaskType
from xstilts.metrics.benchmark.files import choices_of, json_of, lines_of, sentences_of
from xstilts.metrics.benchmark.findings import Findings, some_of


@dataclass(frozen=True)
class About:
    """A file of predictions and what it is about. ``examples``: how many of the first ``gold`` rows are scored."""

    path: Path
    task: Task
    gold: pa.Table
    examples: int
    found: Findings

    @property
    def whole(self) -> int:
        """Rows of the set."""
        return int(self.gold.num_rows)

    def mistake(self, text: str) -> None:
        """What keeps the file from being scored."""
        self.found.mistake(self.path, text)

    def note(self, text: str) -> None:
        """What lowers the score."""
        self.found.note(self.path, text)

    def first(self, items: Sequence[Any], what: str) -> Sequence[Any] | None:
        """The items of the rows that are scored, from a file about these or about all rows; None for another number."""
        if len(items) in (self.whole, self.examples):
            return items[: self.examples]
        rows = f"{self.whole:,} rows"
        rows += f", of which the first {self.examples:,} are scored" if self.examples < self.whole else ""
        self.mistake(f"{len(items):,} {what}s for {rows}: give one prediction for each row, in the order of the rows")
        return None


def file_of(task: Task, split: str, language: str) -> Path:
    """Where the predictions lie in their folder: as in the benchmarks, whose only split is called ``test``."""
    form = Scored(task.name, FORMS[task.type], task.metric, task.languages, {}, ())
    path = form.file(language)
    return path if split == task.evaluation_split else path.with_name(f"{split}{path.name.removeprefix('test')}")


def read_given(about: About) -> tuple[pa.Table, tuple[str, ...]] | None:
    """Predictions of the scored rows, and the labels in them that the task does not have; None after a mistake."""
    read = _READERS[about.task.type](about)
    return None if about.found.mistakes else read


Read = tuple[pa.Table, tuple[str, ...]] | None


def _labels(about: About) -> Read:
    lines = lines_of(about.path, about.found)
    if lines is None or (said := about.first(lines, "line")) is None:
        return None
    place = {label: number for number, label in enumerate(about.task.labels)}
    if odd := [row for row, label in enumerate(said, 1) if label not in place]:
        known = " ".join(about.task.labels)
        if len(odd) == len(said):
            about.mistake(
                f"no line holds a label ({known}): line 1 is '{said[0]}'; write the label's name on each line"
            )
            return None
        label = said[odd[0] - 1]
        hint = nearest(label, about.task.labels)
        about.note(f"{some_of(odd, 'line')}: '{label}' is no label ({known}) and counts as wrong{hint}")
    return pa.table({"prediction": pa.array([place.get(label, -1) for label in said], pa.int16())}), ()


def _choices(about: About) -> Read:
    values = choices_of(about.path, about.found)
    if values is None or (said := about.first(values, "line")) is None:
        return None
    many = [len(choices) for choices in about.gold["choices"].to_pylist()]
    numbers = [
        int(one) if isinstance(one, int | float) and one in range(size) else -1
        for one, size in zip(said, many[: about.examples], strict=True)
    ]
    if odd := [row for row, number in enumerate(numbers, 1) if number < 0]:
        about.note(f"{some_of(odd, 'line')}: the label is no number of a choice, from 0, and counts as wrong")
    return pa.table({"prediction": pa.array(numbers, pa.int16())}), ()


def _tags(about: About) -> Read:
    read = sentences_of(about.path, about.found)
    if read is None or (said := about.first(read[0], "sentence")) is None:
        return None
    sizes = [len(tokens) for tokens in about.gold["tokens"].to_pylist()]
    if odd := [row for row, tags in enumerate(said) if len(tags) != sizes[row]]:
        row = odd[0]
        about.mistake(
            f"{some_of([number + 1 for number in odd], 'sentence')}: not one tag a token; sentence {row + 1} (line "
            f"{read[1][row]}) has {len(said[row])} tags for {sizes[row]} tokens. Give each token a tag"
        )
        return None
    used = dict.fromkeys(tag for tags in said for tag in tags)
    extra = tuple(tag for tag in used if tag not in about.task.labels)
    if extra:
        hint = nearest(extra[0], about.task.labels)
        about.note(f"'{extra[0]}' is no tag ({' '.join(about.task.labels)}) and counts as a tag of its own{hint}")
    place = {tag: number for number, tag in enumerate((*about.task.labels, *extra))}
    return pa.table({"tags": pa.array([[place[tag] for tag in tags] for tags in said], pa.list_(pa.int16()))}), extra


def _answers(about: About) -> Read:
    value = json_of(about.path, about.found)
    if value is None:
        return None
    if not isinstance(value, dict):
        about.mistake('holds a list: write one object, {"id": "answer"}')
        return None
    if odd := [f"'{name}'" for name, text in value.items() if not isinstance(text, str)]:
        about.mistake(f"{some_of(odd, 'id')}: the answer is no text; give a text, which may be empty")
    every = about.gold["id"].to_pylist()
    scored = every[: about.examples]
    if lacking := [f"'{name}'" for name in scored if name not in value]:
        about.mistake(f"{some_of(lacking, 'id')}: not answered; answer each question, with an empty text for no answer")
    known = set(every)
    if strange := [name for name in value if name not in known]:
        shown = some_of([f"'{name}'" for name in strange], "id")
        about.note(f"{shown}: no question of this set{nearest(strange[0], scored) or '; passed over'}")
    if odd or lacking:
        return None
    return pa.table({"id": pa.array(scored, pa.string()), "text": pa.array([value[name] for name in scored])}), ()


def _positions(about: About) -> Read:
    """A line for each text of the pivot language, in sorted order, as the benchmark has it."""
    lines = lines_of(about.path, about.found)
    if lines is None:
        return None
    if len(lines) != about.examples:
        cut = f" (the first of {about.whole:,}: only these are searched)" if about.examples < about.whole else ""
        about.mistake(
            f"{len(lines):,} lines for {about.examples:,} rows{cut}: give the row of each translation, from 0"
        )
        return None
    rows = [int(line) if line.isascii() and line.isdigit() and int(line) < about.examples else -1 for line in lines]
    if odd := [number for number, row in enumerate(rows, 1) if row < 0]:
        about.note(f"{some_of(odd, 'line')}: '{lines[odd[0] - 1]}' is the number of no row and counts as wrong")
    pivot = [text.strip() for text in about.gold["target"].to_pylist()[: about.examples]]
    neighbour = [0] * len(rows)
    for row, said in zip(sorted(range(len(pivot)), key=pivot.__getitem__), rows, strict=True):
        neighbour[row] = said
    return pa.table({"neighbour": pa.array(neighbour, pa.int32())}), ()


def _pairs(about: About) -> Read:
    """A pair of names a line, all of which count; of the pairs of a cut set those whose sentences are both left."""
    lines = lines_of(about.path, about.found)
    if lines is None:
        return None
    said = dict.fromkeys(tuple(line.split("\t")) for line in lines)
    if odd := [row for row, line in enumerate(lines, 1) if line.count("\t") != 1]:
        about.mistake(f"{some_of(odd, 'line')}: not two names with a tab between them, the foreign one first")
        return None
    known = [set(about.gold[name].to_pylist()) for name in _PAIR]
    if odd := [row for row, line in enumerate(lines, 1) if not _named(line.split("\t"), known)]:
        about.note(f"{some_of(odd, 'line')}: '{lines[odd[0] - 1]}' are no names of this set; such pairs count as wrong")
    here = [set(about.gold[name].slice(0, about.examples).to_pylist()) for name in _PAIR]
    left = [pair for pair in said if _named(pair, here) or not _named(pair, known)]
    return pa.table({name: pa.array([pair[at] for pair in left], pa.string()) for at, name in enumerate(_PAIR)}), ()


_PAIR = ("source_id", "target_id")


def _named(pair: Sequence[str], names: Sequence[set[str]]) -> bool:
    return all(name in known for name, known in zip(pair, names, strict=True))


def _rankings(about: About) -> Read:
    value = json_of(about.path, about.found)
    if value is None:
        return None
    if not isinstance(value, dict):
        about.mistake('holds a list: write one object, {"id": ["best", "second"]}')
        return None
    names = about.gold["id"].to_pylist()[: about.examples]
    odd = [f"'{name}'" for name, best in value.items() if not _are_texts(best)]
    if odd:
        about.mistake(f"{some_of(odd, 'id')}: no list of names, best first")
    if lacking := [f"'{name}'" for name in names if name not in value]:
        about.mistake(f"{some_of(lacking, 'id')}: not answered; answer each query, with an empty list for nothing")
    if odd or lacking:
        return None
    ranking = pa.array([value[name] for name in names], pa.list_(pa.string()))
    return pa.table({"id": pa.array(names, pa.string()), "ranking": ranking}), ()


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


_READERS: Mapping[TaskType, Callable[[About], Read]] = {
    TaskType.CLASSIFICATION: _labels,
    TaskType.MULTIPLE_CHOICE: _choices,
    TaskType.TOKEN_CLASSIFICATION: _tags,
    TaskType.SPAN_EXTRACTION: _answers,
    TaskType.RETRIEVAL: _positions,
    TaskType.MINING: _pairs,
    TaskType.RANKING: _rankings,
}
