"""Claims judged: by the published table, by a study as it was run, and whether that settles what was stated.

In: claims, effects, a plan and its table. Out: ``Judgement`` values, and the score of the reports' own confidences. The
same quantities and rules serve all of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from xstilts.analysis import verdict
from xstilts.analysis.chosen import Missing
from xstilts.analysis.decide import (
    SEEDS,
    Decision,
    Each,
    Estimate,
    all_below,
    almost_all_above,
    decide,
    several_above,
)
from xstilts.analysis.material import Material
from xstilts.analysis.quantities import BEHIND, MEASURES, Measured
from xstilts.analysis.section import counted
from xstilts.analysis.verdict import CONTROL_CAP, Word
from xstilts.catalogue.claim import VIEWS, Claim, Rule
from xstilts.catalogue.errors import Problem
from xstilts.catalogue.published import facts

HARM = 0.5
# "almost all" and "several" mean nothing of fewer intermediate tasks.
FEW = 5


@dataclass(frozen=True)
class Outcome:
    """One rule of a claim and what came of it. ``measured`` is None where nothing could be, ``why`` then says what is
    missing, else why there is no verdict ("" where there is one). ``views``: the quantity with parts left out."""

    rule: Rule
    decision: Decision
    measured: Measured | None
    why: str
    views: tuple[tuple[str, Measured, Decision], ...] = ()


@dataclass(frozen=True)
class Judgement:
    """A claim with its verdict on the evidence at hand: supported if all its rules are, refuted if one is.

    ``points``: what the bare estimates would give. ``confidence``: of all rules together. ``stated``: the verdict on
    the claim as it was made, which ``differences`` between its setting and the evidence leave undecided.
    """

    claim: Claim
    outcomes: tuple[Outcome, ...]
    word: Word
    points: Word
    confidence: float | None
    stated: Word
    differences: tuple[str, ...] = ()

    @property
    def why(self) -> tuple[str, ...]:
        """Why it is undecided, each reason once."""
        return tuple(dict.fromkeys(one.why for one in self.outcomes if one.why))


def judge(
    claim: Claim,
    effects: pl.DataFrame,
    differences: Sequence[str] = (),
    seeds: int = SEEDS,
    controlled: bool = True,
    material: Material | None = None,
) -> Judgement:
    """The verdict on ``claim`` by ``effects``, and by ``material`` where gains alone do not tell. ``differences``: in
    what the evidence is not what the claim is about. ``controlled``: the evidence has the controls that a causal
    sentence needs."""
    outcomes = tuple(_outcome(claim, rule, effects, seeds, material) for rule in claim.rules)
    word, points = _all([one.decision.word for one in outcomes]), _all([one.decision.points for one in outcomes])
    confidence = _together(word, [one.decision for one in outcomes])
    if not controlled and claim.kind != "fact" and confidence is not None:
        confidence = min(confidence, CONTROL_CAP)
    stated: Word = word if not differences or claim.kind == "fact" else "undecided"
    return Judgement(claim, outcomes, word, points, confidence, stated, tuple(differences))


def _outcome(claim: Claim, rule: Rule, effects: pl.DataFrame, seeds: int, material: Material | None = None) -> Outcome:
    if rule.quantity == "fact":
        return _of_fact(rule)
    try:
        measured, found = _measured(rule, effects, {}, seeds, material)
    except (Missing, Problem) as missing:  # not there, or not to be read (any more)
        return Outcome(rule, Decision("undecided", "undecided"), None, str(missing))
    views = []
    for name in rule.views:
        try:
            views.append((name, *_measured(rule, effects, VIEWS[name], seeds)))
        except Missing:
            continue
    return Outcome(rule, found, measured, _why(found, measured.estimates, seeds), tuple(views))


def _measured(
    rule: Rule, effects: pl.DataFrame, view: Mapping[str, bool], seeds: int, material: Material | None = None
) -> tuple[Measured, Decision]:
    asked = {**rule.arguments, **view}
    if material is not None and rule.quantity in BEHIND:
        measured = BEHIND[rule.quantity](material, asked)
    else:
        measured = MEASURES[rule.quantity](effects, asked)
    if rule.comparison in ("almost all above", "several above") and len(measured.parts) < FEW:
        were = counted(len(measured.parts), "intermediate task")
        raise Missing(f"only {were}: '{rule.comparison}' needs {FEW} or more")
    return measured, decide(_rule_of(rule), measured.estimates, rule.prior, seeds)


def _rule_of(rule: Rule) -> verdict.Rule | Each:
    value = float(rule.value)
    if rule.comparison == "near":
        close = verdict.near(value, rule.tolerance)
        return verdict.Rule(close, replace(close, outside=True), rule.prior)
    if rule.comparison == "above":
        return verdict.Rule(verdict.above(value), verdict.under(value), rule.prior)
    if rule.comparison == "below":
        return verdict.Rule(verdict.under(value), verdict.above(value), rule.prior)
    if rule.comparison == "all below":
        return all_below(value)
    if rule.comparison == "almost all above":
        return almost_all_above(value)
    return several_above(value, HARM)


def _why(found: Decision, estimates: Sequence[Estimate], seeds: int) -> str:
    if found.word != "undecided":
        return ""
    fewest = min(one.seeds for one in estimates)
    if fewest < seeds:
        return f"{counted(fewest, 'seed')} with all scores: a verdict needs {seeds}"
    if found.supports is None or found.refutes is None:
        return "no spread to judge by: too few units, or all of them the same"
    return f"neither reaches .95 under every prior: for {_chance(found.supports)}, against {_chance(found.refutes)}"


def _chance(value: float) -> str:
    return f"{value:.2f}".removeprefix("0")


def _of_fact(rule: Rule) -> Outcome:
    """A number or name held against every source that states it: all must agree."""
    name = str(rule.arguments["fact"])
    found = [fact for fact in facts() if fact.fact == name]
    if not found:
        return Outcome(
            rule, Decision("undecided", "undecided"), None, "no source that states it is among the published ones"
        )
    wanted = rule.value if isinstance(rule.value, str) else f"{rule.value:.0f}"
    same = all(fact.value == wanted for fact in found)
    word: Word = "supported" if same else "refuted"
    chances = (1.0, 0.0) if same else (0.0, 1.0)
    where = ", ".join(dict.fromkeys(fact.source for fact in found))
    stated = " / ".join(dict.fromkeys(f"{int(fact.value):,}" if fact.value.isdigit() else fact.value for fact in found))
    return Outcome(rule, Decision(word, word, *chances, 1.0), Measured((), f"{stated} ({where})"), "")


def _all(words: Sequence[Word]) -> Word:
    if "refuted" in words:
        return "refuted"
    return "supported" if all(word == "supported" for word in words) else "undecided"


def _together(word: Word, verdicts: Sequence[Decision]) -> float | None:
    """Of a refuted claim the surest refutation, else at least 1 - sum of the doubts of its rules."""
    known = [one.confidence for one in verdicts if one.confidence is not None and word in (one.word, "undecided")]
    if word == "refuted":
        return max(known, default=None)
    if len(known) < len(verdicts):
        return None
    return max(0.0, 1.0 - math.fsum(1.0 - one for one in known))


@dataclass(frozen=True)
class ReportScore:
    """How well the numbers of a report fit the verdicts. ``brier`` and ``log`` (natural logarithm, negative) are means;
    smaller is better, a report that always says one half has .25 and .693. ``ticks``: share of ticks that agree."""

    report: str
    claims: int
    mean: float
    true: float
    brier: float
    log: float
    ticks: float | None


def score_reports(judgements: Iterable[Judgement], directions: bool = False) -> list[ReportScore]:
    """The numbers that reports gave to claims, scored against the verdicts: a line a report, and one for all.

    Undecided claims are left out; with ``directions`` they count by what their estimates point to, where the evidence
    bears on them at all.
    """
    pairs = list(_scored(judgements, directions))
    names = sorted({name for name, *_ in pairs})
    lines = [_report_score(name, [pair for pair in pairs if pair[0] == name]) for name in names]
    return [*lines, _report_score("all", pairs)] if len(names) > 1 else lines


def _scored(judgements: Iterable[Judgement], directions: bool) -> Iterator[tuple[str, float, float, bool | None]]:
    for one in judgements:
        word = one.word
        if word == "undecided" and directions and one.claim.bears:
            word = one.points
        if word == "undecided" or one.claim.kind == "question":
            continue
        for report in one.claim.reports:
            if report.number is not None:
                yield report.name, report.number, float(word == "supported"), report.tick


def _report_score(name: str, pairs: Sequence[tuple[str, float, float, bool | None]]) -> ReportScore:
    numbers, truths = [pair[1] for pair in pairs], [pair[2] for pair in pairs]
    brier = math.fsum((number - truth) ** 2 for number, truth in zip(numbers, truths, strict=True))
    logs = [
        math.log(max(number if truth else 1 - number, 1e-12)) for number, truth in zip(numbers, truths, strict=True)
    ]
    ticks = [tick == bool(truth) for _, _, truth, tick in pairs if tick is not None]
    count = len(pairs)
    return ReportScore(
        name,
        count,
        math.fsum(numbers) / count,
        math.fsum(truths) / count,
        brier / count,
        -math.fsum(logs) / count,
        sum(ticks) / len(ticks) if ticks else None,
    )
