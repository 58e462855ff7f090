"""The learning rates that a study tried: what was chosen for each arm, and what the choice is worth.

In: a plan and the store. Out: a section; empty where nothing was searched.
"""

from __future__ import annotations

from dataclasses import dataclass

from xstilts.analysis.section import Section, signed
from xstilts.analysis.table import baseline_of
from xstilts.catalogue.errors import Problem
from xstilts.study.choice import chosen
from xstilts.study.job import Candidate, Train
from xstilts.study.manifest import Plan
from xstilts.study.store import Store

_NOTES = (
    "dev: the score at the chosen rate, on rows in the labelled language that the study does not score; one training "
    "for each rate, of a seed that no result is reported of.",
    "gain: dev less the baseline's at its own best rate; at baseline's rate: the same with the arm's dev score at the "
    "rate that was best for the baseline. Where the two differ much, the gain depends on the search.",
    "An edge of the range was chosen where a rate is marked *: a wider range might have been better.",
)


@dataclass(frozen=True)
class _Tried:
    """What one arm tried for one target: scores on dev by rate, None where a trial is not done."""

    arm: str
    candidates: tuple[Candidate, ...]
    scores: dict[float, float | None]
    rate: float | None

    def at(self, rate: float | None) -> float | None:
        """The score at ``rate``."""
        return None if rate is None else self.scores.get(rate)


def rates_section(plan: Plan, store: Store) -> Section:
    """A line for each backbone, target and arm that tried rates; nothing before the first trial is done."""
    found = _tried(plan, store)
    if all(value is None for arms in found.values() for one in arms for value in one.scores.values()):
        found = {}
    rows: list[tuple[str, ...]] = []
    breaks = []
    for (backbone, target), arms in found.items():
        breaks.append(len(rows))
        nothing = next((one for one in arms if one.arm == baseline_of(plan)), None)
        rows += [(backbone, target, *_line(one, nothing)) for one in arms]
    columns = ("backbone", "target", "arm", "rate", "dev", "gain", "at baseline's rate", "tried (dev)")
    return Section(
        "Learning rates, chosen in the labelled language", columns, tuple(rows), 3, _NOTES, frozenset(breaks[1:])
    )


def _tried(plan: Plan, store: Store) -> dict[tuple[str, str], list[_Tried]]:
    found: dict[tuple[str, str], dict[tuple[Candidate, ...], _Tried]] = {}
    records: dict[str, float | None] = {}

    def score_of(key: str) -> float | None:
        if key not in records:
            records[key] = (store.finished(key) or {}).get("score")
        return records[key]

    for cell in plan.cells:
        models = (plan.jobs[key] for key in cell.trainings)
        job = next((one for one in models if isinstance(one, Train) and one.candidates), None)
        group = found.setdefault((cell.backbone, cell.target), {}) if job else {}
        if job and job.candidates not in group:
            scores = {one.learning_rate: score_of(one.score) for one in job.candidates}
            group[job.candidates] = _Tried(cell.arm, job.candidates, scores, _best(job.candidates, scores))
    return {at: list(arms.values()) for at, arms in found.items()}


def _best(candidates: tuple[Candidate, ...], scores: dict[float, float | None]) -> float | None:
    """The rate that is chosen; None while a trial is still to be done."""
    if any(value is None for value in scores.values()):
        return None
    values = {one.score: scores[one.learning_rate] for one in candidates}
    try:
        return chosen(candidates, values.get)
    except Problem:
        return None


def _line(one: _Tried, nothing: _Tried | None) -> tuple[str, ...]:
    if one.rate is None:
        return (one.arm, "to be chosen", "", "", "", _all(one))
    dev, edge = one.at(one.rate), one.rate in (min(one.scores), max(one.scores))
    base = nothing.at(nothing.rate) if nothing else None
    same = one.at(nothing.rate) if nothing else None
    gains = [None if value is None or base is None or one is nothing else value - base for value in (dev, same)]
    return (
        one.arm,
        f"{one.rate:g}{'*' if edge else ''}",
        f"{dev:.1f}",
        *(signed(gain, 1) for gain in gains),
        _all(one),
    )


def _all(one: _Tried) -> str:
    return ", ".join(f"{rate:g}: {'?' if value is None else f'{value:.1f}'}" for rate, value in one.scores.items())
