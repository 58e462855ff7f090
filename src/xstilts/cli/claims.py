"""The command ``claims``: what has been claimed, and what the published numbers or a study of one's own say to it.

In: a study's name or file, or ``--published``, or neither. Out: each claim with its verdicts, as tables or JSON.
Nothing is trained and no model is loaded.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xstilts.catalogue.errors import Problem
from xstilts.cli.frame import (
    STORE,
    JsonOption,
    LevelOption,
    StoreOption,
    TraitsOption,
    VariantOption,
    command,
    put,
    put_json,
    say,
)
from xstilts.cli.literature import CORPUS, CorpusOption

if TYPE_CHECKING:
    import polars as pl

    from xstilts.analysis.claims import Judgement, ReportScore
    from xstilts.analysis.judged import ByEncoder
    from xstilts.analysis.section import Section
    from xstilts.catalogue.claim import Claim
    from xstilts.study.manifest import Plan


@command("claims")
def claims(
    study: Annotated[
        str | None, typer.Argument(metavar="[STUDY]", help="A shipped study's name or a .toml file.")
    ] = None,
    published: Annotated[bool, typer.Option("--published", help="Judge by the published table.")] = False,
    level: LevelOption = None,
    variant: VariantOption = None,
    store: StoreOption = STORE,
    traits: TraitsOption = None,
    corpus: CorpusOption = CORPUS,
    json: JsonOption = False,
) -> None:
    """Each claim with its verdicts: by the published table, or by a study as it was run."""
    if published and study is not None:
        raise Problem("--published and a study exclude each other: keep one")
    if published:
        _published(corpus, json)
    elif study is not None:
        _study(study, level, variant, store, traits, corpus, json)
    else:
        _list(json)


def _list(json: bool) -> None:
    """The claims and what would decide them."""
    from dataclasses import asdict

    from xstilts.catalogue.claim import claims as known
    from xstilts.cli.catalogue import put_table

    if json:
        put_json([asdict(claim) for claim in known().values()])
        return
    put_table(("claim", "kind", "said by", "text"), [_line(claim) for claim in known().values()])
    say("Judged by the published table: xstilts claims --published; by a study that was run: xstilts claims STUDY")


def _line(claim: Claim) -> tuple[str, ...]:
    return claim.id, claim.kind, " ".join(report.name for report in claim.reports), claim.text


def _published(corpus: Path, json: bool) -> None:
    from xstilts.analysis.arms import of_published, printed_averages
    from xstilts.analysis.claims import judge, score_reports
    from xstilts.catalogue.claim import claims as known
    from xstilts.catalogue.published import documents, sources
    from xstilts.report import claims as said

    effects = of_published()
    found = [judge(claim, effects) for claim in known().values()]
    decided, pointing = score_reports(found), score_reports(found, directions=True)
    if json:
        put_json(
            {
                "source": sources()["phang2020-v1"].__dict__,
                "claims": [_plain(one) for one in found],
                "averages": [
                    {
                        "row": row,
                        "mlm": mlm,
                        "printed": printed,
                        "recomputed": mean,
                        "misprint": abs(printed - mean) > said.ROUNDING,
                    }
                    for row, mlm, printed, mean in printed_averages()
                ],
                "documents": [document.__dict__ for document in documents()],
                "reports": {"verdicts": _scores(decided), "with_directions": _scores(pointing)},
                "literature": _literature(list(known().values()), corpus)[1],
            }
        )
        return
    _show(
        [
            said.published(found),
            said.documented(found),
            said.reasons([one for one in found if one.claim.kind != "question"]),
            said.remarks([one for one in found if one.claim.kind != "question"]),
            said.origins(effects),
            said.misprints(printed_averages()),
            said.documents(documents()),
            said.report_scores(decided, pointing),
            *_literature(list(known().values()), corpus)[0],
            said.open_questions(found),
        ]
    )


def _study(
    study: str, level: str | None, variant: str | None, store: Path, traits: Path | None, corpus: Path, json: bool
) -> None:
    import polars as pl

    from xstilts.analysis.arms import unlearned
    from xstilts.analysis.claims import score_reports
    from xstilts.cli.opened import run_of
    from xstilts.report import claims as said
    from xstilts.report.sections import CONSTRUCTED, constructed

    plan, table, judged = judge_study(study, level, variant, store, traits)
    result: dict[str, Any] = {"study": plan.name, "constructed": constructed(table), "backbones": {}}
    sections: list[Section] = []
    for one in judged:
        result["backbones"][one.backbone] = {
            "claims": [_plain(judgement) for judgement in one.judgements],
            "missing_controls": list(one.controls),
            "not_learned": unlearned(table.filter(pl.col("backbone") == one.backbone)),
        }
        if not one.gains:
            say(f"note: no gains of {one.backbone} are there yet; to go on: {run_of(study, plan.name)}")
        rest = [judgement for judgement in one.judgements if judgement not in one.told]
        title = f"Claims judged by {plan.name}" + (f", {one.backbone}" if len(judged) > 1 else "")
        sections += [
            said.study(one.told, title),
            said.reasons(one.told),
            _not_asked(rest),
            said.settled(one.told, one.controls if one.told else ()),
            said.report_scores(score_reports(one.told)),
        ]
    claims = {each.claim.id: each.claim for one in judged for each in one.judgements}
    shown, result["literature"] = _literature(list(claims.values()), corpus)
    if json:
        put_json(result)
        return
    sections += shown
    put(f"{plan.name}: {plan.question}")
    if result["constructed"]:
        put(CONSTRUCTED)
    for backbone, its in result["backbones"].items():
        if its["not_learned"]:
            put(f"left out, since the baseline of {backbone} is near the floor: {', '.join(its['not_learned'])}")
    _show([section for section in sections if section.rows])
    say("Statements about documents, tasks and sizes are judged by: xstilts claims --published")


def judge_study(
    study: str, level: str | None, variant: str | None, store: Path, traits: Path | None
) -> tuple[Plan, pl.DataFrame, list[ByEncoder]]:
    """The study's plan, its table, and the claims that it can bear on, its own first, judged encoder by encoder."""
    from xstilts.analysis.judged import by_study
    from xstilts.analysis.table import of_store
    from xstilts.catalogue.claim import claims as known
    from xstilts.catalogue.traits import read_traits
    from xstilts.cli.analysed import material_of
    from xstilts.cli.opened import remembered

    plan, place = remembered(study, level, store, variant=variant)
    own = own_claims(study, level, variant)
    table = of_store(plan, place)
    material = material_of(plan, place, table, read_traits(traits) if traits else {})
    return plan, table, list(by_study(plan, material, (*own.values(), *known().values())))


def own_claims(study: str, level: str | None, variant: str | None) -> dict[str, Claim]:
    """The claims of the study's file; of a study that is known by the store only, none."""
    from xstilts.study.spec import load, shipped

    name = study.partition("@")[0].partition("+")[0]
    if study.endswith(".toml") or name in shipped():
        return load(study if study.endswith(".toml") else name, level, variant).own_claims()
    say("note: claims of your own are read from the study file: give its path")
    return {}


def _literature(claims: Sequence[Claim], corpus: Path) -> tuple[list[Section], dict[str, Any]]:
    """What the documents of a corpus say to the claims, as a section and as JSON; nothing where there is no corpus."""
    if not corpus.is_dir():
        return [], {}
    from xstilts.literature.corpus import Corpus
    from xstilts.literature.verify import Library, verify
    from xstilts.report.literature import labels, verification

    library = Library.of(Corpus(corpus).documents())
    said = [(claim, verify(claim.text, library)) for claim in claims if claim.kind != "question"]
    return [labels(said)], {claim.id: verification(one) for claim, one in said}


def _not_asked(judgements: Sequence[Judgement]) -> Section:
    from xstilts.analysis.section import Section
    from xstilts.report import claims as said

    found = said.reasons(judgements)
    return Section("Not measured by this study", found.columns, found.rows, found.left)


def _show(sections: Sequence[Section]) -> None:
    from xstilts.report.terminal import show_section

    for number, section in enumerate(one for one in sections if one.rows):
        if number:
            put("")
        show_section(section, sys.stdout)


def _scores(lines: Sequence[ReportScore]) -> list[dict[str, Any]]:
    from dataclasses import asdict

    return [asdict(line) for line in lines]


def _plain(one: Judgement) -> dict[str, Any]:
    """A judgement as JSON: every number behind it."""
    from dataclasses import asdict

    return {
        "id": one.claim.id,
        "text": one.claim.text,
        "kind": one.claim.kind,
        "as_stated": one.stated,
        "in_scope": one.word,
        "points": one.points,
        "bears": one.claim.bears,
        "confidence": one.confidence,
        "why": list(one.why),
        "differences": list(one.differences),
        "settled_by": one.claim.settled_by,
        "reports": [asdict(report) for report in one.claim.reports],
        "rules": [
            {
                **asdict(outcome.rule),
                "decision": asdict(outcome.decision),
                "why": outcome.why,
                "cells": outcome.measured.cells if outcome.measured else None,
                "estimates": _estimates(outcome.measured),
                "views": {
                    name: {"estimates": _estimates(seen), "verdict": asdict(verdict)}
                    for name, seen, verdict in outcome.views
                },
            }
            for outcome in one.outcomes
        ],
    }


def _estimates(measured: Any) -> list[dict[str, Any]]:
    from dataclasses import asdict

    return [{"name": name, **asdict(estimate)} for name, estimate in measured.parts] if measured else []
