"""From the rows of a study to the two files of a benchmark's folder: what ``read`` reads back.

In: gold rows and predictions of one language, in the form that the task type gives them. Out: the text of the file of
references and of the file of predictions. One writer a ``Form``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence

import pyarrow as pa

from xstilts.catalogue.benchmark import Form, Scored
from xstilts.catalogue.errors import Problem
from xstilts.metrics.mining_f1 import pairs_of

Texts = tuple[str, str]


def texts_of(
    task: Scored, gold: pa.Table, predicted: pa.Table, labels: Sequence[str], given: Sequence[str] = ()
) -> Texts:
    """The texts of both files. ``labels`` are the study's names, ``given``
    those that another system's predictions use beside them. Raises ``Problem`` where the benchmark has no such name."""
    if task.form in (Form.LABELS, Form.TAGS):
        _check_names(task, labels)
    return _WRITERS[task.form](task, gold, predicted, (*labels, *given))


def _labels(task: Scored, gold: pa.Table, predicted: pa.Table, labels: Sequence[str]) -> Texts:
    right, said = gold["label"].to_pylist(), predicted["prediction"].to_pylist()
    # A given prediction that was no label is a blank line, which is no label either.
    return _lines(labels[label] for label in right), _lines(labels[label] if label >= 0 else "" for label in said)


def _choices(task: Scored, gold: pa.Table, predicted: pa.Table, labels: Sequence[str]) -> Texts:
    right, said = gold["label"].to_pylist(), predicted["prediction"].to_pylist()
    return _lines(json.dumps({"label": label}) for label in right), _lines(json.dumps({"label": x}) for x in said)


def _tags(task: Scored, gold: pa.Table, predicted: pa.Table, labels: Sequence[str]) -> Texts:
    right, said = (
        "".join("".join(f"{labels[tag]}\n" for tag in sentence) + "\n" for sentence in side["tags"].to_pylist())
        for side in (gold, predicted)
    )
    return right, said


def _positions(task: Scored, gold: pa.Table, predicted: pa.Table, labels: Sequence[str]) -> Texts:
    """Queries are the English sentences in sorted order; each line is the row of a foreign sentence."""
    english = [text.strip() for text in gold["target"].to_pylist()]
    order = sorted(range(len(english)), key=english.__getitem__)
    neighbour = predicted["neighbour"].to_pylist()
    return _lines(map(str, order)), _lines(str(neighbour[row]) for row in order)


def _answers(task: Scored, gold: pa.Table, predicted: pa.Table, labels: Sequence[str]) -> Texts:
    columns = ("id", "question", "context", "answer_texts", "answer_starts")
    paragraphs = []
    for name, question, context, texts, starts in zip(*(gold[column].to_pylist() for column in columns), strict=True):
        answers = [{"text": text, "answer_start": start} for text, start in zip(texts, starts, strict=True)]
        paragraphs.append({"context": context, "qas": [{"id": name, "question": question, "answers": answers}]})
    said = dict(zip(predicted["id"].to_pylist(), predicted["text"].to_pylist(), strict=True))
    references = {"version": "1.1", "data": [{"title": task.name, "paragraphs": paragraphs}]}
    return json.dumps(references, ensure_ascii=False), json.dumps(said, ensure_ascii=False)


def _pairs(task: Scored, gold: pa.Table, predicted: pa.Table, labels: Sequence[str]) -> Texts:
    right, said = (_lines("\t".join(pair) for pair in pairs_of(side)) for side in (gold, predicted))
    return right, said


def _rankings(task: Scored, gold: pa.Table, predicted: pa.Table, labels: Sequence[str]) -> Texts:
    right = dict(zip(gold["id"].to_pylist(), gold["targets"].to_pylist(), strict=True))
    said = dict(zip(predicted["id"].to_pylist(), predicted["ranking"].to_pylist(), strict=True))
    return json.dumps(right, ensure_ascii=False), json.dumps(said, ensure_ascii=False)


def _lines(items: Iterable[str]) -> str:
    return "".join(f"{item}\n" for item in items)


def _check_names(task: Scored, labels: Sequence[str]) -> None:
    if task.labels and (unknown := [label for label in labels if label not in task.labels]):
        raise Problem(
            f"the study's labels of {task.name} are not the benchmark's: {', '.join(unknown)} "
            f"(known: {', '.join(task.labels)}); name them like these in the task"
        )


_WRITERS: Mapping[Form, Callable[[Scored, pa.Table, pa.Table, Sequence[str]], Texts]] = {
    Form.LABELS: _labels,
    Form.CHOICES: _choices,
    Form.TAGS: _tags,
    Form.POSITIONS: _positions,
    Form.PAIRS: _pairs,
    Form.ANSWERS: _answers,
    Form.RANKINGS: _rankings,
    Form.ENTITIES: _rankings,
}
