"""Answer F1 and exact match: XTREME's scores for XQuAD and TyDiQA-GoldP, SQuAD 1.1's for English.

In: gold rows with ``id`` and ``answer_texts``, predictions with ``id`` and ``text``. Out: two counts a question, the
best token F1 and the best exact match over the gold answers, each taken on its own. Texts are compared without case,
ASCII punctuation, English articles and extra white space, in every language alike.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType
from xstilts.metrics.floors.answers import trivial_answers
from xstilts.metrics.metric import Counts, Metric, in_order, some

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


def normalised(text: str) -> str:
    """Lower case, no ASCII punctuation, no English articles, single blanks. No Unicode form is changed."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def token_f1(said: str, gold: str) -> float:
    """F1 of the words that two normalised texts share, each counted as often as it stands; 0 if they share none."""
    mine, right = said.split(), gold.split()
    shared = sum((Counter(mine) & Counter(right)).values())
    if not shared:
        return 0.0
    precision, recall = shared / len(mine), shared / len(right)
    return 2 * precision * recall / (precision + recall)


def count(gold: pa.Table, predicted: pa.Table, language: str, labels: Sequence[str]) -> Counts:
    """Counts [questions, 2]: F1 and exact match, 0 to 1, of texts as ``normalised`` leaves them."""
    return answer_counts(gold, predicted, language, normalised)


def answer_counts(gold: pa.Table, predicted: pa.Table, language: str, form: Callable[[str], str]) -> Counts:
    """Counts [questions, 2]: F1 and exact match, 0 to 1, of texts as ``form`` leaves them.

    A question without prediction counts 0; a prediction without question is passed over. Raises ``Problem`` for a
    prediction that is null and for an answered question without gold answer.
    """
    said = dict(zip(predicted["id"].to_pylist(), predicted["text"].to_pylist(), strict=True))
    counts = np.zeros((gold.num_rows, 2))
    for row, (name, answers) in enumerate(zip(gold["id"].to_pylist(), gold["answer_texts"].to_pylist(), strict=True)):
        if name not in said:
            continue
        if said[name] is None:
            raise Problem(f"the answer to question '{name}' in '{language}' is null: give a text, which may be empty")
        if not answers:
            raise Problem(f"question '{name}' in '{language}' has no gold answer, so there is nothing to score against")
        text, rights = form(said[name]), [form(answer) for answer in answers]
        counts[row] = max(token_f1(text, right) for right in rights), text in rights
    return counts


def reduce(counts: Counts) -> float:
    """The mean F1, in points: 100 times the sum from left to right, then divided, as the original does."""
    size = some(counts)
    return 100.0 * in_order(counts[:, 0]) / size


def exact_match(counts: Counts) -> float:
    """The share of exact matches, in points."""
    size = some(counts)
    return 100.0 * in_order(counts[:, 1]) / size


def floor(labelled: pa.Table | None, gold: pa.Table, labels: Sequence[str]) -> pa.Table:
    """The trivial answers that are best on the labelled questions, those without an answer left aside."""
    known = gold.slice(0, 0) if labelled is None else labelled
    known = known.filter(pc.greater(pc.list_value_length(known["answer_texts"]), 0))
    return trivial_answers(known, gold, lambda rows, said: reduce(count(rows, said, "", labels)))


METRIC = Metric(
    name="answer_f1",
    types=(TaskType.SPAN_EXTRACTION,),
    columns=("f1", "exact_match"),
    count=count,
    reduce=reduce,
    floor=floor,
    further={"exact_match": exact_match},
)
