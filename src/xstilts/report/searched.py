"""A search and a screening as tables: who gave what, the papers in order, and the counts of PRISMA.

In: what services answered, merged records, decisions. Out: sections, the same for terminal and Markdown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xstilts.analysis.section import Section, counted
from xstilts.literature.search.found import Answered
from xstilts.literature.search.kept import Kept
from xstilts.literature.search.merge import Merged
from xstilts.literature.search.records import Record
from xstilts.literature.search.screen import Counts, Screened

_TITLE, _SKIPPED, _ALIKE = 90, 3, 5


def services_section(answered: Sequence[Answered], titles: Mapping[str, str]) -> Section:
    """One row a service: how many records it says it has, how many came, what happened."""
    rows = [
        (
            titles[one.service],
            "failed" if one.failure else "well" if one.records else "nothing found",
            one.asked[:10],
            "?" if one.total is None else f"{one.total:,}",
            f"{len(one.records):,}",
            f"{len(one.skipped):,}",
        )
        for one in answered
    ]
    notes = [f"{titles[one.service]}: {one.failure}" for one in answered if one.failure]
    notes += [f"{titles[one.service]}: {line}" for one in answered for line in _few(one.skipped)]
    return Section("Services", ("service", "went", "asked", "has", "gave", "unusable"), tuple(rows), 3, tuple(notes))


def _few(lines: Sequence[str]) -> list[str]:
    more = [f"and {len(lines) - _SKIPPED} more that can not be used"] if len(lines) > _SKIPPED else []
    return [*lines[:_SKIPPED], *more]


def papers_section(papers: Sequence[tuple[Record, float]], merged: Merged, shown: int) -> Section:
    """The papers, best first, with the services that found them."""
    rows = [
        (str(rank), _short(record.title), record.name, _found_by(record), str(record.year or "?"), f"{score:.2f}")
        for rank, (record, score) in enumerate(papers[:shown], 1)
    ]
    notes = [
        f"{counted(len(papers), 'paper')}: {merged.by_identifier} records were duplicates by identifier, "
        f"{merged.by_title} by title; ranked by BM25 over title and abstract"
    ]
    notes += [f"{len(papers) - shown} more: --shown, or --json for all"] if len(papers) > shown else []
    notes += alike_notes(merged)
    return Section("Papers", ("", "title", "record", "found by", "year", "BM25"), tuple(rows), 4, tuple(notes))


def alike_notes(merged: Merged) -> list[str]:
    """Pairs of titles that are nearly equal and were left apart."""
    told = [f"nearly the same title, left apart: {a} and {b} ({n} of 100)" for a, b, n in merged.alike[:_ALIKE]]
    more = len(merged.alike) - _ALIKE
    return [*told, *([f"and {more} more such pairs"] if more > 0 else [])]


def searches_section(searches: Sequence[Kept]) -> Section:
    """What was asked of whom, and when."""
    rows = tuple(
        (one.query.text, ", ".join(one.services), one.asked[:10], str(one.query.since or ""), str(one.query.limit))
        for one in searches
    )
    return Section("Searches", ("query", "services", "asked", "since", "limit"), rows, 3)


def prisma_section(counts: Counts, titles: Mapping[str, str], failed: Sequence[str] = ()) -> Section:
    """The counts of a systematic search, each number once. ``failed``: lines about services that gave less than they
    should have."""
    total = sum(counts.found.values())
    rows = [("found", "", f"{total:,}")]
    rows += [("", titles.get(name, name), f"{count:,}") for name, count in counts.found.items()]
    rows += [("duplicates", "", f"{counts.by_identifier + counts.by_title:,}")]
    rows += [("", "the same identifier", f"{counts.by_identifier:,}"), ("", "the same title", f"{counts.by_title:,}")]
    rows += [("screened", "", f"{counts.screened:,}")]
    rows += [("excluded", "", f"{sum(counts.excluded.values()):,}")]
    rows += [("", reason, f"{count:,}") for reason, count in counts.excluded.items()]
    rows += [("not judged", "", f"{sum(counts.not_judged.values()):,}")]
    rows += [("", reason, f"{count:,}") for reason, count in counts.not_judged.items()]
    rows += [("included", "", f"{counts.included:,}")]
    notes = "found - duplicates = screened = excluded + not judged + included; titles and abstracts were screened"
    return Section("PRISMA counts", ("step", "of which", "records"), tuple(rows), 2, (notes, *failed))


def screened_section(decided: Sequence[Screened], outcome: str, shown: int) -> Section:
    """The records with one outcome and why."""
    chosen = [one for one in decided if one.outcome == outcome]
    rows = [
        (_short(one.record.title), one.record.name, _why(one), str(one.record.year or "?")) for one in chosen[:shown]
    ]
    notes = [f"{len(chosen) - shown} more: --shown, or --json for all"] if len(chosen) > shown else []
    return Section(outcome.capitalize(), ("title", "record", "why", "year"), tuple(rows), 3, tuple(notes))


def _why(one: Screened) -> str:
    return " ".join(part for part in (one.reason, "(a person)" if one.by == "person" else "") if part)


def _found_by(record: Record) -> str:
    return ", ".join(dict.fromkeys(service for service, _ in record.places))


def _short(title: str) -> str:
    return title if len(title) <= _TITLE else title[: _TITLE - 3].rstrip() + "..."
