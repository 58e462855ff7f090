"""Services that misbehave, over real HTTP: each is named and counted, the others go on, and nothing is half-written."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest

from paper_services import NAMES, Fault, Paper, PaperServer, Ticks, arxiv_error, bibliography, crossref, feed, running
from xstilts.literature.search.asking import Asker, RealClock
from xstilts.literature.search.found import Answered, search
from xstilts.literature.search.protocol import Query
from xstilts.literature.search.settings import VARIABLE, settings

PAPER = Paper("Transfer", "Transfer.", ("A B",), arxiv="2005.00001", doi="10.1000/1", acl="2020.x-main.1")
PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in</body></html>"
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
    + b']><feed xmlns="http://www.w3.org/2005/Atom"><entry><title>&j;</title></entry></feed>'
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/passwd">]><f>&x;</f>'


@pytest.fixture
def server() -> Iterator[PaperServer]:
    with running([PAPER]) as found:
        yield found


def asked(server: PaperServer, folder: Path, *names: str, mode: str = "kept", clock: object = None, **more: object):  # type: ignore[no-untyped-def]
    (folder / "services.toml").write_text(server.settings(**more), encoding="utf-8")
    known = settings({VARIABLE: str(folder / "services.toml")})
    asker = Asker(folder / "answers", mode, {}, clock or Ticks())  # type: ignore[arg-type]
    found: list[Answered] = search(Query("transfer"), names or NAMES, known, asker)
    return {one.service: one for one in found}


@pytest.mark.parametrize("broken", NAMES)
@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (PAGE, "HTML page (Sign in"),
        (b"", "empty"),
        (b"\x00\xff\xfe nonsense \x1b[31m", "is no"),
        (b'{"meta": {"count": 3}, "results": [{"id": "https://op', ""),
        (b"[1, 2, 3]", ""),
        (b"null", ""),
        (b'{"results": {"a": 1}, "data": "x", "status": "ok", "message": 4}', ""),
        (b"[" * 100_000, ""),
        (b'{"results": [' + b"9" * 10_000 + b"]}", ""),
        (BOMB, ""),
    ],
)
def test_nonsense_is_named_and_the_others_go_on(
    server: PaperServer, tmp_path: Path, broken: str, answer: bytes, why: str
) -> None:
    server.faults[broken] = [Fault(200, answer)]
    others = [name for name in NAMES if name != broken][:2]
    found = asked(server, tmp_path, others[0], broken, others[1])
    assert found[broken].failure and why in found[broken].failure and found[broken].records == ()
    assert found[broken].failure.isprintable()
    assert all(len(found[name].records) == 1 and not found[name].failure for name in others)


def test_bombs_and_outside_entities_are_not_expanded(server: PaperServer, tmp_path: Path) -> None:
    for answer in (BOMB, OUTSIDE):
        server.faults["arxiv"] = [Fault(200, answer)]
        began = time.monotonic()
        found = asked(server, tmp_path, "arxiv", mode="again")["arxiv"]
        assert "declarations of its own" in found.failure
        assert time.monotonic() - began < 5


def test_a_feed_that_is_another_and_an_error_that_looks_like_a_paper(server: PaperServer, tmp_path: Path) -> None:
    server.faults["arxiv"] = [Fault(200, b"<rss><channel/></rss>")]
    assert "no feed but <rss>" in asked(server, tmp_path, "arxiv")["arxiv"].failure
    server.faults["arxiv"] = [Fault(200, arxiv_error("start must be an integer"))]
    assert "start must be an integer" in asked(server, tmp_path, "arxiv")["arxiv"].failure


def test_single_records_of_the_wrong_kind_are_skipped_and_counted(server: PaperServer, tmp_path: Path) -> None:
    rows = b"""[null, 7, "x", [], {}, {"display_name": 5},
        {"id": "https://openalex.org/W9", "display_name": "  "},
        {"id": 3, "doi": ["x"], "display_name": "Usable", "publication_year": "2020",
         "authorships": [1, {"author": "x"}],
         "primary_location": [], "locations": {}, "language": 4,
         "abstract_inverted_index": {"We": [0, "x", -4, 99999999999], "win": 1, "go": [1]}}]"""
    server.faults["openalex"] = [Fault(200, b'{"meta": [], "results": ' + rows + b"}")]
    found = asked(server, tmp_path, "openalex")["openalex"]
    (record,) = found.records
    assert (record.title, record.abstract, record.year, record.authors) == ("Usable", "We go", 2020, ())
    assert len(found.skipped) == 7 and found.total is None and not found.failure
    assert any("openalex:W9" in line for line in found.skipped)


def test_crossref_in_odd_shapes(server: PaperServer, tmp_path: Path) -> None:
    items = b"""[{"DOI": "10.1000/A", "title": ["One <i>x</i>"], "subtitle": ["Two"],
        "issued": {"date-parts": [[null]]},
        "author": [{"name": "A Consortium"}, {"family": "Only"}, 5], "container-title": [],
        "abstract": "<jats:title>ABSTRACT</jats:title><jats:p>A &amp;amp; B</jats:p><jats:p>C &lt; D</jats:p>"},
        {"DOI": "10.1000/B", "title": []}, {"DOI": "10.1000/C", "title": "a text"}]"""
    body = b'{"status": "ok", "message": {"total-results": "many", "items": ' + items + b"}}"
    server.faults["crossref"] = [Fault(200, body)]
    found = asked(server, tmp_path, "crossref")["crossref"]
    (record,) = found.records
    assert record.title == "One x: Two" and record.abstract == "A & B C < D" and record.year is None
    assert record.authors == ("A Consortium", "Only") and record.identifiers == {"doi": "10.1000/a"}
    assert len(found.skipped) == 2 and found.total is None


def test_too_many_requests_wait_as_long_as_the_service_says(server: PaperServer, tmp_path: Path) -> None:
    clock = Ticks()
    server.faults["crossref"] = [Fault(429, b"slow", (("Retry-After", "7"),)), Fault(503, b"", (("Retry-After", "2"),))]
    assert len(asked(server, tmp_path, "crossref", clock=clock)["crossref"].records) == 1
    assert clock.slept == [7.0, 2.0]
    dated = Ticks()
    server.faults["openalex"] = [Fault(429, b"", (("Retry-After", formatdate(time.time() + 30, usegmt=True)),))]
    assert len(asked(server, tmp_path, "openalex", clock=dated)["openalex"].records) == 1
    assert dated.slept == pytest.approx([29.5], abs=1.5)


def test_without_a_time_the_pauses_grow_and_end(server: PaperServer, tmp_path: Path) -> None:
    clock = Ticks()
    said = b'{"message": "Too Many Requests. Please wait and try again", "code": "429"}'
    server.faults["semantic-scholar"] = lambda: Fault(429, said)
    found = asked(server, tmp_path, "semantic-scholar", "arxiv", clock=clock)
    assert clock.slept == [5.0, 10.0, 20.0]
    assert "answered 429" in found["semantic-scholar"].failure and "4 tries" in found["semantic-scholar"].failure
    assert len(found["arxiv"].records) == 1


def test_a_service_that_asks_for_an_hour_is_left(server: PaperServer, tmp_path: Path) -> None:
    clock = Ticks()
    server.faults["arxiv"] = [Fault(429, b"", (("Retry-After", "3600"),))]
    assert "3600 seconds" in asked(server, tmp_path, "arxiv", clock=clock)["arxiv"].failure
    assert clock.slept == []


def test_a_throttled_arxiv_that_says_so_with_status_200(server: PaperServer, tmp_path: Path) -> None:
    clock = Ticks()
    server.faults["arxiv"] = [Fault(200, b"Rate exceeded.")]
    assert len(asked(server, tmp_path, "arxiv", clock=clock)["arxiv"].records) == 1
    assert clock.slept == [5.0]


def test_errors_of_the_request_are_not_tried_again(server: PaperServer, tmp_path: Path) -> None:
    server.faults["crossref"] = lambda: Fault(400, b'{"status": "failed"}')
    assert "answered 400" in asked(server, tmp_path, "crossref")["crossref"].failure
    assert len(server.asked) == 1


def test_silence_ends(server: PaperServer, tmp_path: Path) -> None:
    server.faults["arxiv"] = lambda: Fault(wait=3.0, body=feed("", 0))
    began = time.monotonic()
    found = asked(server, tmp_path, "arxiv", "crossref", seconds=0.4)
    assert "no answer in time" in found["arxiv"].failure and "2 tries" in found["arxiv"].failure
    assert len(found["crossref"].records) == 1
    assert time.monotonic() - began < 2.9


def test_an_answer_that_drips_for_ever_ends(server: PaperServer, tmp_path: Path) -> None:
    class Hasty(RealClock):
        def sleep(self, seconds: float) -> None:
            pass

    server.faults["arxiv"] = lambda: Fault(pieces=(b" ",) * 100, pause=0.1)
    found = asked(server, tmp_path, "arxiv", seconds=0.5, clock=Hasty())["arxiv"]
    assert "not whole after 0.5 seconds" in found.failure


@pytest.mark.parametrize("packed", [False, True])
def test_a_flood_is_cut_off(server: PaperServer, tmp_path: Path, packed: bool) -> None:
    body = b" " * 3_000_000
    headers = (("Content-Encoding", "gzip"),) if packed else ()
    server.faults["openalex"] = [Fault(200, gzip.compress(body) if packed else body, headers)]
    found = asked(server, tmp_path, "openalex", answer_mib=1.0)["openalex"]
    assert "larger than 1 MiB" in found.failure
    assert sum(path.stat().st_size for path in (tmp_path / "answers").rglob("*.answer")) < 10_000


def test_a_connection_that_breaks_is_tried_once_more(server: PaperServer, tmp_path: Path) -> None:
    server.faults["arxiv"] = [Fault(200, b"<feed", cut=True)]
    assert len(asked(server, tmp_path, "arxiv")["arxiv"].records) == 1
    server.faults["arxiv"] = [Fault(200, b"<feed", cut=True), Fault(200, b"<feed", cut=True)]
    assert "broke" in asked(server, tmp_path, "arxiv", mode="again")["arxiv"].failure


def test_nobody_there(server: PaperServer, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # a port on which nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/api"
        (tmp_path / "s.toml").write_text(f'[arxiv]\nurl = "{url}"\ninterval = 0\n', encoding="utf-8")
        known = settings({VARIABLE: str(tmp_path / "s.toml")})
        (found,) = search(Query("x"), ["arxiv"], known, Asker(tmp_path / "answers", clock=Ticks()))
    assert "no connection to '127.0.0.1'" in found.failure


def test_a_redirection_stays_with_its_host(server: PaperServer, tmp_path: Path) -> None:
    with running([PAPER]) as other:
        elsewhere = other.url.replace("127.0.0.1", "localhost")
        server.faults["openalex"] = [Fault(302, b"", (("Location", f"{elsewhere}/openalex"),))]
        found = asked(server, tmp_path, "openalex")["openalex"]
        assert "redirects to 'http://localhost'" in found.failure
        assert other.asked == []
    server.faults["arxiv"] = [
        Fault(301, b"", (("Location", "/arxiv?search_query=all:transfer&start=0&max_results=5"),))
    ]
    assert len(asked(server, tmp_path, "arxiv")["arxiv"].records) == 1
    server.faults["crossref"] = lambda: Fault(302, b"", (("Location", "/crossref"),))
    assert "redirections" in asked(server, tmp_path, "crossref")["crossref"].failure
    server.faults["acl"] = [Fault(302, b"")]
    assert "redirects" in asked(server, tmp_path, "acl")["acl"].failure


def test_a_page_that_fails_keeps_the_pages_before(server: PaperServer, tmp_path: Path) -> None:
    server.papers = [Paper(f"Transfer {i}", doi=f"10.1000/{i}") for i in range(50)]
    assert len(asked(server, tmp_path, "crossref", page=20)["crossref"].records) == 50

    # All is asked again, and only the first page comes: it stands, and what was recorded of the others is not lost.
    def after_the_first() -> Fault:
        return Fault(500, b"down") if len(server.asked) > asked_before + 1 else Fault(200, first)

    asked_before = len(server.asked)
    first = crossref(server.papers, {"rows": "20", "offset": "0"})[1]
    server.faults["crossref"] = after_the_first
    found = asked(server, tmp_path, "crossref", page=20, mode="again")["crossref"]
    assert len(found.records) == 20 and found.failure.startswith("after 20 records: answered 500 (down)")
    assert len(asked(server, tmp_path, "crossref", page=20, mode="replay")["crossref"].records) == 50


@pytest.mark.parametrize("change", ["cut", "bomb", "none", "plain", "broken entry"])
def test_the_bibliography_in_every_state(server: PaperServer, tmp_path: Path, change: str) -> None:
    text = bibliography([PAPER, Paper("Transfer too", acl="P18-1001", authors=("C D",))])
    packed = gzip.compress(text.encode())
    broken = text.replace("@inproceedings{paper-2020-0,", "@inproceedings{paper 2020,,= {")
    body = {
        "cut": packed[: len(packed) // 2],
        "bomb": gzip.compress(b"@" + b"a" * 30_000_000 + b"\n}\n"),
        "none": gzip.compress(b"nothing of the kind"),
        "plain": text.encode(),  # a server that unpacks on its way
        "broken entry": gzip.compress(broken.encode()),
    }[change]
    server.faults["acl"] = [Fault(200, body)]
    found = asked(server, tmp_path, "acl")["acl"]
    if change == "cut":
        assert "cut off" in found.failure
    elif change == "none":
        assert "no BibTeX" in found.failure
    elif change == "plain":
        assert len(found.records) == 2 and not found.failure
    elif change == "broken entry":
        assert [record.title for record in found.records] == ["Transfer too"] and len(found.skipped) == 1
    else:
        assert found.records == ()
