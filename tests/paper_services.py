"""Five services of papers on this machine, over real HTTP, in the formats that their public pages document.

In: papers that a test writes. Out: a server on loopback that pages, filters and refuses as the services say they do,
keeps a list of what it was asked, and misbehaves on request: any status, headers and bytes, slowly or not at all. The
contents are the tests' own; the real services were never asked.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

from serving import serving

NAMES = ("arxiv", "openalex", "semantic-scholar", "crossref", "acl")


@dataclass(frozen=True)
class Paper:
    """A paper, and the services that have it."""

    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    year: int = 2020
    arxiv: str = ""
    doi: str = ""
    acl: str = ""
    language: str | None = "en"
    services: tuple[str, ...] = NAMES

    def has(self, words: list[str]) -> bool:
        text = f"{self.title} {self.abstract}".lower()
        text += f" {text.replace('-', ' ')}"  # an index knows no hyphens
        return all(word in text for word in words)


@dataclass(frozen=True)
class Fault:
    """One answer that is not a service's: ``body`` may be bytes or pieces with pauses (seconds) between them."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    wait: float = 0.0
    pieces: tuple[bytes, ...] = ()
    pause: float = 0.0
    cut: bool = False


@dataclass(frozen=True)
class Asked:
    service: str
    parameters: dict[str, str]
    headers: dict[str, str]
    at: float


class PaperServer(ThreadingHTTPServer):
    """``faults``: service to answers that come before its own, or a function that makes them for ever."""

    daemon_threads = True

    def __init__(self, papers: list[Paper]) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.papers = papers
        self.asked: list[Asked] = []
        self.faults: dict[str, list[Fault] | Callable[[], Fault]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def settings(self, **more: object) -> str:
        """The TOML file that sends a search here, without pauses."""
        path = {"acl": "/acl/anthology%2Babstracts.bib.gz"}
        given = {"interval": 0.0, **more}
        lines = []
        for name in NAMES:
            lines += [f"[{name}]", f'url = "{self.url}{path.get(name, f"/{name}")}"']
            lines += [f"{field} = {json.dumps(value)}" for field, value in given.items()]
        return "\n".join(lines) + "\n"

    def of(self, service: str) -> list[Asked]:
        return [one for one in self.asked if one.service == service]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away while it was answered is no error of the test."""


@contextmanager
def running(papers: list[Paper]) -> Iterator[PaperServer]:
    with serving(PaperServer(papers)) as server:
        yield server


class _Answers(BaseHTTPRequestHandler):
    server: PaperServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        service = address.path.split("/")[1]
        said = dict(parse_qsl(address.query))
        self.server.asked.append(Asked(service, said, {k.lower(): v for k, v in self.headers.items()}, time.time()))
        faults = self.server.faults.get(service)
        if callable(faults):
            return self.misbehave(faults())
        if faults:
            return self.misbehave(faults.pop(0))
        papers = [paper for paper in self.server.papers if service in paper.services]
        makers = {"arxiv": arxiv, "openalex": openalex, "semantic-scholar": scholar, "crossref": crossref, "acl": acl}
        if service not in makers:
            return self.send(404, b"no such service", "text/plain")
        return self.send(*makers[service](papers, said))

    def send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def misbehave(self, fault: Fault) -> None:
        time.sleep(fault.wait)
        self.send_response(fault.status)
        for name, value in fault.headers:
            self.send_header(name, value)
        pieces = fault.pieces or (fault.body,)
        self.send_header("Content-Length", str(sum(map(len, pieces)) + (1000 if fault.cut else 0)))
        self.end_headers()
        for piece in pieces:
            self.wfile.write(piece)
            self.wfile.flush()
            time.sleep(fault.pause)
        if fault.cut:
            self.close_connection = True


Answer = tuple[int, bytes, str]


def matching(papers: list[Paper], words: list[str], since: int = 0) -> list[Paper]:
    return [paper for paper in papers if paper.year >= since and paper.has([word.lower() for word in words])]


def arxiv(papers: list[Paper], said: dict[str, str]) -> Answer:
    """Atom; terms joined by AND, dates as a range; an error is an entry, with status 200."""
    words, since = [], 0
    for part in said["search_query"].split(" AND "):
        if part.startswith("submittedDate:["):
            since = int(part[15:19])
        elif part.startswith("all:"):
            words.append(part[4:].strip('"'))
    start, count = int(said["start"]), int(said["max_results"])
    if count > 2000:
        return 200, arxiv_error("max_results must be at most 2000"), "application/atom+xml; charset=utf-8"
    found = matching(papers, words, since)
    entries = "".join(
        f"<entry><id>http://arxiv.org/abs/{paper.arxiv}</id><title>{wrapped(paper.title)}</title>"
        f"<updated>{paper.year}-06-01T00:00:00Z</updated><published>{paper.year}-05-01T00:00:00Z</published>"
        f"<summary>\n  {wrapped(paper.abstract)}\n</summary>"
        + "".join(f"<author><name>{escape(name)}</name></author>" for name in paper.authors)
        + (f"<arxiv:doi>{paper.doi}</arxiv:doi>" if paper.doi else "")
        + '<link href="http://arxiv.org/abs/x" rel="alternate" type="text/html"/>'
        '<category term="cs.CL" scheme="http://arxiv.org/schemas/atom"/></entry>'
        for paper in found[start : start + count]
    )
    return 200, feed(entries, len(found), start, count), "application/atom+xml; charset=utf-8"


def wrapped(text: str) -> str:
    """As arXiv sends it: broken in the middle of sentences."""
    return escape(text).replace(" ", "\n  ", 1)


def feed(entries: str, total: int, start: int = 0, count: int = 10) -> bytes:
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" '
        'xmlns="http://www.w3.org/2005/Atom"><id>https://arxiv.org/api/x</id><title>arXiv Query: x</title>'
        "<updated>2026-11-20T00:00:00Z</updated>"
        '<link href="https://arxiv.org/api/query?x" type="application/atom+xml"/>'
        f"<opensearch:itemsPerPage>{count}</opensearch:itemsPerPage>"
        f"<opensearch:totalResults>{total}</opensearch:totalResults>"
        f"<opensearch:startIndex>{start}</opensearch:startIndex>{entries}</feed>"
    ).encode()


def arxiv_error(why: str) -> bytes:
    entry = (
        f"<entry><id>http://arxiv.org/api/errors#{why.replace(' ', '_')}</id><title>Error</title>"
        f"<summary>{why}</summary><author><name>arXiv api core</name></author></entry>"
    )
    return feed(entry, 1)


def openalex(papers: list[Paper], said: dict[str, str]) -> Answer:
    """JSON; abstracts as places of words; a cursor without a key is refused."""
    if "cursor" in said and "api_key" not in said:
        return as_json(401, {"error": "Unauthorized", "message": "cursor paging needs an API key"})
    page, size = int(said.get("page", 1)), int(said.get("per_page", 25))
    if not 1 <= size <= 100 or page * size > 10_000:
        return as_json(400, {"error": "Invalid query parameters error.", "message": "per_page must be 1 to 100"})
    since = int(said["filter"].removeprefix("from_publication_date:")[:4]) if "filter" in said else 0
    found = matching(papers, said["search"].replace('"', "").split(), since)
    rows = [
        {
            "id": f"https://openalex.org/W{abs(hash(paper)) % 10**9}",
            "doi": f"https://doi.org/{paper.doi.upper()}" if paper.doi else None,
            "display_name": paper.title,
            "publication_year": paper.year,
            "language": paper.language,
            "authorships": [{"author": {"id": "https://openalex.org/A1", "display_name": n}} for n in paper.authors],
            "primary_location": {"source": {"display_name": "A venue"}} if paper.acl else None,
            "locations": [{"landing_page_url": f"http://arxiv.org/abs/{paper.arxiv}"}] if paper.arxiv else [],
            "abstract_inverted_index": places(paper.abstract),
        }
        for paper in found[(page - 1) * size : page * size]
    ]
    return as_json(200, {"meta": {"count": len(found), "page": page, "per_page": size}, "results": rows})


def places(abstract: str) -> dict[str, list[int]] | None:
    found: dict[str, list[int]] = {}
    for place, word in enumerate(abstract.split()):
        found.setdefault(word, []).append(place)
    return found or None


def scholar(papers: list[Paper], said: dict[str, str]) -> Answer:
    """JSON; a word with a hyphen finds nothing; ``next`` only where there is more."""
    offset, limit = int(said.get("offset", 0)), int(said.get("limit", 10))
    if not 1 <= limit <= 100 or offset + limit > 1000:
        return as_json(400, {"error": "limit must be at most 100, and offset + limit at most 1000"})
    words = said["query"].split()
    since = int(said["year"].rstrip("-")) if "year" in said else 0
    found = [] if any("-" in word for word in words) else matching(papers, words, since)
    rows = [
        {
            "paperId": f"{abs(hash(paper.title)):040x}"[-40:],
            "externalIds": {
                key: value
                for key, value in {"DOI": paper.doi, "ArXiv": paper.arxiv, "ACL": paper.acl, "CorpusId": 7}.items()
                if value
            },
            "url": "https://www.semanticscholar.org/paper/x",
            "title": paper.title,
            "abstract": paper.abstract or None,
            "venue": "",
            "year": paper.year,
            "authors": [{"authorId": "1", "name": name} for name in paper.authors],
        }
        for paper in found[offset : offset + limit]
    ]
    more = {"next": offset + limit} if offset + limit < len(found) else {}
    return as_json(200, {"total": len(found), "offset": offset, **more, "data": rows})


def crossref(papers: list[Paper], said: dict[str, str]) -> Answer:
    """JSON; titles in lists, abstracts in JATS, dates in lists of lists; every record matches a little."""
    rows, offset = int(said.get("rows", 20)), int(said.get("offset", 0))
    if rows > 1000 or offset > 10_000:
        return as_json(400, {"status": "failed", "message-type": "validation-failure", "message": []})
    since = int(said["filter"].removeprefix("from-pub-date:")) if "filter" in said else 0
    found = [paper for paper in papers if paper.year >= since and paper.doi]
    items = [
        {
            "DOI": paper.doi,
            "title": [paper.title],
            "author": [
                {"given": name.rsplit(" ", 1)[0], "family": name.rsplit(" ", 1)[-1], "sequence": "first"}
                for name in paper.authors
            ],
            "issued": {"date-parts": [[paper.year, 5]]},
            "container-title": ["A venue"],
            "URL": f"https://doi.org/{paper.doi}",
        }
        | (
            {"abstract": f"<jats:title>Abstract</jats:title><jats:p>{escape(paper.abstract)}</jats:p>"}
            if paper.abstract
            else {}
        )
        for paper in found[offset : offset + rows]
    ]
    said_of = {"total-results": len(found) + 1000, "items": items, "items-per-page": rows, "facets": {}}
    return as_json(200, {"status": "ok", "message-type": "work-list", "message-version": "1.0.0", "message": said_of})


def acl(papers: list[Paper], said: dict[str, str]) -> Answer:
    """All papers of the Anthology with abstracts, compressed."""
    return 200, gzip.compress(bibliography(papers).encode()), "application/gzip"


def bibliography(papers: list[Paper]) -> str:
    parts = ["% https://aclanthology.org/anthology+abstracts.bib.gz generated on 2026-11-20\n"]
    for number, paper in enumerate(paper for paper in papers if paper.acl):
        people = "  and\n      ".join(f"{name.rsplit(' ', 1)[-1]}, {name.rsplit(' ', 1)[0]}" for name in paper.authors)
        abstract = f',\n    abstract = "{paper.abstract}"' if paper.abstract else ""
        parts.append(
            f'@inproceedings{{paper-{paper.year}-{number},\n    title = "{paper.title}",\n    author = "{people}",\n'
            f'    booktitle = "Proceedings of a Meeting",\n    month = may,\n    year = "{paper.year}",\n'
            f'    url = "https://aclanthology.org/{paper.acl}/",\n'
            + (f'    doi = "{paper.doi}",\n' if paper.doi else "")
            + f'    pages = "1--9"{abstract}\n}}'
        )
    return "\n".join(parts) + "\n"


def as_json(status: int, value: object) -> Answer:
    return status, json.dumps(value).encode(), "application/json"


@dataclass
class Ticks:
    """A clock that moves only when somebody sleeps."""

    time: float = field(default_factory=time.time)
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
