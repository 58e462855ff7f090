"""A search: every service asked in turn, page by page; one that fails does not stop the others.

In: a query, names of services, an ``Asker``. Out: what each service gave, with how many records it has, what was
skipped and why it failed, where it did.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from xstilts.catalogue.errors import Problem
from xstilts.literature.search import acl, arxiv, crossref, openalex, semantic_scholar
from xstilts.literature.search.asking import Asker, Failure
from xstilts.literature.search.protocol import Query, Request, Service, Settings
from xstilts.literature.search.records import Record

SERVICES: dict[str, Service] = {one.name: one for one in (arxiv, openalex, semantic_scholar, crossref, acl)}
MOST = 1000  # records of a service
LONGEST = 500  # letters of a query


@dataclass(frozen=True)
class Answered:
    """What one service gave. ``total``: how many records it says it has. ``failure``: "" where all went well; records
    of pages before a failure are kept. ``asked``: when its oldest answer came, as ISO 8601 in UTC, "" where none
    did."""

    service: str
    records: tuple[Record, ...]
    total: int | None
    skipped: tuple[str, ...]
    failure: str
    asked: str = ""


def checked(query: Query) -> Query:
    """``query``, or ``Problem`` where it can not be asked."""
    wrong = []
    if not query.plain:
        wrong.append('the query has no word: xstilts literature search "intermediate task" cross-lingual')
    if len(query.text) > LONGEST:
        wrong.append(f"the query has {len(query.text)} letters, services take at most {LONGEST}")
    if not 1 <= query.limit <= MOST:
        wrong.append(f"--limit is {query.limit}, and must lie between 1 and {MOST}")
    if query.since is not None and not 1900 <= query.since <= 2200:
        wrong.append(f"--since is {query.since}, and must be a year")
    if wrong:
        raise Problem(*wrong)
    return query


def search(
    query: Query,
    names: Sequence[str],
    known: Mapping[str, Settings],
    asker: Asker,
    tell: Callable[[str], None] = lambda line: None,
) -> list[Answered]:
    """Ask each of ``names``; ``tell`` hears what is being done."""
    found = []
    for name in names:
        tell(f"{known[name].title} ...")
        found.append(_ask(SERVICES[name], query, known[name], asker))
    return found


def _ask(service: Service, query: Query, settings: Settings, asker: Asker) -> Answered:
    records: list[Record] = []
    skipped: list[str] = []
    total, failure = None, ""
    asker.dates.pop(service.name, None)
    seen: set[Request] = set()
    request: Request | None = service.first(query, settings)
    while request and request not in seen and len(records) < query.limit:
        seen.add(request)
        try:
            page = asker.page(service, query, settings, request)
        except Failure as error:
            failure = f"after {len(records)} records: {error}" if records else str(error)
            break
        records += page.records
        skipped += page.skipped
        total = page.total if page.total is not None else total
        request = page.rest
    placed = (
        dataclasses.replace(record, places=((service.name, rank),))
        for rank, record in enumerate(records[: query.limit], 1)
    )
    return Answered(service.name, tuple(placed), total, tuple(skipped), failure, asker.dates.get(service.name, ""))
