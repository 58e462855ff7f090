"""OpenAlex: works, as JSON, page by page.

In: a query. Out: requests and what answers say. Formats and limits: https://developers.openalex.org. Abstracts come as
lists of the places of each word. A key (OPENALEX_API_KEY) goes into the address when it is sent, never here; without
one a few searches a day are free.
"""

from __future__ import annotations

from typing import Any

from xstilts.literature.search.answers import count_of, inside, json_object, names_of, rest_from, rows_of, usable
from xstilts.literature.search.protocol import Page, Query, Request, Settings
from xstilts.literature.search.records import ABSTRACT, TITLE, Record, identified, line_of, text_of, year_of

name = "openalex"
_FIELDS = "id,doi,display_name,publication_year,language,authorships,primary_location,locations,abstract_inverted_index"
_WORDS = 5_000  # of an abstract


def first(query: Query, settings: Settings) -> Request:
    """The search as it is written: quotation marks mean a phrase there too."""
    return _page(query, settings, 1)


def _page(query: Query, settings: Settings, number: int) -> Request:
    parameters = {"search": query.text}
    if query.since:
        parameters["filter"] = f"from_publication_date:{query.since}-01-01"
    parameters |= {"select": _FIELDS, "per_page": str(min(query.limit, settings.page)), "page": str(number)}
    return Request(settings.url, tuple(parameters.items()))


def read(answer: bytes, query: Query, settings: Settings, asked: Request) -> Page:
    """The works of one page. Raises ``Unreadable``."""
    found = json_object(answer)
    rows = rows_of(found.get("results"), "results")
    total = count_of(inside(found, "meta", "count"))
    said = dict(asked.parameters)
    number, size = int(said["page"]), int(said["per_page"])
    kept, skipped = usable((_record(row), row) for row in rows)
    rest = rest_from((number - 1) * size, len(rows), size, query.limit, settings.most, total)
    more = _page(query, settings, number + 1) if rest is not None and len(rows) == size else None
    return Page(kept, total, more, skipped)


def _record(row: Any) -> Record:
    return Record(
        title=text_of(inside(row, "display_name") or inside(row, "title"), TITLE),
        authors=names_of(inside(row, "authorships"), "author", "display_name"),
        year=year_of(inside(row, "publication_year")),
        abstract=_abstract(inside(row, "abstract_inverted_index")),
        language=text_of(inside(row, "language"), 8).lower(),
        venue=text_of(inside(row, "primary_location", "source", "display_name")),
        address=text_of(inside(row, "id")),
        identifiers=identified(openalex=inside(row, "id"), doi=inside(row, "doi"), **_elsewhere(row)),
    )


def _elsewhere(row: Any) -> dict[str, str]:
    """The paper's page on arXiv or in the Anthology, where it is among the places that OpenAlex knows."""
    found = {}
    locations = inside(row, "locations")
    for location in locations[:20] if isinstance(locations, list) else ():
        page = text_of(inside(location, "landing_page_url"))
        if "arxiv.org/" in page:
            found["arxiv"] = page
        elif "aclanthology.org/" in page:
            found["acl"] = page
    return found


def _abstract(places: object) -> str:
    """The text out of {word: [its places]}; what is no such table gives "", what is no place is left out."""
    if not isinstance(places, dict):
        return ""
    words: dict[int, str] = {}
    for word, where in places.items():
        for place in where if isinstance(where, list) else ():
            if isinstance(place, int) and 0 <= place < _WORDS:
                words[place] = word
    return line_of(" ".join(words[place] for place in sorted(words)), ABSTRACT)
