"""Verdicts on claims as titled tables: of the published numbers, and of a study.

In: judgements of ``analysis.claims``. Out: ``Section`` values. Every number has its unit (points unless said), every
undecided claim the reason and what would decide it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from xstilts.analysis.claims import Judgement, Outcome, ReportScore
from xstilts.analysis.decide import Decision, Estimate, chance
from xstilts.analysis.quantities import Measured
from xstilts.analysis.section import Section
from xstilts.analysis.verdict import ENOUGH, above
from xstilts.catalogue.claim import Rule
from xstilts.catalogue.published import Document

POINTS_TO = {"supported": "for", "refuted": "against", "undecided": "neither"}
# A printed average of twelve rounded numbers may differ by so much from the mean of the printed ones.
ROUNDING = 0.1


def published(judgements: Sequence[Judgement]) -> Section:
    """The claims about effects against the published table: value, verdict, and what the bare numbers point to."""
    rows: list[tuple[str, ...]] = []
    breaks = set()
    for one in judgements:
        if one.claim.kind != "effect":
            continue
        breaks.add(len(rows))
        points = POINTS_TO[one.points] if one.claim.bears else "not about it"
        rows.append((one.claim.id, one.claim.text, "", "", one.word, points))
        for outcome in one.outcomes:
            value = value_of(outcome.rule, outcome.measured)
            rows.append(("", _said(outcome.rule), value, _probability(outcome.decision), "", _points(outcome)))
            for name, measured, decision in outcome.views:
                shown = (f"    {name}: {_over(measured)}", value_of(outcome.rule, measured), _probability(decision))
                rows.append(("", *shown, "", POINTS_TO[decision.points]))
    return Section(
        "Claims against the published table (Phang et al. 2020, first preprint, XLM-R Large)",
        ("claim", "what is said, and the quantity that decides it", "value", "P", "verdict", "points"),
        tuple(rows),
        2,
        (
            "value: points gained over the same encoder without intermediate task; development sets, mean over each "
            "target's languages, one run each.",
            "verdict: supported or refuted with probability .95, else undecided. Single runs decide nothing.",
            "points: what the bare numbers, taken as exact, speak: for, against or neither.",
            "P: probability that the rule holds, where intermediate tasks can stand for repeated runs.",
            "not about it: the table cannot tell (see the remarks below).",
        ),
        frozenset(breaks - {0}),
    )


def documented(judgements: Sequence[Judgement]) -> Section:
    """The claims about documents, tasks and sizes: what sources state."""
    rows: list[tuple[str, ...]] = []
    for one in judgements:
        if one.claim.kind == "fact":
            found = "; ".join(outcome.measured.cells if outcome.measured else "not there" for outcome in one.outcomes)
            rows.append((one.claim.id, one.claim.text, found, one.word))
    return Section(
        "Statements about documents, tasks and sizes",
        ("claim", "what is said", "what sources state", "verdict"),
        tuple(rows),
        4,
        (
            "phang2020-v1, v2: the two versions of the paper; xtreme: its evaluation script; cards: the data sets' own "
            "descriptions. Supported where every source that states it agrees.",
        ),
        _all(rows),
    )


def study(judgements: Sequence[Judgement], title: str) -> Section:
    """The claims that a study measures: verdict as stated and in scope."""
    rows: list[tuple[str, ...]] = []
    breaks = set()
    for one in judgements:
        if not any(outcome.measured for outcome in one.outcomes) or one.claim.kind == "fact":
            continue
        breaks.add(len(rows))
        sure = "" if one.confidence is None or one.word == "undecided" else f"{one.confidence:.2f}"
        rows.append((one.claim.id, one.claim.text, "", "", one.stated, one.word, sure))
        for outcome in one.outcomes:
            chances = outcome.decision.supports
            over = f" ({_over(outcome.measured)})" if outcome.measured else ""
            rows.append(
                (
                    "",
                    _said(outcome.rule) + over,
                    value_of(outcome.rule, outcome.measured),
                    interval_of(outcome.measured),
                    "",
                    "" if len(one.outcomes) == 1 else outcome.decision.word,
                    "" if chances is None else f"P {chances:.2f}",
                )
            )
            for name, measured, decision in outcome.views:
                shown = f"    {name}: {_over(measured)}"
                rows.append(
                    ("", shown, value_of(outcome.rule, measured), interval_of(measured), "", "", _probability(decision))
                )
    return Section(
        title,
        ("claim", "what is said, and the quantity that decides it", "value", "95 %", "as stated", "in scope", "sure"),
        tuple(rows),
        2,
        (
            "as stated: about the claim's own encoder and data. in scope: the same quantity for the encoder and data "
            "of this study, decided by the same rule.",
            "supported and refuted: with probability .95 under three beliefs beforehand (normal around 0, with half, "
            "once and twice the stated width), from six seeds or more; else undecided.",
            "sure: confidence in the verdict. P: probability that the line's rule holds.",
        ),
        frozenset(breaks - {0}),
    )


def reasons(judgements: Sequence[Judgement]) -> Section:
    """Why claims are undecided, the same reason once."""
    found: dict[str, list[str]] = {}
    for one in judgements:
        if one.word == "undecided":
            for why in one.why:
                found.setdefault(why, []).append(one.claim.id)
    rows = tuple((", ".join(ids), why) for why, ids in found.items())
    return Section("Why undecided", ("claims", "reason"), rows, 2)


def settled(judgements: Sequence[Judgement], controls: Sequence[str] = ()) -> Section:
    """What stands between the evidence and the claims as stated, and what would decide them."""
    found: dict[str, list[str]] = {}
    for one in judgements:
        if one.claim.kind in ("fact", "own"):
            continue
        for difference in one.differences:
            found.setdefault(difference, []).append(one.claim.id)
    rows = [(", ".join(ids), difference) for difference, ids in found.items()]
    rows += [("all", f"not in this study: {control}; confidence stays at .90 or below") for control in controls]
    return Section(
        "What keeps this study from settling the claims as stated",
        ("claims", "difference"),
        tuple(rows),
        2,
        ("They would be settled by a study without these differences, with six seeds or more.",) if found else (),
    )


def open_questions(judgements: Sequence[Judgement]) -> Section:
    """The questions, and what an answer needs."""
    rows = tuple((one.claim.id, one.claim.text, one.claim.settled_by) for one in judgements if one.claim.settled_by)
    return Section(
        "Open, and what would settle it", ("claim", "what is asked", "what would settle it"), rows, 3, (), _all(rows)
    )


def remarks(judgements: Sequence[Judgement]) -> Section:
    """What the published table can and cannot tell about each claim."""
    rows = tuple((one.claim.id, one.claim.published) for one in judgements if one.claim.published)
    return Section("What the published table can and cannot tell", ("claim", "remark"), rows, 2)


def origins(effects: pl.DataFrame) -> Section:
    """Where the published average gain comes from: with and without retrieval, with and without self-pairs."""
    gains = effects.filter(pl.col("gain").is_not_null() & (pl.col("split") == "validation"))
    rows = []
    for (arm, mlm), part in gains.group_by(["arm", "mlm"], maintain_order=True):
        plain = part.filter(~pl.col("retrieval"))
        own = part.filter(~pl.col("self_pair"))
        groups = (part, plain, part.filter(pl.col("retrieval")), own, own.filter(~pl.col("retrieval")))
        numbers = [_signed(_mean(group)) for group in groups]
        middle = part["gain"].median()
        shown = str(arm).removesuffix(" with MLM")
        rows.append((shown, "yes" if mlm else "no", *numbers, _signed(float(str(middle)))))
    switch = next((i for i, row in enumerate(rows) if row[1] == "yes"), 0)
    return Section(
        "Where the average gain comes from (published gains in points)",
        ("intermediate", "MLM", "all 9", "no retrieval", "retrieval", "no self-pairs", "neither", "median"),
        tuple(rows),
        2,
        (
            "all 9: mean over the nine targets. retrieval: BUCC and Tatoeba, which train nothing; no retrieval: the "
            "other seven.",
            "no self-pairs: without targets that train on the intermediate's own data. neither: without both.",
            "median: over the nine targets. MLM: masked language modelling was trained alongside.",
            "The baseline's Tatoeba score (31.0) is far below the one published elsewhere (57.3): a part of the "
            "retrieval gain is a weak baseline.",
        ),
        frozenset({switch} - {0}),
    )


def misprints(averages: Iterable[tuple[str, bool, float, float]]) -> Section:
    """Printed averages that do not follow from the numbers beside them."""
    rows = [
        (f"{system}{' with MLM' * mlm}", _signed(printed), _signed(found), _signed(found - printed))
        for system, mlm, printed, found in averages
        if abs(found - printed) > ROUNDING
    ]
    return Section(
        "Printed averages that do not follow from their own row",
        ("row", "printed", "mean of the nine", "difference"),
        tuple(rows),
        1,
        (
            "Likely a misprint. All other rows agree within 0.1, which rounding explains. Quantities here are computed "
            "from the nine targets, never from printed averages.",
        ),
    )


def documents(reports: Sequence[Document]) -> Section:
    """The reports behind the claims, with what they say of themselves."""
    rows = tuple(
        (
            one.report,
            one.title,
            one.question,
            f"{one.claims_verified} of {one.claims_extracted}",
            str(one.quality_of_10),
        )
        for one in reports
    )
    return Section(
        "The reports that the claims come from (June 2026)",
        ("report", "title", "question", "ticked", "own grade"),
        rows,
        3,
        ("ticked: claims that the report marks as verified, of those it extracted; own grade: of 10.",),
        _all(rows),
    )


def report_scores(decided: Sequence[ReportScore], pointing: Sequence[ReportScore] = ()) -> Section:
    """The reports' numbers against the verdicts; ``pointing``: with undecided claims by what their numbers point to."""
    rows = []
    for what, lines in (("verdicts", decided), ("with directions", pointing)):
        for one in lines:
            ticks = "" if one.ticks is None else f"{one.ticks:.0%}"
            numbers = (f"{one.mean:.2f}", f"{one.true:.2f}", f"{one.brier:.3f}", f"{one.log:.3f}", ticks)
            rows.append((what, one.report, str(one.claims), *numbers))
    return Section(
        "Numbers given beforehand against the verdicts",
        ("scored on", "report", "numbers", "mean number", "came true", "Brier", "log score", "ticks right"),
        tuple(rows),
        2,
        (
            "Brier: mean of (number - outcome)^2; log score: mean of -ln(probability given to the outcome). Smaller is "
            "better; who always says .5 has .250 and .693.",
            *(
                (
                    "verdicts: decided claims only, here the statements about documents, tasks and sizes. with "
                    "directions: undecided claims count by what the bare numbers point to.",
                    "ticks right: the report's own mark, verified or not, agrees with the outcome. These are a few "
                    "related claims that nearly all hold: they show numbers that are too low, no more.",
                )
                if pointing
                else ("verdicts: those in scope of this study; undecided claims are left out.",)
            ),
        ),
        frozenset({len(decided)}) if pointing and decided else frozenset(),
    )


def published_value(one: Judgement) -> str:
    """What the quantities of a claim are worth, a rule after the other: ``+8.27``, ``6 of 7``, ``40 (xtreme)``."""
    found = []
    for outcome in one.outcomes:
        fact = outcome.rule.quantity == "fact"
        value = outcome.measured.cells if fact and outcome.measured else value_of(outcome.rule, outcome.measured)
        found.append(value)
    return "; ".join(dict.fromkeys(found))


def _all(rows: Sequence[object]) -> frozenset[int]:
    return frozenset(range(1, len(rows)))


def _said(rule: Rule) -> str:
    """``  mean gain of SQuAD: 8.2 ± 2``."""
    value = f"{float(rule.value):g}"
    said = {
        "near": f"{value} ± {rule.tolerance:g}",
        "above": f"above {value}",
        "below": f"below {value}",
        "all below": f"below {value}",
        "almost all above": f"all, or all but one, above {value}",
        "several above": f"at least five ninths of them above {value}, none below {float(rule.value) - 0.5:g}",
    }[rule.comparison]
    return f"  {rule.says}: {said}"


def _over(measured: Measured) -> str:
    """The first of what it was taken over; all of it is in the JSON."""
    return measured.cells.partition(",")[0]


def value_of(rule: Rule, measured: Measured | None) -> str:
    """The estimate; of several the largest with its name, or how many lie above the rule's value."""
    if measured is None:
        return "not there"
    if rule.comparison == "all below":
        name, best = max(measured.parts, key=lambda part: part[1].value)
        return f"{_signed(best.value)} ({name})"
    if rule.comparison in ("almost all above", "several above"):
        over = sum(_above(estimate, float(rule.value)) for estimate in measured.estimates)
        return f"{over} of {len(measured.parts)}"
    return _signed(measured.estimates[0].value)


def _above(estimate: Estimate, value: float) -> bool:
    return chance(estimate, above(value), 1e6) >= (0.5 if estimate.error is None else ENOUGH)


def interval_of(measured: Measured | None) -> str:
    """The 95 % interval of a quantity that is one number and has one."""
    if measured is None or len(measured.parts) != 1 or (half := measured.estimates[0].half) is None:
        return ""
    return f"{measured.estimates[0].value - half:+.1f} .. {measured.estimates[0].value + half:+.1f}"


def _points(outcome: Outcome) -> str:
    return "" if outcome.measured is None else POINTS_TO[outcome.decision.points]


def _probability(decision: Decision) -> str:
    return "" if decision.supports is None else f"P {decision.supports:.2f}"


def _mean(rows: pl.DataFrame) -> float | None:
    found = rows["gain"].mean()
    return float(found) if isinstance(found, int | float) else None


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+.2f}"
