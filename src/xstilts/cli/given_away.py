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
from xstilts.analysis.calibration.confidence import LEAST, Confidence, Numbers, crossed, fitted, raw, right
from xstilts.analysis.table import of_store
from xstilts.catalogue.task import TaskType
from xstilts.jobs.behind import Behind
from xstilts.jobs.handed import About
from xstilts.report.card import Card, Fit, card, runs_of, useless
from xstilts.study.job import Predict, Score
from xstilts.study.manifest import Cell
from xstilts.study.own_study import BASELINE

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
    best, reason = _best(frame, language, task)
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
        confidence.examples,
    )  # fmt: skip
    said = About(
        chosen.target, str(kind), labels, dict(columns), language, prediction.max_length, prediction.stride,
        prediction.precision, asdict(confidence), tuple(useless(about)),
        _errors(about),
    )  # fmt: skip
    hand_over(place.folder(chosen.model) / "model", said, card(about), folder)
    return about


def _name(backbone: str) -> str:
    """A hub's name, or a folder's without the way to it, which says something of the machine."""
    return Path(backbone).resolve().name if Path(backbone).is_dir() else backbone


def _errors(about: Card) -> dict[str, tuple[float, int]]:
    """By language how far off the confidence that ``predict`` gives was, in points, and on how many answers: of test
    rows where these are enough, else of validation rows."""
    measured = ((one, one.after if about.fitted else one.before) for one in about.fits)
    return {one.language: (round(error, 2), one.answers) for one, error in measured if error is not None}


def _best(frame: pl.DataFrame, language: str, task: str) -> tuple[tuple[str, int], str]:
    """Arm and seed with the best score on validation rows, the arm by its mean; why."""
    dev = frame.filter((pl.col("split") == "validation") & (pl.col("language") == language))
    means = dev.group_by("arm", maintain_order=True).agg(pl.col("score").mean()).sort("score", descending=True)
    arm = str(means["arm"][0])
    if means.height > 1 and means["score"][0] == means["score"][1]:
        arm = "baseline"
    mine = dev.filter(pl.col("arm") == arm).sort("score", descending=True)
    found = arm, int(mine["seed"][0])
    if (runs := runs_of(frame)) == 1:
        return found, "One run was trained, so there was nothing to choose from."
    called = {name: "none" if name == BASELINE else task for name in means["arm"]}
    said = ", ".join(f"{called[name]} {score:.1f}" for name, score in means.iter_rows())
    why = f"the best of {runs} runs by the score on validation rows in {language}"
    return found, f"Kept: {why} (means by intermediate task: {said})."


def _fit(kind: TaskType, cell: Cell, behind: Behind, confidence: Confidence) -> Fit:
    gold, predicted = behind.gold(cell.score), behind.predictions(cell.score)
    assert gold is not None and predicted is not None
    correct, before = right(kind, gold, predicted), raw(kind, predicted)
    own = cell.split == "validation"
    count = len(correct)

    def error(part: Numbers) -> float | None:
        return 100 * expected_error(equal_mass(part, correct)) if count >= LEAST else None

    # Half of the validation rows must be enough to fit the other half.
    told = confidence.examples and (not own or count >= 2 * LEAST)
    after = (crossed(kind, gold, predicted) if own else confidence.of(kind, predicted)) if told else None
    return Fit(
        cell.split, cell.language, count, float(correct.mean()), error(before), None if after is None else error(after)
    )
