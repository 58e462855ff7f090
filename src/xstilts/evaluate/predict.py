"""Run a network over encoded rows and turn its outputs into a table of predictions; ``retrieve`` does what has no head.

In: a network and an ``Encoded``. Out: an Arrow table, one row an example, in the form of the task type. Sequences run
from short to long under a token budget; the order of the rows is restored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from xstilts.catalogue.task import TaskType
from xstilts.data.batch import Batch, by_length, cut, gather
from xstilts.data.encode import Encoded
from xstilts.evaluate.decode import answers_of
from xstilts.evaluate.rank import best_candidates
from xstilts.evaluate.retrieve import TOKEN_BUDGET
from xstilts.model.network import Network
from xstilts.model.precision import precision_of

Array = np.ndarray[Any, np.dtype[Any]]
BEST = 20  # candidates of a query that a ranking names: as many as XTREME-R's score looks at


def predict(network: Network, task: str, type: TaskType, table: pa.Table, encoded: Encoded, precision: str) -> pa.Table:
    """Predictions for every row of ``table``, which ``encoded`` holds."""
    return _PREDICTORS[type](network, task, table, encoded, precision)


def text_vectors(network: Network, task: str, encoded: Encoded, precision: str) -> Array:
    """The vectors of a ranking's texts, queries or candidates, of length one: float32 [texts, width]."""
    vectors = np.zeros((len(encoded.starts) - 1, 0), dtype=np.float32)
    for part, output in _outputs(network, task, TaskType.RANKING, encoded, precision):
        if not vectors.shape[1]:
            vectors = np.zeros((len(vectors), output.shape[1]), dtype=np.float32)
        vectors[part.sequences] = output
    return vectors


def predict_ranking(
    network: Network, task: str, table: pa.Table, encoded: Encoded, precision: str, pool: Array, names: Sequence[str]
) -> pa.Table:
    """The 20 best candidates of every query of ``table``: columns ``id``; ``ranking``, their names, best first;
    ``cosines``, float32. ``pool`` holds the vectors of the candidates called ``names``."""
    found, cosines = best_candidates(text_vectors(network, task, encoded, precision), pool, BEST)
    return pa.table(
        {
            "id": table.column("id"),
            "ranking": pa.array([[names[number] for number in row] for row in found], pa.list_(pa.string())),
            "cosines": pa.array(list(cosines), pa.list_(pa.float32())),
        }
    )


def _outputs(
    network: Network, task: str, type: TaskType, encoded: Encoded, precision: str
) -> Iterator[tuple[Batch, Array]]:
    number = network.number_of(task)
    order = by_length(encoded, np.arange(len(encoded.starts) - 1))
    with torch.inference_mode(), precision_of(precision, network):
        for part in cut(gather(encoded, order, type), TOKEN_BUDGET):
            yield part, network(part, number).float().cpu().numpy()


def _classification(network: Network, task: str, table: pa.Table, encoded: Encoded, precision: str) -> pa.Table:
    logits: Array | None = None
    for part, output in _outputs(network, task, TaskType.CLASSIFICATION, encoded, precision):
        if logits is None:
            logits = np.zeros((table.num_rows, output.shape[1]), dtype=np.float32)
        logits[encoded.example[part.sequences]] = output
    if logits is None:
        logits = np.zeros((0, 1), dtype=np.float32)
    flat = pa.FixedSizeListArray.from_arrays(pa.array(logits.reshape(-1)), logits.shape[1])
    return pa.table({"prediction": pa.array(logits.argmax(axis=1), pa.int16()), "logits": flat})


def _multiple_choice(network: Network, task: str, table: pa.Table, encoded: Encoded, precision: str) -> pa.Table:
    scores = np.zeros(len(encoded.starts) - 1, dtype=np.float32)
    for part, output in _outputs(network, task, TaskType.MULTIPLE_CHOICE, encoded, precision):
        scores[part.sequences] = output[:, 0]
    edges = np.concatenate([[0], np.cumsum(encoded.columns["choices"])])
    best = [int(scores[low:high].argmax()) for low, high in pairwise(edges)]
    logits = pa.ListArray.from_arrays(pa.array(edges, pa.int32()), pa.array(scores))
    return pa.table({"prediction": pa.array(best, pa.int16()), "logits": logits})


def _token_classification(network: Network, task: str, table: pa.Table, encoded: Encoded, precision: str) -> pa.Table:
    words = encoded.columns["words"]
    tag = np.zeros(int(words[-1]) if len(words) else 0, dtype=np.int16)
    confidence = np.zeros(len(tag), dtype=np.float32)
    for part, output in _outputs(network, task, TaskType.TOKEN_CLASSIFICATION, encoded, precision):
        counts = words[part.sequences + 1] - words[part.sequences]
        place = np.concatenate([np.arange(low, low + n) for low, n in zip(words[part.sequences], counts, strict=True)])
        tag[place] = output.argmax(axis=1)
        shifted = np.exp(output - output.max(axis=1, keepdims=True))
        confidence[place] = shifted.max(axis=1) / shifted.sum(axis=1)
    per_sequence = np.diff(words)
    per_example = np.bincount(encoded.example, weights=per_sequence, minlength=table.num_rows).astype(np.int64)
    offsets = pa.array(np.concatenate([[0], np.cumsum(per_example)]), pa.int32())
    return pa.table(
        {
            "tags": pa.ListArray.from_arrays(offsets, pa.array(tag)),
            "confidence": pa.ListArray.from_arrays(offsets, pa.array(confidence)),
        }
    )


def predict_spans(
    network: Network, task: str, table: pa.Table, encoded: Encoded, precision: str, null_threshold: float | None = None
) -> pa.Table:
    """Answers to every question of ``table``: columns ``id``, ``text``, ``score``; ``none``, the score of no answer;
    the best different ``texts`` with their ``scores``. The text is empty where no answer beats the best one by more
    than ``null_threshold``; never, where that is None.
    """
    logits = np.zeros((int(encoded.starts[-1]), 2), dtype=np.float32)
    for part, output in _outputs(network, task, TaskType.SPAN_EXTRACTION, encoded, precision):
        place = np.concatenate([np.arange(encoded.starts[k], encoded.starts[k + 1]) for k in part.sequences])
        logits[place] = output
    found = answers_of(encoded, logits, table.column("context").to_pylist())
    return pa.table(
        {
            "id": table.column("id"),
            "text": pa.array([answers.best(null_threshold) for answers in found], pa.string()),
            "score": pa.array([answers.scores[0] if answers.scores else -np.inf for answers in found], pa.float32()),
            "none": pa.array([answers.none for answers in found], pa.float32()),
            "texts": pa.array([answers.texts for answers in found], pa.list_(pa.string())),
            "scores": pa.array([answers.scores for answers in found], pa.list_(pa.float32())),
        }
    )


_Predictor = Callable[[Network, str, pa.Table, Encoded, str], pa.Table]

_PREDICTORS: dict[TaskType, _Predictor] = {
    TaskType.CLASSIFICATION: _classification,
    TaskType.MULTIPLE_CHOICE: _multiple_choice,
    TaskType.TOKEN_CLASSIFICATION: _token_classification,
    TaskType.SPAN_EXTRACTION: predict_spans,
}
