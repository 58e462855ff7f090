"""Rows 1, 2, 3: training, at the length of sentence pairs and of questions with their paragraphs."""

from __future__ import annotations

from benchmarks.row import OURS, RECIPE, TUNED, Case, Places, Reading, Row, Target, Work
from benchmarks.speed import COLUMNS, finished

PAIRS = {"task": "mnli", "split": "train", "languages": ["en"], "longest": 128, "stride": 64, "warm": 3}
WINDOWS = {"task": "squad", "split": "train", "languages": ["en"], "longest": 384, "stride": 128, "warm": 2}
SMALL = {"shape": "small", "learning_rate": 3e-4}
BASE = {"shape": "base", "learning_rate": 3e-5}


def measure(way: str, work: Work, places: Places) -> Reading:
    """Train one way."""
    if way == OURS:
        from benchmarks import ours

        return finished(ours.trained(work, places), work, places)
    from benchmarks import trainer

    return finished(trainer.trained(way, work, places), work, places)


def prepare(work: Work, places: Places) -> None:
    """Everything on disk that both sides read."""
    from benchmarks.material import encoder_folder, head_weights, sample, trainer_folder

    encoder_folder(places, work["shape"])
    head_weights(places, work["shape"], sample(places, work).type)
    trainer_folder(places, work)


def _small_pairs(full: bool) -> tuple[Case, ...]:
    work = {**PAIRS, **SMALL, "batch": 32, "updates": 150 if full else 50}
    return (Case("MNLI, 4 x 256", work, (OURS, TUNED, RECIPE), (Target(TUNED, 1.5), Target(RECIPE, 8.0))),)


def _base_pairs(full: bool) -> tuple[Case, ...]:
    work = {**PAIRS, **BASE, "batch": 16, "updates": 50 if full else 14}
    return (Case("MNLI, 12 x 768", work, (OURS, TUNED), (Target(TUNED, 2.0),)),)


def _windows(full: bool) -> tuple[Case, ...]:
    small = {**WINDOWS, **SMALL, "batch": 8, "updates": 100 if full else 40}
    base = {**WINDOWS, **BASE, "batch": 8, "updates": 24 if full else 6}
    return (
        Case("SQuAD, 4 x 256", small, (OURS, TUNED, RECIPE), (Target(TUNED, 1.5),), seldom=(RECIPE,)),
        Case("SQuAD, 12 x 768", base, (OURS, TUNED), (Target(TUNED, 1.5),)),
    )


ROWS = (
    Row(
        1,
        "Training, small encoder, sentence pairs",
        "4 x 256, 16k pieces, MNLI",
        _small_pairs,
        measure,
        prepare,
        COLUMNS,
    ),
    Row(
        2,
        "Training, XLM-R-base shape, sentence pairs",
        "12 x 768, 250k pieces, MNLI",
        _base_pairs,
        measure,
        prepare,
        COLUMNS,
    ),
    Row(
        3,
        "Training, windows of questions",
        "384 tokens, stride 128, SQuAD, both shapes",
        _windows,
        measure,
        prepare,
        COLUMNS,
    ),
)
