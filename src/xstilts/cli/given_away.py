"""From a finished study of ``xstilts train`` to the model that is kept.

In: the study. Out: a folder with the run that is best on validation rows, its confidence fitted on them, and its card.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from xstilts import __version__
from xstilts.analysis.calibration.binned import equal_mass, expected_error
from xstilts.analysis.calibration.confidence import LEAST, Confidence, crossed, fitted, raw, right
from xstilts.analysis.table import of_store
from xstilts.catalogue.task import TaskType
from xstilts.jobs.behind import Behind
from xstilts.jobs.handed import About
from xstilts.report.card import Card, Fit, card, useless
from xstilts.study.job import Predict, Score
from xstilts.study.manifest import Cell

if TYPE_CHECKING:
    from xstilts.cli.opened import Opened


def give_away(
    found: Opened, folder: Path, columns: Mapping[str, str], labels: tuple[str, ...], language: str, backbone: str,
    task: str, why: tuple[str, ...], facts: Mapping[str, str],
    pairs: bool,
) -> Card:  # fmt: skip
    """Choose a run, fit its confidence, write the folder."""
    from xstilts.jobs.handover import hand_over

    plan, place = found.plan, found.store
    frame = of_store(plan, place)
    best, reason = _best(frame, language)
    mine = [cell for cell in plan.cells if (cell.arm, cell.seed) == best]
    (chosen,) = [cell for cell in mine if (cell.split, cell.language) == ("validation", language)]
    kind, behind = TaskType(chosen.task_type), Behind(plan, place)
    gold, predicted = behind.gold(chosen.score), behind.predictions(chosen.score)
    assert gold is not None and predicted is not None and chosen.model is not None
    confidence = fitted(kind, gold, predicted)
    score = plan.jobs[chosen.score]
    assert isinstance(score, Score)
    prediction = plan.jobs[score.prediction]
    assert isinstance(prediction, Predict)
    rate = frame.filter(pl.col("job") == chosen.score)["learning_rate"][0]
    known = {**facts, "learning rate": f"{rate:g}" if rate else "", "max_length": f"{prediction.max_length} tokens"}
    about = Card(
        chosen.target, str(kind), labels, language, _name(backbone), task, *best, frame,
        tuple(_fit(kind, cell, behind, confidence) for cell in mine), (*why, reason), __version__, known, pairs,
    )  # fmt: skip
    said = About(
        chosen.target, str(kind), labels, dict(columns), language, prediction.max_length, prediction.stride,
        prediction.precision, asdict(confidence), tuple(useless(about)),
    )  # fmt: skip
    hand_over(place.folder(chosen.model) / "model", said, card(about), folder)
    return about


def _name(backbone: str) -> str:
    """A hub's name, or a folder's without the way to it, which says something of the machine."""
    return Path(backbone).resolve().name if Path(backbone).is_dir() else backbone


def _best(frame: pl.DataFrame, language: str) -> tuple[tuple[str, int], str]:
    """Arm and seed with the best score on validation rows, the arm by its mean; why."""
    dev = frame.filter((pl.col("split") == "validation") & (pl.col("language") == language))
    means = dev.group_by("arm", maintain_order=True).agg(pl.col("score").mean()).sort("score", descending=True)
    arm = str(means["arm"][0])
    if means.height > 1 and means["score"][0] == means["score"][1]:
        arm = "baseline"
    mine = dev.filter(pl.col("arm") == arm).sort("score", descending=True)
    said = ", ".join(f"{name} {score:.1f}" for name, score in means.iter_rows())
    return (arm, int(mine["seed"][0])), f"Kept: {arm}, by the score on validation rows in {language} ({said})."


def _fit(kind: TaskType, cell: Cell, behind: Behind, confidence: Confidence) -> Fit:
    gold, predicted = behind.gold(cell.score), behind.predictions(cell.score)
    assert gold is not None and predicted is not None
    correct, before = right(kind, gold, predicted), raw(kind, predicted)
    own = cell.split == "validation"
    after = crossed(kind, gold, predicted) if own else confidence.of(kind, predicted)
    if len(correct) < LEAST:
        return Fit(cell.split, cell.language, len(correct), float(correct.mean()), None, None)
    errors = [100 * expected_error(equal_mass(part, correct)) for part in (before, after)]
    return Fit(cell.split, cell.language, len(correct), float(correct.mean()), *errors)
