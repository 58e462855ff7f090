"""The commands ``literature search`` and ``screen``: which papers there are, and which are taken.
report.

In: a query, or searches that were made; a corpus folder, which keeps every answer. Out: tables, JSON or Markdown; exit
code 1 where a service failed. ``register`` adds the commands to the group of the others.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from xstilts.catalogue.errors import Problem
from xstilts.cli.frame import JsonOption, MarkdownOption, command, put, put_json, say
from xstilts.cli.literature import CORPUS, CorpusOption

if TYPE_CHECKING:
    from xstilts.analysis.section import Section
    from xstilts.literature.search.asking import Asker
    from xstilts.literature.search.found import Answered
    from xstilts.literature.search.merge import Merged
    from xstilts.literature.search.protocol import Query, Settings
    from xstilts.literature.search.records import Record
    from xstilts.literature.search.screen import Screened

ShownOption = Annotated[int, typer.Option("--shown", min=0, help="How many records a table shows.")]
_LIBRARIES = ("httpx2", "tenacity", "defusedxml", "bibtexparser", "bm25s", "rapidfuzz")
ReplayOption = Annotated[bool, typer.Option("--replay", help="Ask nobody: read what was recorded.")]


def register(group: typer.Typer) -> None:
    """Add the commands of this file to ``group``."""
    command("search", group)(search)
    command("screen", group)(screen)


def search(
    query: Annotated[str | None, typer.Argument(metavar="QUERY", help='Words, and "phrases" in quotes.')] = None,
    services: Annotated[str, typer.Option("--services", help="Names with commas; default: all.")] = "",
    limit: Annotated[int, typer.Option("--limit", help="Records of each service, at most.")] = 50,
    since: Annotated[int | None, typer.Option("--since", help="No paper before this year.")] = None,
    replay: ReplayOption = False,
    again: Annotated[bool, typer.Option("--again", help="Ask anew what is recorded already.")] = False,
    corpus: CorpusOption = CORPUS,
    shown: ShownOption = 20,
    json: JsonOption = False,
    markdown: MarkdownOption = False,
) -> None:
    """Ask services for papers, merge and rank what they give. Without QUERY: the searches that were made."""
    from datetime import UTC, datetime

    from xstilts.literature.search.asking import Asker
    from xstilts.literature.search.found import checked
    from xstilts.literature.search.found import search as ask
    from xstilts.literature.search.kept import ANSWERS, keep
    from xstilts.literature.search.merge import merged
    from xstilts.literature.search.protocol import Query
    from xstilts.literature.search.settings import chosen, settings
    from xstilts.report.searched import papers_section, services_section

    if query is None:
        _list_searches(corpus, json)
        return
    check_installed(*_LIBRARIES)
    if replay and again:
        raise Problem("--replay asks nobody and --again asks everybody: name one of them")
    known = settings(os.environ)
    names = chosen([name.strip() for name in services.split(",") if name.strip()], known)
    wanted = checked(Query(" ".join(query.split()), limit, since))
    mode: Literal["kept", "replay", "again"] = "replay" if replay else "again" if again else "kept"
    if not replay:
        _make_room(corpus / ANSWERS)
    asker = Asker(corpus / ANSWERS, mode, os.environ)
    answered = ask(wanted, names, known, asker, say)
    if not replay:
        keep(corpus, wanted, names, datetime.now(UTC).isoformat(timespec="seconds"))
    found = merged([record for one in answered for record in one.records])
    papers = _ranked(found, wanted.text)
    titles = {name: one.title for name, one in known.items()}
    if json:
        put_json(_search_table(wanted, answered, found, papers))
    else:
        put_sections(
            [services_section(answered, titles), papers_section(papers, found, shown)],
            markdown,
            f"Search: {wanted.text}",
        )
    _tell(asker, known)
    raise typer.Exit(1 if any(one.failure for one in answered) else 0)


def screen(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="SEARCH...", help="Searches by name; default: all that were made.")
    ] = None,
    rules: Annotated[Path | None, typer.Option("--rules", help="A TOML file of rules.", dir_okay=False)] = None,
    decisions: Annotated[
        Path | None, typer.Option("--decisions", help="A CSV file: record,decision,reason.", dir_okay=False)
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option("--sheet", help="Write a CSV file of all records for people to decide in.", dir_okay=False),
    ] = None,
    add: Annotated[bool, typer.Option("--add", help="Add the included abstracts to the corpus.")] = False,
    corpus: CorpusOption = CORPUS,
    shown: ShownOption = 20,
    json: JsonOption = False,
    markdown: MarkdownOption = False,
) -> None:
    """Merge searches, apply rules and decisions, and count as PRISMA does. Nobody is asked."""
    from xstilts.literature.search.asking import Asker
    from xstilts.literature.search.found import search as ask
    from xstilts.literature.search.kept import ANSWERS, chosen_searches
    from xstilts.literature.search.merge import merged
    from xstilts.literature.search.screen import Rules, counted, read_decisions, read_rules, screened
    from xstilts.literature.search.settings import settings
    from xstilts.report.searched import alike_notes, prisma_section, screened_section, searches_section

    check_installed(*_LIBRARIES)
    known = settings(os.environ)
    given = read_rules(rules) if rules else Rules()
    decided_by_people = read_decisions(decisions) if decisions else {}
    asker = Asker(corpus / ANSWERS, "replay")
    records: list[Record] = []
    failed: list[str] = []
    searches = chosen_searches(corpus, names or [])
    for one in searches:
        for answer in ask(one.query, one.services, known, asker):
            records += answer.records
            if answer.failure:
                failed.append(f"{one.name}: {known[answer.service].title} failed: {answer.failure}")
    found = merged(records)
    decided = screened(found, given, decided_by_people)
    counts = counted(records, found, decided)
    if sheet:
        _write_sheet(sheet, decided)
    if add:
        _add(corpus, decided)
    if json:
        put_json(
            {
                "counts": asdict(counts),
                "failed": failed,
                "searches": [asdict(one) for one in searches],
                "records": [_screened_row(one) for one in decided],
                "alike": found.alike,
            }
        )
        return
    sections = [searches_section(searches)]
    sections += [prisma_section(counts, {name: one.title for name, one in known.items()}, failed)]
    sections += [screened_section(decided, outcome, shown) for outcome in ("included", "not judged", "excluded")]
    put_sections(sections, markdown, "Screening")
    for line in alike_notes(found):
        say(line)


def check_installed(*libraries: str) -> None:
    """Raises ``Problem`` where a library of the extra is missing."""
    from importlib.util import find_spec

    if missing := [name for name in libraries if find_spec(name) is None]:
        raise Problem(f"{', '.join(missing)} not installed: pip install 'xstilts[literature]'")


def _make_room(folder: Path) -> None:
    """The folder for answers, before anybody is asked for them."""
    import tempfile

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Problem(f"'{folder}' can not be written ({error.strerror}): name a folder with --corpus") from error


def _list_searches(corpus: Path, json: bool) -> None:
    from xstilts.cli.catalogue import put_table
    from xstilts.literature.search.kept import kept_searches

    found, damaged = kept_searches(corpus)
    if json:
        put_json([asdict(one) for one in found])
    elif found:
        rows = [
            (
                one.name,
                one.asked[:10],
                str(one.query.limit),
                str(one.query.since or ""),
                ",".join(one.services),
                one.query.text,
            )
            for one in found
        ]
        put_table(("search", "asked", "limit", "since", "services", "query"), rows)
    else:
        put(f"no search in '{corpus}' yet: xstilts literature search \"QUERY\"")
    for path in damaged:
        say(f"'{path}' is not as it was written, and is left out: search again")


def _ranked(found: Merged, text: str) -> list[tuple[Record, float]]:
    from xstilts.literature.search.rank import ranked, scores

    best = ranked(found.records, text)
    return list(zip(best, scores(best, text), strict=True))


def _search_table(
    query: Query, answered: Sequence[Answered], found: Merged, papers: Sequence[tuple[Record, float]]
) -> dict[str, Any]:
    return {
        "query": asdict(query),
        "services": [{**asdict(one), "records": len(one.records)} for one in answered],
        "duplicates": {"identifier": found.by_identifier, "title": found.by_title},
        "alike": found.alike,
        "papers": [{"record": record.name, **asdict(record), "bm25": round(score, 4)} for record, score in papers],
    }


def _screened_row(one: Screened) -> dict[str, Any]:
    return {"record": one.record.name, "outcome": one.outcome, "reason": one.reason, "by": one.by, **asdict(one.record)}


def _tell(asker: Asker, known: dict[str, Settings]) -> None:
    for note in asker.notes:
        say(note)
    recorded = "nobody was asked" if asker.mode == "replay" else "nobody was asked: everything was recorded"
    say(f"{asker.asked} requests were sent" if asker.asked else recorded)


def put_sections(sections: Sequence[Section], markdown: bool, title: str) -> None:
    """Tables on standard output, for a terminal or as a page."""
    import sys

    from xstilts.report.markdown import table
    from xstilts.report.terminal import show_section

    if markdown:
        put("\n\n".join([f"# {title}", *(table(section) for section in sections if section.rows)]))
        return
    for number, section in enumerate(section for section in sections if section.rows):
        if number:
            put("")
        show_section(section, sys.stdout)


def _write_sheet(path: Path, decided: Sequence[Screened]) -> None:
    """All records with what the rules say, for people to decide in; an existing file is left alone."""
    import csv

    try:
        with path.open("x", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(("record", "decision", "reason", "rules", "year", "title", "abstract", "address"))
            for one in decided:
                mine = (
                    ("include" if one.outcome == "included" else "exclude", one.reason)
                    if one.by == "person"
                    else ("", "")
                )
                said = " ".join(part for part in (one.outcome, one.reason) if part) if one.by == "rule" else ""
                record = one.record
                cells = (record.name, *mine, said, record.year or "", record.title, record.abstract, record.address)
                writer.writerow([_harmless(str(cell)) for cell in cells])
    except FileExistsError:
        raise Problem(f"'{path}' is there already: name another file, or give it as --decisions") from None
    say(f"{len(decided)} records in '{path}': write include or exclude into 'decision', then --decisions {path}")


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet shows and does not compute."""
    return f"'{cell}" if cell.startswith(("=", "+", "@")) else cell


def _add(corpus: Path, decided: Sequence[Screened]) -> None:
    from xstilts.literature.corpus import Corpus
    from xstilts.literature.document import given

    place = Corpus(corpus)
    new = there = without = 0
    for one in decided:
        record = one.record
        if one.outcome != "included":
            continue
        if not record.abstract:
            without += 1
            continue
        document = given(
            record.abstract,
            title=record.title,
            authors=record.authors,
            year=record.year,
            arxiv=record.identifiers.get("arxiv", ""),
            doi=record.identifiers.get("doi", ""),
            source=", ".join(dict.fromkeys(service for service, _ in record.places)),
            notes=("an abstract, as a service gave it",),
        )
        if place.add(document):
            new += 1
        else:
            there += 1
    say(f"{new} abstracts added to '{corpus}', {there} there already, {without} included papers have no abstract")
