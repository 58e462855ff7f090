"""The command ``literature review``: an automated checklist of how a study reports.

In: documents of the corpus, files, report pages in Markdown; scores of people. Out: tables, JSON or Markdown; exit code
1 where something could not be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xstilts.catalogue.errors import Problem
from xstilts.cli.frame import JsonOption, MarkdownOption, command, put_json, say
from xstilts.cli.literature import CORPUS, CorpusOption

if TYPE_CHECKING:
    from xstilts.literature.review.checklist import Item

MARKDOWN = (".md", ".markdown")


def register(group: typer.Typer) -> None:
    """Add the command of this file to ``group``."""
    command("review", group)(review)


def review(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME...", help="Documents of the corpus, or files; a report page as .md."),
    ] = None,
    scores: Annotated[
        Path | None, typer.Option("--scores", help="Scores of people, a CSV file: reviewer,item,score.", dir_okay=False)
    ] = None,
    checklist: Annotated[
        Path | None, typer.Option("--checklist", help="Other items than the shipped ones, a TOML file.", dir_okay=False)
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option("--sheet", help="Write a CSV file for people to score in.", dir_okay=False)
    ] = None,
    corpus: CorpusOption = CORPUS,
    shown: Annotated[int, typer.Option("--shown", min=0, help="Quotations a rule and item.")] = 1,
    json: JsonOption = False,
    markdown: MarkdownOption = False,
) -> None:
    """An automated checklist: what a text says of seeds, baselines, selection ... Without NAME: the items."""
    from xstilts.cli.literature_search import check_installed, put_sections
    from xstilts.literature.review.agree import read_people
    from xstilts.literature.review.checklist import checklist as items_of
    from xstilts.literature.review.material import material
    from xstilts.literature.review.rules import findings
    from xstilts.report.reviewed import asked_section, checklist_section, places_section, review_table

    items = items_of(checklist)
    if not names:
        if json:
            put_json([{"name": i.name, "question": i.question, "reason": i.reason, "source": i.source} for i in items])
        else:
            put_sections([asked_section(items)], markdown, "Checklist")
        return
    check_installed("krippendorff")
    texts, left_out = _texts(names, corpus)
    if sheet:
        _write_sheet(sheet, list(texts), items)
    people = read_people(scores, items, list(texts)) if scores else {}
    tables: dict[str, object] = {}
    sections = []
    for name, (pages, as_written) in texts.items():
        found = findings(material(pages), items)
        tables[name] = review_table(items, found, people.get(name, {}))
        sections += [
            checklist_section(name, items, found, people.get(name, {})),
            places_section(items, found, shown, pages[0] if as_written else None),
        ]
    if json:
        put_json(tables)
    else:
        put_sections(sections, markdown, "Review")
    raise typer.Exit(1 if left_out else 0)


def _texts(names: Sequence[str], corpus: Path) -> tuple[dict[str, tuple[tuple[str, ...], bool]], int]:
    """By name the pages, and whether they are as written; and how many names gave none, each of which is told."""
    from xstilts.literature.corpus import Corpus
    from xstilts.literature.document import Document
    from xstilts.literature.read import Refused, read

    found: dict[str, tuple[tuple[str, ...], bool]] = {}
    left_out = 0
    for name in names:
        path = Path(name)
        try:
            documents: list[Document] = read(path) if path.is_file() else Corpus(corpus).find(name)
        except Refused as reason:
            say(f"left out: {name}: {reason}")
            left_out += 1
            continue
        for document in documents:
            as_written = path.is_file() and path.suffix.lower() in MARKDOWN
            pages = _markdown(path) if as_written else document.pages
            called = str(path) if path.is_file() and len(documents) == 1 else document.name
            if not pages:
                say(f"left out: {called}: it has no text")
                left_out += 1
                continue
            found[called if called not in found else f"{called} ({document.key})"] = (pages, as_written)
    if not found:
        raise Problem("nothing to review: name documents of the corpus (xstilts literature list) or files")
    return found, left_out


def _markdown(path: Path) -> tuple[str, ...]:
    """The page as it is written: its tables and headings are what the rules look at."""
    from xstilts.literature.read.plain import decode

    return (decode(path.read_bytes()),)


def _write_sheet(path: Path, documents: Sequence[str], items: Sequence[Item]) -> None:
    """One row a document and item; an existing file is left alone."""
    import csv

    try:
        with path.open("x", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(("reviewer", "item", "score", "document", "question"))
            writer.writerows(("", item.name, "", document, item.question) for document in documents for item in items)
    except FileExistsError:
        raise Problem(f"'{path}' is there already: name another file") from None
    say(f"'{path}': write a name and yes, partly, no or not found into each row, then --scores {path}")
