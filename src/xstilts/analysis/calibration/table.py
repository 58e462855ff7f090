"""Calibration of every score of a study: one row a score and a way of rescaling.

In: the results table and a reader of predictions and labels. Out: a frame with the columns that name a score,
``scaling`` and the numbers of ``measures``; how many scores could not be used, and why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from xstilts.analysis.calibration import measures, rescale
from xstilts.analysis.gains import scored
from xstilts.analysis.material import Material
from xstilts.catalogue.task import TaskType

TYPES = (TaskType.CLASSIFICATION, TaskType.MULTIPLE_CHOICE)
NAMES = (
    "backbone",
    "parameters_nonembedding",
    "arm",
    "target",
    "language",
    "family",
    "side",
    "split",
    "seed",
    "examples",
)

SPLIT = "validation"  # of the labelled language: what zero-shot models may be fitted to
RAW, DEV, OWN, ISOTONIC = "raw", "dev", "own", "isotonic"
IMPOSSIBLE = -1e9  # the logit of a choice that an example does not have


@dataclass(frozen=True)
class Calibrated:
    """``rows``: see the module. ``unused``: reasons, and how many scores each left out. ``without_dev``: scores of arms
    of which a seed lacks predictions on development rows, so that all ways of rescaling are about the same seeds."""

    rows: pl.DataFrame
    unused: Counter[str]
    without_dev: int


def calibrated(material: Material) -> Calibrated:
    """The calibration of every classification and multiple choice of the study.

    ``scaling``: ``raw``; ``dev``, the temperature that fits the labelled language's development rows; ``own``, the one
    that fits the scored rows themselves, which no zero-shot model can know: a bound, not a result; ``isotonic``, a map
    learned on development rows, where there are 1,000.
    """
    rows: list[dict[str, Any]] = []
    unused: Counter[str] = Counter()
    fits: dict[tuple[Any, ...], _Fit | None] = {}
    for score in (
        scored(material.frame).filter(pl.col("task_type").is_in([str(type) for type in TYPES])).iter_rows(named=True)
    ):
        found = predicted(material.read.predictions(score["job"]), material.read.gold(score["job"]))
        if isinstance(found, str):
            unused[found] += 1
            continue
        # Translations and few examples make a model for each language.
        model = tuple(score[name] for name in ("backbone", "arm", "target", "seed", "language"))
        if model not in fits:
            fits[model] = _fit(material, score["job"])
        named = {name: score[name] for name in NAMES}
        rows += [{**named, "scaling": way, **values} for way, values in _scaled(*found, fits[model])]
    lacking = {model[:3] for model, fit in fits.items() if fit is None}
    whole = [row for row in rows if row["scaling"] in (RAW, OWN) or _arm(row) not in lacking]
    without_dev = sum(row["scaling"] == RAW and _arm(row) in lacking for row in rows)
    return Calibrated(pl.DataFrame(whole, infer_schema_length=None), unused, without_dev)


def _arm(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("backbone", "arm", "target"))


@dataclass(frozen=True)
class _Fit:
    """What was learned on development rows."""

    temperature: float
    isotonic: rescale.Isotonic | None


Predicted = tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]


def _scaled(
    logits: npt.NDArray[np.float64], labels: npt.NDArray[np.int64], fit: _Fit | None
) -> Iterator[tuple[str, Mapping[str, float]]]:
    own = rescale.temperature(logits, labels)
    yield RAW, measures.of_logits(logits, labels, 1.0, own)
    yield OWN, measures.of_logits(logits, labels, own, own)
    if fit is None:
        return
    yield DEV, measures.of_logits(logits, labels, fit.temperature, own)
    if fit.isotonic is not None:
        confidence, correct = rescale.top(rescale.probabilities(logits), labels)
        yield ISOTONIC, measures.of_confidence(fit.isotonic(confidence), correct)


def _fit(material: Material, score: str) -> _Fit | None:
    dev = material.read.labelled(score, SPLIT)
    found = predicted(*dev) if dev else "not there"
    if isinstance(found, str):
        return None
    logits, labels = found
    many = len(labels) >= rescale.LEAST_EXAMPLES
    top = rescale.top(rescale.probabilities(logits), labels)
    return _Fit(rescale.temperature(logits, labels), rescale.isotonic(*top) if many else None)


def predicted(told: pa.Table | None, gold: pa.Table | None) -> Predicted | str:
    """Logits and labels, or why there are none."""
    if told is None or gold is None:
        return "predictions or rows are not on this machine"
    if "logits" not in told.column_names:
        return "predictions without logits"
    if told.num_rows != gold.num_rows or told.num_rows < measures.LEAST_EXAMPLES:
        return f"fewer than {measures.LEAST_EXAMPLES} examples"
    logits = matrix(told["logits"])
    return (
        (logits, gold["label"].to_numpy().astype(np.int64))
        if np.isfinite(logits).all()
        else "logits that are not finite"
    )


def matrix(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """Logits [examples, K] of a column of lists; examples with fewer choices than K get impossible ones."""
    lists = column.to_pylist()
    found = np.full((len(lists), max((len(one) for one in lists), default=0)), IMPOSSIBLE)
    for place, one in enumerate(lists):
        found[place, : len(one)] = one
    return found
