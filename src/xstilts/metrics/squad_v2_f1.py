"""Answer F1 and exact match of questions that may have no answer: SQuAD 2.0's scores.

In: gold rows with ``id`` and ``answer_texts`` (empty where there is no answer), predictions with ``id`` and ``text``
(an empty text says that there is none). Out: three counts a question: F1, exact match, whether it has an answer. Source
of the rules: SQuAD 2.0's evaluation. They differ from ``answer_f1`` where nothing is left of a text: two such texts
agree fully. A question without prediction counts 0, where the original leaves it out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType
from xstilts.metrics.answer_f1 import exact_match, normalised, reduce, token_f1
from xstilts.metrics.floors.answers import trivial_answers
from xstilts.metrics.metric import Counts, Metric


def count(gold: pa.Table, predicted: pa.Table, language: str, labels: Sequence[str]) -> Counts:
    """Counts [questions, 3]: F1 and exact match, 0 to 1; 1 for a question with an answer. Raises ``Problem`` for null.

    A gold answer of which normalisation leaves nothing is none.
    """
    said = dict(zip(predicted["id"].to_pylist(), predicted["text"].to_pylist(), strict=True))
    counts = np.zeros((gold.num_rows, 3))
    for row, (name, answers) in enumerate(zip(gold["id"].to_pylist(), gold["answer_texts"].to_pylist(), strict=True)):
        rights = [text for text in map(normalised, answers or []) if text]
        counts[row, 2] = bool(rights)
        if name not in said:
            continue
        if said[name] is None:
            raise Problem(f"the answer to question '{name}' in '{language}' is null: give a text, empty for no answer")
        text = normalised(said[name])
        if rights:
            counts[row, :2] = max(token_f1(text, right) for right in rights), text in rights
        else:
            counts[row, :2] = not text
    return counts


def answered(counts: Counts) -> float:
    """The mean F1 of the questions that have an answer, in points."""
    return reduce(counts[counts[:, 2] == 1])


def unanswered(counts: Counts) -> float:
    """The mean F1 of the questions without answer, in points: the share that was left empty."""
    return reduce(counts[counts[:, 2] == 0])


def best_threshold(above: npt.ArrayLike, answered: npt.ArrayLike, empty: npt.ArrayLike) -> float:
    """The threshold with the best mean F1, tuned where answers are known: on validation data.

    Of each question ``above`` is how much no answer scores above the best answer (infinite where there is none to
    give), ``answered`` the F1 of that answer, ``empty`` the F1 of none. A question is answered where ``above`` does not
    exceed the threshold. As in the search of SQuAD 2.0's evaluation the lowest of equally good ones is taken, and it is
    the place of the last question that is answered. Unlike there, questions at one place are answered together, which
    is what a threshold does, and where it is best to answer none the threshold lies below all of them, not at 0.
    """
    place, more = np.asarray(above, np.float64), np.asarray(answered, np.float64) - np.asarray(empty, np.float64)
    values, which = np.unique(place, return_inverse=True)
    gained = np.cumsum(np.bincount(which, weights=more, minlength=len(values)))[np.isfinite(values)]
    if not gained.size:
        return 0.0
    best = int(gained.argmax())
    return float(values[best] if gained[best] > 0 else np.nextafter(values[0], -np.inf))


def floor(labelled: pa.Table | None, gold: pa.Table, labels: Sequence[str]) -> pa.Table:
    """The trivial answers that are best on the labelled questions; to give none is one way."""
    known = gold.slice(0, 0) if labelled is None else labelled
    return trivial_answers(known, gold, lambda rows, said: reduce(count(rows, said, "", labels)))


METRIC = Metric(
    name="squad_v2_f1",
    types=(TaskType.SPAN_EXTRACTION,),
    columns=("f1", "exact_match", "has_answer"),
    count=count,
    reduce=reduce,
    floor=floor,
    further={"exact_match": exact_match, "answered": answered, "unanswered": unanswered},
)
