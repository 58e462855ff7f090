"""Semantic Scholar: the Academic Graph's search by relevance, as JSON.

In: a query. Out: requests and what answers say. Formats and limits: https://api.semanticscholar.org/api-docs/graph. The
search knows no phrases, and a word with a hyphen finds nothing, so both go as single words. A key
(SEMANTIC_SCHOLAR_API_KEY) goes into a header when it is sent, never here.
"""

from __future__ import annotations

from typing import Any

from xstilts.literature.search.answers import count_of, inside, json_object, names_of, rest_from, rows_of, usable
from xstilts.literature.search.protocol import Page, Query, Request, Settings, Unreadable
from xstilts.literature.search.records import ABSTRACT, TITLE, Record, identified, line_of, text_of, year_of

name = "semantic-scholar"
_FIELDS = "title,abstract,year,authors,venue,externalIds,url"


def first(query: Query, settings: Settings) -> Request:
    """The words alone."""
    return _page(query, settings, 0)


def _page(query: Query, settings: Settings, offset: int) -> Request:
    parameters = {"query": query.plain, "fields": _FIELDS}
    if query.since:
        parameters["year"] = f"{query.since}-"
    count = min(query.limit - offset, settings.page, settings.most - offset)
    parameters |= {"offset": str(offset), "limit": str(count)}
    return Request(settings.url, tuple(parameters.items()))


def read(answer: bytes, query: Query, settings: Settings, asked: Request) -> Page:
    """The papers of one page. Raises ``Unreadable``."""
    found = json_object(answer)
    total = count_of(found.get("total"))
    if "data" not in found and total == 0:
        return Page((), 0)
    if "data" not in found and (why := text_of(found.get("error") or found.get("message"), 120)):
        raise Unreadable(f"the answer is an error ({why})")
    rows = rows_of(found.get("data"), "data")
    kept, skipped = usable((_record(row), row) for row in rows)
    said = dict(asked.parameters)
    rest = rest_from(int(said["offset"]), len(rows), int(said["limit"]), query.limit, settings.most, total)
    more = _page(query, settings, rest) if rest is not None and "next" in found else None
    return Page(kept, total, more, skipped)


def _record(row: Any) -> Record:
    return Record(
        title=line_of(inside(row, "title"), TITLE),
        authors=names_of(inside(row, "authors"), "name"),
        year=year_of(inside(row, "year")),
        abstract=line_of(inside(row, "abstract"), ABSTRACT),
        venue=line_of(inside(row, "venue")),
        address=text_of(inside(row, "url")),
        identifiers=identified(
            s2=inside(row, "paperId"),
            doi=inside(row, "externalIds", "DOI"),
            arxiv=inside(row, "externalIds", "ArXiv"),
            acl=inside(row, "externalIds", "ACL"),
        ),
    )
