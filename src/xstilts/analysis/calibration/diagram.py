"""Reliability diagrams: how often a model is right where it is so sure.

In: the results table and a reader of predictions and labels. Out: ``Diagram`` values, confidence and share of right
answers by bins of confidence, all languages of a side and all seeds together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from xstilts.analysis.calibration import rescale
from xstilts.analysis.calibration.binned import Bins, Numbers, equal_width
from xstilts.analysis.calibration.table import TYPES, predicted
from xstilts.analysis.gains import scored
from xstilts.analysis.material import Material

BINS = 10


@dataclass(frozen=True)
class Diagram:
    """``side``: labelled, intermediate or zero-shot languages. ``scores``: how many were put together."""

    backbone: str
    target: str
    arm: str
    side: str
    bins: Bins
    scores: int


def diagrams(material: Material) -> Iterator[Diagram]:
    """One a backbone, target, arm and side, as far as predictions have logits and the rows are on this machine."""
    rows = scored(material.frame).filter(pl.col("task_type").is_in([str(type) for type in TYPES]))
    keys = ["backbone", "target", "arm", "side"]
    for (backbone, target, arm, side), its in rows.group_by(keys, maintain_order=True):
        confidence: list[Numbers] = []
        correct: list[Numbers] = []
        for job in its["job"]:
            found = predicted(material.read.predictions(job), material.read.gold(job))
            if not isinstance(found, str):
                sure, right = rescale.top(rescale.probabilities(found[0]), found[1])
                confidence.append(sure)
                correct.append(right)
        if confidence:
            bins = equal_width(np.concatenate(confidence), np.concatenate(correct), BINS)
            yield Diagram(str(backbone), str(target), str(arm), str(side), bins, len(confidence))
