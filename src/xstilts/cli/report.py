"""The command ``report``: a study as a page, as Markdown, as LaTeX, and its figures as files.

In: a study's name or file. Out: one HTML file, or text; SVG and CSV files. Nothing is trained and no model is loaded.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.sealed import replace
from xstilts.cli.frame import (
    STORE,
    LevelOption,
    StoreOption,
    StudyArgument,
    TraitsOption,
    VariantOption,
    command,
    put,
    say,
)
from xstilts.cli.literature import CORPUS, CorpusOption

if TYPE_CHECKING:
    from xstilts.analysis.material import Analysis, Material
    from xstilts.analysis.section import Section
    from xstilts.catalogue.claim import Claim
    from xstilts.catalogue.traits import Traits
    from xstilts.literature.document import Document
    from xstilts.report.note import Figure, Note
    from xstilts.study.manifest import Plan
    from xstilts.study.store import Store


@command("report")
def report(
    study: StudyArgument,
    level: LevelOption = None,
    variant: VariantOption = None,
    store: StoreOption = STORE,
    markdown: Annotated[bool, typer.Option("--markdown", help="Markdown, to standard output.")] = False,
    latex: Annotated[bool, typer.Option("--latex", help="LaTeX, to standard output.")] = False,
    figures: Annotated[
        Path | None,
        typer.Option("--figures", help="Also every figure as DIR/NAME.svg, its data as NAME.csv.", file_okay=False),
    ] = None,
    traits: TraitsOption = None,
    corpus: CorpusOption = CORPUS,
    output: Annotated[
        Path | None,
        typer.Option(
            "--out", "--output", "-o", help="The file; default of the page: STUDY.html, here.", dir_okay=False
        ),
    ] = None,
) -> None:
    """A study as one self-contained HTML page: answer, tables, figures, claims, limits, costs, how to repeat it.

    For a paper: xstilts report STUDY --latex --figures figures > tables.tex
    """
    from xstilts.catalogue.traits import read_traits
    from xstilts.cli.claims import own_claims
    from xstilts.cli.opened import remembered
    from xstilts.literature.corpus import Corpus
    from xstilts.report import html
    from xstilts.report import latex as tex
    from xstilts.report import markdown as text

    if markdown and latex:
        raise Problem("--markdown and --latex exclude each other: keep one")
    plan, place = remembered(study, level, store, variant=variant)
    own = tuple(own_claims(study, level, variant).values())
    documents = Corpus(corpus).documents() if corpus.is_dir() else []
    note = note_of(plan, place, read_traits(traits) if traits else None, own, tuple(documents))
    if figures is not None:
        write_figures(note.figures, figures)
        say(f"written: {len(note.figures)} figures with their data in {figures}")
    if not (markdown or latex):
        path = output or Path(f"{plan.name}.html")
        _write(html.page(note), path)
        put(str(path))
        return
    content = text.page(note, figures.as_posix() if figures else "") if markdown else tex.page(note)
    if output is None:
        sys.stdout.write(content)
        return
    _write(content, output)
    say(f"written: {output}")


def note_of(
    plan: Plan,
    store: Store,
    traits: Traits | None = None,
    own: tuple[Claim, ...] = (),
    documents: tuple[Document, ...] = (),
) -> Note:
    """The study as it stands, as a research note. ``own``: claims of the study's file; ``documents`` of a corpus."""
    from xstilts.analysis.arms import of_published
    from xstilts.analysis.claims import judge
    from xstilts.analysis.judged import by_study
    from xstilts.analysis.named import get_analysis
    from xstilts.analysis.table import of_store
    from xstilts.catalogue.claim import claims
    from xstilts.cli.analysed import material_of
    from xstilts.cli.machine import rates
    from xstilts.report.compose import FIRST, Told, compose

    material = material_of(plan, store, of_store(plan, store), traits)
    asked = [get_analysis(name) for name in dict.fromkeys((FIRST, *plan.analyses))]
    effects = of_published()
    told = Told(
        plan=plan,
        store=store,
        material=material,
        analyses=tuple((one.name, one.answers, _told(one, material)) for one in asked),
        judged=tuple(by_study(plan, material, (*own, *claims().values()))),
        documents=documents,
        rates=rates(),
        published=tuple(judge(claim, effects) for claim in claims().values() if claim.kind == "effect"),
    )
    return compose(told)


def _told(one: Analysis, material: Material) -> tuple[Section, ...]:
    """What an analysis says; where a result behind it can not be read (damaged, pruned), that."""
    from xstilts.analysis.section import Section

    try:
        return tuple(one.run(material))
    except Problem as problem:
        return (Section("Nothing can be said", ("reason",), (), 1, problem.problems),)


def write_figures(found: tuple[Figure, ...], folder: Path) -> None:
    """Each figure as SVG, and what is drawn in it as CSV."""
    import csv

    folder.mkdir(parents=True, exist_ok=True)
    for one in found:
        _write(one.svg, folder / f"{one.name}.svg")
        with (folder / f"{one.name}.csv").open("w", encoding="utf-8", newline="") as lines:
            table = csv.writer(lines)
            table.writerow(one.columns)
            table.writerows(one.rows)


def _write(content: str, path: Path) -> None:
    """A file that is there whole or as it was before."""
    try:
        replace(path, content.encode(), synced=False)
    except (FileNotFoundError, FileExistsError, NotADirectoryError, PermissionError) as error:
        raise Problem(f"can not write '{path}': {error.strerror}; name another place with --out or --figures") from None
