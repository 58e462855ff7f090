"""How sure a model may say that it is: confidence in each answer, made to fit on rows with known answers.

In: predictions of a classification, a multiple choice, tags or answers, and on some rows the truth. Out: for every
answer (of tags, every word) a share between 0 and 1. Labels are rescaled by one temperature; of tags and answers, whose
logits are not kept, a rising logistic curve maps the raw confidence (Platt 1999, with his targets, so that it stays
finite).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from xstilts.analysis.calibration import rescale
from xstilts.analysis.calibration.table import matrix
from xstilts.catalogue.task import TaskType
from xstilts.metrics.answer_f1 import count

Numbers = npt.NDArray[np.float64]

LEAST = 50  # answers with known truth, below which nothing is fitted
_EDGE = 1e-6


@dataclass(frozen=True)
class Confidence:
    """How raw confidence is changed: logits over ``temperature``, then 1 / (1 + exp(-(slope logit(p) + offset))).
    ``examples``: answers it was fitted on, 0 where nothing was."""

    temperature: float = 1.0
    slope: float = 1.0
    offset: float = 0.0
    examples: int = 0

    def of(self, type: TaskType, predicted: pa.Table) -> Numbers:
        """The confidence in every answer of ``predicted``, in order; of tags one a word."""
        found = raw(type, predicted, self.temperature)
        if (self.slope, self.offset) == (1.0, 0.0):
            return found
        return _share(self.slope * _logit(found) + self.offset)


def fitted(type: TaskType, gold: pa.Table, predicted: pa.Table) -> Confidence:
    """What fits rows with known answers; nothing changed where they are fewer than ``LEAST``."""
    correct = right(type, gold, predicted)
    if len(correct) < LEAST:
        return Confidence()
    if type in (TaskType.CLASSIFICATION, TaskType.MULTIPLE_CHOICE):
        labels = gold["label"].to_numpy().astype(np.int64)
        return Confidence(rescale.temperature(matrix(predicted["logits"]), labels), examples=len(correct))
    slope, offset = _platt(_logit(raw(type, predicted)), correct)
    return Confidence(1.0, slope, offset, len(correct))


def crossed(type: TaskType, gold: pa.Table, predicted: pa.Table) -> Numbers:
    """The confidence in every answer, by what fits the *other* half of the rows (even and odd ones)."""
    halves = [np.arange(start, gold.num_rows, 2) for start in (0, 1)]
    sizes = _sizes(type, predicted)
    found = np.zeros(int(sizes.sum()))
    owner = np.repeat(np.arange(gold.num_rows), sizes)
    for mine, other in (halves, halves[::-1]):
        way = fitted(type, gold.take(other), predicted.take(other))
        found[np.isin(owner, mine)] = way.of(type, predicted.take(mine))
    return found


def raw(type: TaskType, predicted: pa.Table, temperature: float = 1.0) -> Numbers:
    """What the model says before anything is fitted: the softmax of the label; of an answer, that among the 20 best."""
    if type is TaskType.TOKEN_CLASSIFICATION:
        return np.asarray(predicted["confidence"].combine_chunks().flatten(), dtype=np.float64)
    column = "scores" if type is TaskType.SPAN_EXTRACTION else "logits"
    if not predicted.num_rows:
        return np.zeros(0)
    shares = rescale.probabilities(matrix(predicted[column]), temperature)
    best: Numbers = shares.max(axis=1) if shares.shape[1] else np.zeros(len(shares))
    return best


def right(type: TaskType, gold: pa.Table, predicted: pa.Table) -> Numbers:
    """1 for every answer that is right, else 0; of questions, that match a gold answer exactly."""
    if type is TaskType.SPAN_EXTRACTION:
        return count(gold, predicted, "", ())[:, 1]
    if type is TaskType.TOKEN_CLASSIFICATION:
        tags, said = (np.asarray(table["tags"].combine_chunks().flatten()) for table in (gold, predicted))
        return np.asarray(tags == said, dtype=np.float64)
    return np.asarray(gold["label"].to_numpy() == predicted["prediction"].to_numpy(), dtype=np.float64)


def _sizes(type: TaskType, predicted: pa.Table) -> npt.NDArray[np.int64]:
    """Answers a row."""
    if type is not TaskType.TOKEN_CLASSIFICATION:
        return np.ones(predicted.num_rows, np.int64)
    return np.array([len(row) for row in predicted["tags"].to_pylist()], np.int64)


def _platt(x: Numbers, correct: Numbers) -> tuple[float, float]:
    """The slope, at least 0, and offset of the likeliest logistic curve."""
    from scipy.optimize import minimize

    yes, no = correct.sum(), (1 - correct).sum()
    wanted = np.where(correct > 0, (yes + 1) / (yes + 2), 1 / (no + 2))

    def loss(point: Numbers) -> tuple[float, Numbers]:
        value = point[0] * x + point[1]
        off = _share(value) - wanted
        return float((np.logaddexp(0, value) - wanted * value).sum()), np.array([(off * x).sum(), off.sum()])

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, bounds=[(0, None), (None, None)], method="L-BFGS-B")
    return float(found.x[0]), float(found.x[1])


def _logit(share: Numbers) -> Numbers:
    inside = np.clip(share, _EDGE, 1 - _EDGE)
    found: Numbers = np.log(inside / (1 - inside))
    return found


def _share(value: Numbers) -> Numbers:
    found: Numbers = 1 / (1 + np.exp(-np.clip(value, -700, 700)))
    return found
