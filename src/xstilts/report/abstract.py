"""The words of a note that are neither table nor verdict: abstract, what would count as evidence, references.

In: a plan, its table, what it holds as evidence. Out: paragraphs, every number of which is computed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from xstilts.analysis import gains
from xstilts.analysis.section import counted, signed
from xstilts.catalogue.find import shipped
from xstilts.catalogue.published import documents, sources
from xstilts.report.sections import constructed
from xstilts.study.evidence import Evidence
from xstilts.study.manifest import Plan

SHOWN = 6  # names in a row


def abstract(plan: Plan, frame: pl.DataFrame, answer: Sequence[str], claims: str) -> tuple[str, ...]:
    """What was asked, done and found."""
    arms = [str(arm) for arm in frame["arm"].unique(maintain_order=True) if arm != gains.BASELINE]
    kind = "constructed languages" if constructed(frame) else "languages"
    families = frame["family"].drop_nulls().n_unique()
    encoders = frame["backbone"].unique(maintain_order=True).to_list()
    done = (
        f"{counted(len(arms), 'arm')} ({_some(arms)}) and the baseline were compared on "
        f"{counted(frame['target'].n_unique(), 'target')} ({_some(frame['target'].unique(maintain_order=True))}) in "
        f"{frame['language'].n_unique()} {kind} of {counted(families, 'family', 'families')}, with "
        f"{counted(frame['seed'].n_unique(), 'seed')} and the encoder{'s' * (len(encoders) > 1)} {_some(encoders)}."
    )
    return (" ".join((done, *_averages(frame), *answer, f"Of {claims}.")),)


def _averages(frame: pl.DataFrame) -> Iterable[str]:
    lines = gains.averages(frame, "zero-shot")
    whole = [one for one in lines if (one.values["self_pairs"], one.values["retrieval"]) == ("with", "with")]
    rest = [one for one in lines if (one.values["self_pairs"], one.values["retrieval"]) == ("without", "without")]
    if whole:
        yield f"Average gains over all learned targets and languages without labels lie {_range(whole)}."
    if rest:
        yield f"Without retrieval and self-pairs they lie {_range(rest)}."
    elif whole:
        yield "Without retrieval and self-pairs no gain is left to average."


def _range(lines: Sequence[gains.Summary]) -> str:
    lowest, highest = (choose(lines, key=lambda one: one.gain.mean) for choose in (min, max))
    if lowest is highest:
        return f"at {signed(lowest.gain.mean, 1)} points ({lowest.values['arm']})"
    ends = (f"{signed(one.gain.mean, 1)} ({one.values['arm']})" for one in (lowest, highest))
    return f"between {' and '.join(ends)} points"


def evidence(question: str, found: Evidence) -> tuple[str, ...]:
    """The question, and what it takes to answer it."""
    return (
        question,
        f"Decided beforehand: an average gain below {found.gain:g} points counts as none, and below {found.slope:g} "
        f"points for ten times as much data or model. A verdict needs {found.seeds} seeds, and a probability of .95 "
        f"under three beliefs held beforehand (normal around 0; for gains with {found.prior_gain / 2:g}, "
        f"{found.prior_gain:g} and {found.prior_gain * 2:g} points); else it is undecided.",
    )


def references(plan: Plan) -> tuple[str, ...]:
    """What the study builds on: the question's source, data sets, the reports whose claims are judged."""
    known = shipped()
    names = dict.fromkeys(
        [*(cell.target for cell in plan.cells), *(task for cell in plan.cells for task in _tasks(cell.intermediate))]
    )
    cited = dict.fromkeys(known[name].citation for name in names if name in known and known[name].citation)
    papers = (
        f"{one.title} ({one.date}). {one.place}" for one in sources().values() if one.source.startswith("phang2020")
    )
    reports = (f"{one.report}: {one.title} ({one.date})" for one in documents())
    return (*papers, *cited, *reports)


def _tasks(intermediate: Iterable[str]) -> list[str]:
    """Single tasks of arms with several, in steps (``>``) or added up (``&``)."""
    return [
        part
        for text in intermediate
        for step in text.split(" > ")
        for side in step.split(" & ")
        for part in side.split("+")
    ]


def _some(names: Iterable[object]) -> str:
    found = [str(name) for name in names]
    return ", ".join(found) if len(found) <= SHOWN else f"{', '.join(found[:SHOWN])} and {len(found) - SHOWN} more"
