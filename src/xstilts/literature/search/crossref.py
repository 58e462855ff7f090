"""Crossref: works by bibliographic search, as JSON.

In: a query. Out: requests and what answers say. Formats and limits: https://api.crossref.org and its pages on access.
Titles are lists, abstracts are JATS where a publisher gave one, dates are lists of lists. Every record has a score, so
a search finds millions: the best come first.
"""

from __future__ import annotations

from typing import Any

from xstilts.literature.search.answers import count_of, inside, joined, json_object, rest_from, rows_of, usable
from xstilts.literature.search.protocol import Page, Query, Request, Settings, Unreadable
from xstilts.literature.search.records import ABSTRACT, TITLE, Record, identified, text_of, year_of

name = "crossref"
_FIELDS = "DOI,title,subtitle,author,issued,abstract,container-title,URL"


def first(query: Query, settings: Settings) -> Request:
    """The words as they are; there is no language of queries."""
    return _page(query, settings, 0)


def _page(query: Query, settings: Settings, offset: int) -> Request:
    parameters = {"query.bibliographic": " ".join(query.terms)}
    if query.since:
        parameters["filter"] = f"from-pub-date:{query.since}"
    count = min(query.limit - offset, settings.page)
    parameters |= {"select": _FIELDS, "rows": str(count), "offset": str(offset)}
    return Request(settings.url, tuple(parameters.items()))


def read(answer: bytes, query: Query, settings: Settings, asked: Request) -> Page:
    """The works of one page. Raises ``Unreadable``."""
    found = json_object(answer)
    if found.get("status") != "ok":
        raise Unreadable(f"the answer's status is not 'ok' but {text_of(str(found.get('status')), 40)!r}")
    rows = rows_of(inside(found, "message", "items"), "message.items")
    total = count_of(inside(found, "message", "total-results"))
    kept, skipped = usable((_record(row), row) for row in rows)
    said = dict(asked.parameters)
    rest = rest_from(int(said["offset"]), len(rows), int(said["rows"]), query.limit, settings.most, total)
    return Page(kept, total, _page(query, settings, rest) if rest is not None else None, skipped)


def _record(row: Any) -> Record:
    title, subtitle = _one(row, "title"), _one(row, "subtitle")
    return Record(
        title=f"{title}: {subtitle}"[:TITLE] if title and subtitle else title,
        authors=_authors(inside(row, "author")),
        year=_year(inside(row, "issued", "date-parts")),
        abstract=text_of(inside(row, "abstract"), ABSTRACT),
        venue=_one(row, "container-title"),
        address=text_of(inside(row, "URL")),
        identifiers=identified(doi=inside(row, "DOI")),
    )


def _one(row: Any, field: str) -> str:
    """The first of a list of texts."""
    values = inside(row, field)
    return text_of(values[0], TITLE) if isinstance(values, list) and values else ""


def _authors(values: object) -> tuple[str, ...]:
    found = []
    for value in values[:200] if isinstance(values, list) else ():
        parts = [text_of(inside(value, "given")), text_of(inside(value, "family"))]
        if person := joined(parts) or text_of(inside(value, "name")):
            found.append(person)
    return tuple(found)


def _year(parts: object) -> int | None:
    """The year of [[year, month, day]]; the inner list may be shorter, or hold nothing."""
    if isinstance(parts, list) and parts and isinstance(parts[0], list) and parts[0]:
        return year_of(parts[0][0])
    return None
