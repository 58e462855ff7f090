"""A study as a research note: which chapters it has, and what stands in them.

In: ``Told``, all that is known of a study as it stands. Out: a ``Note``. A chapter appears only where the study has
what it needs; what a reader would look for and not find is said in its place.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import polars as pl

from xstilts.analysis.claims import Judgement, score_reports
from xstilts.analysis.judged import ByEncoder
from xstilts.analysis.material import Material
from xstilts.analysis.section import Section
from xstilts.analysis.similarity.table import matrix
from xstilts.catalogue.errors import Problem
from xstilts.literature.document import Document
from xstilts.report import claims as said
from xstilts.report import limits, method, overview, sections, trace
from xstilts.report.abstract import abstract, evidence, references
from xstilts.report.answer import answered
from xstilts.report.beside import beside, counts, reports
from xstilts.report.clean import cleaned
from xstilts.report.costs import costs
from xstilts.report.figures.gains import gain_figures
from xstilts.report.figures.losses import loss_figures
from xstilts.report.figures.reliability import reliability_figures
from xstilts.report.figures.scaling import scaling_figures, size_figures
from xstilts.report.figures.similarity import similarity_figures
from xstilts.report.note import Chapter, Figure, Note, shown
from xstilts.report.overlap import excluded_section, overlap_section
from xstilts.report.rates import rates_section
from xstilts.report.read import read
from xstilts.study.calibration import Rate
from xstilts.study.manifest import Plan
from xstilts.study.store import Store

FIRST = "gains"  # the analysis whose verdicts every report has


@dataclass(frozen=True)
class Told:
    """A study as it stands. ``analyses``: name, what it answers, its sections, in the study's order; ``judged``: claims
    by encoder, ``published``: the same by the published table. ``material``: the table and what lies behind it;
    ``documents``: those of a corpus. ``rates``: how fast this machine is, where it was calibrated."""

    plan: Plan
    store: Store
    material: Material
    analyses: tuple[tuple[str, str, tuple[Section, ...]], ...]
    judged: tuple[ByEncoder, ...]
    published: tuple[Judgement, ...]
    documents: tuple[Document, ...] = ()
    rates: tuple[Rate, ...] = ()

    @property
    def frame(self) -> pl.DataFrame:
        """The long table."""
        return self.material.frame

    @cached_property
    def records(self) -> method.Records:
        """What finished jobs left."""
        return self.store.records(self.plan.jobs)

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """Claims that the study measures, of all encoders."""
        return tuple(one for its in self.judged for one in its.told)


def compose(told: Told) -> Note:
    """The note."""
    findings = [[one for section in found for one in section.findings] for _, _, found in told.analyses]
    word, answer = answered(findings, told.frame)
    chapters = (*_opening(told, answer), *_results(told), *_analyses(told), *_closing(told))
    label = sections.CONSTRUCTED if sections.constructed(told.frame) else ""
    kept = tuple(_pruned(chapter) for chapter in chapters if not chapter.empty)
    return cleaned(Note(told.plan.name, told.plan.question, word, answer, label, kept))


def _pruned(chapter: Chapter) -> Chapter:
    """Without tables that have nothing to show."""
    items = tuple(one for one in chapter.items if shown(one))
    return replace(chapter, items=items, more=tuple(one for one in chapter.more if shown(one)))


def _opening(told: Told, answer: Sequence[str]) -> Iterator[Chapter]:
    plan, frame = told.plan, told.frame
    yield Chapter("abstract", "Abstract", abstract(plan, frame, answer, counts(told.judgements)))
    yield Chapter("question", "Question", evidence(plan.question, told.material.evidence))
    tables = (method.arms(plan, frame), method.targets(plan, frame), method.backbones(plan, frame))
    yield Chapter(
        "method",
        "Method",
        (
            "An encoder is trained on an intermediate task (an arm; the baseline has none), then on a target task in "
            "one labelled language, then scored in other languages, for which it saw no labels. A gain is an arm's "
            "score minus the baseline's: same encoder, target, language, split and seed. Means go over languages, then "
            "targets, then seeds; only seeds that have every cell count.",
            "A target counts as learned where the baseline's score in the labelled language lies above the floor (what "
            "a trivial predictor reaches) by more than 2 points and by more than 3 standard errors; others are shown "
            "apart and leave every average. Averages are given with and without retrieval and self-pairs.",
        ),
        tables,
        (method.settings(plan),),
    )


def _results(told: Told) -> Iterator[Chapter]:
    items: list[Section | Figure] = []
    more: list[Section] = []
    languages: list[Section | Figure] = []
    for frame, suffix, name in _by_encoder(told.frame):
        main = overview.arms_by_targets(frame)
        items.append(_titled(main, suffix))
        figures = list(gain_figures(frame, name, suffix))
        items += [one for one in figures if "target" in one.name]
        made = (sections.averages(frame), sections.near_floor(frame), sections.labelled_between(frame))
        items += [_titled(one, suffix) for one in _there(*made)]
        (items if not main.rows else more).extend(
            _titled(one, suffix) for one in _there(sections.scores(frame), sections.gains_by_target(frame))
        )
        told_apart = overview.by_classes(frame, told.material.groups, told.material.traits)
        languages += [_titled(one, suffix) for one in _there(overview.by_language(frame), *told_apart)]
        languages += [one for one in figures if "language" in one.name]
    yield Chapter(
        "results",
        "Results",
        () if any(shown(one) for one in items) else (_none(told.frame),),
        tuple(items),
        tuple(more),
    )
    yield Chapter("languages", "Results by language", (), tuple(languages))


def _none(frame: pl.DataFrame) -> str:
    done = int(frame["score"].is_not_null().sum())
    return f"No gains yet: {done:,} of {len(frame):,} scores are there."


def _by_encoder(frame: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, str, str]]:
    """The rows of each encoder, what its tables and its files are told apart by."""
    names = frame["backbone"].unique(maintain_order=True).to_list()
    for number, name in enumerate(names, start=1):
        several = len(names) > 1
        rows = frame.filter(pl.col("backbone") == name)
        yield rows, f" ({name})" if several else "", f"gains-{number}" if several else "gains"


def _analyses(told: Told) -> Iterator[Chapter]:
    figures = {
        "scaling": lambda: scaling_figures(told.frame),
        "model_size": lambda: size_figures(told.frame),
        "similarity": lambda: similarity_figures(matrix(told.material)),
    }
    for name, answers, found in told.analyses:
        drawn = _drawn(figures[name]) if name in figures else ()
        title = f"{name.replace('_', ' ').capitalize()}: {answers}"
        open_, folded = found[:1], found[1:]
        yield Chapter(f"analysis-{name.replace('_', '-')}", title, (), (*open_, *drawn), folded)
    reliability = _drawn(lambda: reliability_figures(told.material))
    if reliability:
        yield Chapter("reliability", "How far certainty can be believed", (), reliability)
    losses = _drawn(lambda: loss_figures(told.plan, told.store))
    if losses:
        yield Chapter("learning", "Learning curves", (), losses)


def _drawn(make: Callable[[], Iterable[Figure]]) -> tuple[Section | Figure, ...]:
    """Figures, or why there are none: a result behind them may be damaged or pruned."""
    try:
        return tuple(make())
    except Problem as problem:
        return (Section("No figure", ("reason",), (), 1, problem.problems),)


def _closing(told: Told) -> Iterator[Chapter]:
    plan, frame = told.plan, told.frame
    yield _claims(told)
    limitations = limits.limitations(plan, frame, told.material.evidence, told.judgements)
    yield Chapter("limitations", "Limitations", tuple(limitations))
    yield Chapter(
        "troubles",
        "What was cut, overlapped, failed",
        (),
        (
            method.cut(plan),
            *_there(method.notes(plan)),
            _or(overlap_section(plan.overlaps), "No text that is scored was found in what trains."),
            *_there(excluded_section(plan)),
            trace.failures(plan, told.store),
            *_there(sections.collapsed(frame)),
            _or(sections.unfinished(frame), "Every score is there."),
        ),
    )
    cost = costs(plan, told.records, told.rates)
    yield Chapter("cost", "What it cost", (), (cost, *_there(rates_section(plan, told.store))))
    yield Chapter(
        "repeat",
        "How to repeat it",
        _when(told),
        (),
        (method.versions(told.records), method.data(plan), method.sources(plan)),
        _commands(plan, method.from_folder(plan, told.store)),
    )
    yield Chapter("scores", "Every score, to be traced", (), (), (trace.scores(frame),))
    yield Chapter("references", "References", references(plan))


def _there(*found: Section) -> list[Section]:
    return [one for one in found if one.rows]


def _or(section: Section, note: str) -> Section:
    """The section, or one that says why it is empty."""
    return section if section.rows else replace(section, notes=(note,))


def _claims(told: Told) -> Chapter:
    items: list[Section] = []
    more: list[Section] = []
    for its in told.judged:
        if its.told:
            suffix = f" ({its.backbone})" if len(told.judged) > 1 else ""
            items.append(beside(its.told, told.published, f"Claims{suffix}"))
            more += [
                _titled(said.study(its.told, "What decides each claim"), suffix),
                _titled(said.reasons(its.told), suffix),
                _titled(said.settled(its.told, its.controls), suffix),
                _titled(said.report_scores(score_reports(its.told)), suffix),
            ]
    text = (
        f"{counts(told.judgements)}; no verdict is given that its rule does not."
        if items
        else ("No claim is measured by what is there: none is verified, refuted or undecided by this study.")
    )
    sentence, found = read(told.documents, told.judgements)
    more.append(found)
    return Chapter(
        "claims",
        "Claims",
        (text, reports(), sentence),
        tuple(items),
        tuple(_there(*more)),
    )


def _titled(section: Section, suffix: str) -> Section:
    return replace(section, title=section.title + suffix)


def _when(told: Told) -> tuple[str, ...]:
    times = [float(record["finished"]) for record in told.records.values() if "finished" in record]
    said = f"{len(told.records):,} of {len(told.plan.jobs):,} jobs are done"
    if times:
        first, last = (
            datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC") for at in (min(times), max(times))
        )
        said += f"; the first ended {first}, the last {last}"
    return (f"{said}.", "The same commands with the same data and versions end in the same jobs, by their keys.")


def _commands(plan: Plan, data: bool) -> tuple[str, ...]:
    """What to type; ``data``: rows came from a data folder, which whoever repeats it names."""
    name, _, variant = plan.study.partition("+")
    study = f"./{Path(plan.file).name}" if plan.file.endswith(".toml") and "studies/" not in plan.file else name
    form = [study, *(["--variant", variant] if variant else []), "--level", plan.level]
    return (
        shlex.join(["xstilts", "run", *form, *(["--data", "DIR"] if data else [])]),
        shlex.join(["xstilts", "report", *form]),
        shlex.join(["xstilts", "results", plan.name, "--format", "csv"]),
    )
