"""Each service in its own format over real HTTP: what is asked, what is read, pages, limits, keys, pace."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from paper_services import NAMES, Fault, Paper, PaperServer, Ticks, running
from xstilts.catalogue.errors import Problem
from xstilts.literature.search.asking import Asker
from xstilts.literature.search.found import Answered, checked, search
from xstilts.literature.search.protocol import Query
from xstilts.literature.search.settings import VARIABLE, settings

TRANSFER = Paper(
    "Zero-Shot Transfer after <i>Intermediate</i> Training & More",
    "An encoder learns an intermediate task, then transfer to other languages is zero-shot. It gains 2 points.",
    ("Ana María López", "Bo Chen"),
    2020,
    arxiv="2005.99999v3",
    doi="10.18653/v1/2020.aacl-main.777",
    acl="2020.aacl-main.777",
)


@pytest.fixture
def server() -> Iterator[PaperServer]:
    with running([TRANSFER]) as found:
        yield found


def asked(
    server: PaperServer,
    folder: Path,
    text: str,
    *names: str,
    limit: int = 50,
    since: int | None = None,
    clock: Ticks | None = None,
    mode: str = "kept",
    toml: str = "",
    **environment: str,
) -> tuple[list[Answered], Asker]:
    (folder / "services.toml").write_text(toml or server.settings(), encoding="utf-8")
    environment |= {VARIABLE: str(folder / "services.toml")}
    known = settings(environment)
    asker = Asker(folder / "answers", mode, environment, clock or Ticks())  # type: ignore[arg-type]
    return search(checked(Query(text, limit, since)), names or NAMES, known, asker), asker


def many(count: int, **more: object) -> list[Paper]:
    return [
        Paper(
            f"Transfer number {i:03}",
            f"Transfer {i}.",
            ("A. Body",),
            2000 + i % 20,
            f"20{i % 90 + 10}.{i:05}",
            f"10.1000/{i}",
            **more,
        )  # type: ignore[arg-type]
        for i in range(count)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_service_gives_the_paper_as_it_is(server: PaperServer, tmp_path: Path, name: str) -> None:
    if name in ("arxiv", "semantic-scholar"):  # these know no markup
        server.papers = [dataclasses.replace(TRANSFER, title=TRANSFER.title.replace("<i>", "").replace("</i>", ""))]
    elif name == "acl":  # BibTeX protects capitals and writes accents and signs its own way
        title = "Zero-Shot Transfer after Intermediate Training {\\&} More".replace("Zero", "{Z}ero")
        authors = ("Ana Mar{\\'\\i}a L{\\'o}pez", "Bo Chen")
        server.papers = [dataclasses.replace(TRANSFER, title=title, authors=authors)]
    (found,), _ = asked(server, tmp_path, '"intermediate" transfer', name)
    assert found.failure == "" and found.skipped == ()
    (record,) = found.records
    assert record.title == "Zero-Shot Transfer after Intermediate Training & More"
    assert record.abstract == TRANSFER.abstract
    assert record.authors == TRANSFER.authors
    assert record.year == 2020
    expected = {
        "arxiv": {"doi", "arxiv", "acl"},
        "openalex": {"doi", "arxiv", "acl", "openalex"},
        "semantic-scholar": {"doi", "arxiv", "acl", "s2"},
        "crossref": {"doi", "acl"},
        "acl": {"doi", "acl"},
    }
    assert set(record.identifiers) == expected[name]
    assert record.identifiers["doi"] == TRANSFER.doi
    assert record.identifiers.get("arxiv", "2005.99999") == "2005.99999"
    assert record.places == ((name, 1),)


def test_what_is_asked_is_what_the_services_document(server: PaperServer, tmp_path: Path) -> None:
    asked(server, tmp_path, '"intermediate task" zero-shot', limit=7, since=2019)
    said = {one.service: one.parameters for one in server.asked}
    assert said["arxiv"]["search_query"] == (
        'all:"intermediate task" AND all:"zero shot" AND submittedDate:[201901010000 TO 220012312359]'
    )
    assert said["arxiv"]["max_results"] == "7" and said["arxiv"]["sortBy"] == "relevance"
    assert said["openalex"]["search"] == '"intermediate task" zero-shot'
    assert said["openalex"]["filter"] == "from_publication_date:2019-01-01"
    assert said["semantic-scholar"]["query"] == "intermediate task zero shot"  # hyphens find nothing there
    assert said["semantic-scholar"]["year"] == "2019-"
    assert said["crossref"]["query.bibliographic"] == "intermediate task zero-shot"
    assert said["crossref"]["filter"] == "from-pub-date:2019"
    assert said["acl"] == {}
    assert all(one.headers["user-agent"].startswith("xstilts/") for one in server.asked)


@pytest.mark.parametrize(
    ("name", "requests"), [("arxiv", 2), ("openalex", 3), ("semantic-scholar", 3), ("crossref", 3)]
)
def test_pages_are_followed_to_the_limit_and_no_further(
    server: PaperServer, tmp_path: Path, name: str, requests: int
) -> None:
    server.papers = many(600)
    (found,), _ = asked(server, tmp_path, "transfer", name, limit=250)
    assert [record.title for record in found.records] == [f"Transfer number {i:03}" for i in range(250)]
    assert found.total in (600, 1600) and found.failure == ""
    assert len(server.asked) == requests


@pytest.mark.parametrize("name", NAMES)
def test_fewer_than_asked_for_end_the_pages(server: PaperServer, tmp_path: Path, name: str) -> None:
    server.papers = [dataclasses.replace(one, acl=f"2020.x-main.{i}") for i, one in enumerate(many(130))]
    (found,), _ = asked(server, tmp_path, "transfer", name, limit=1000)
    assert len(found.records) == 130
    assert len(server.asked) <= 3


@pytest.mark.parametrize("name", NAMES)
def test_nothing_found_is_no_failure(server: PaperServer, tmp_path: Path, name: str) -> None:
    server.papers = [Paper("Cooking", acl="2020.x-main.1", services=("acl",))]
    (found,), _ = asked(server, tmp_path, "transfer", name)
    assert found.records == () and found.failure == ""


@pytest.mark.parametrize("name", NAMES)
def test_since_reaches_every_service(server: PaperServer, tmp_path: Path, name: str) -> None:
    server.papers = [
        Paper("Old transfer", year=2009, doi="10.1000/old", arxiv="0901.00001", acl="O09-1001"),
        Paper("New transfer", year=2021, doi="10.1000/new", arxiv="2101.00001", acl="2021.x-main.1"),
    ]
    (found,), _ = asked(server, tmp_path, "transfer", name, since=2020)
    assert [record.title for record in found.records] == ["New transfer"]


def test_the_anthology_is_fetched_once_and_searched_here(server: PaperServer, tmp_path: Path) -> None:
    server.papers = [
        Paper("A {BERT} of {S}panish", "About c{\\'o}digo and cross-lingual transfer.", ("A B",), acl="2020.x-main.1"),
        Paper("Transfer, transfer, transfer", "Only transfer.", ("C D",), acl="2021.x-main.1"),
        Paper("Parsing", "Trees.", ("E F",), acl="P18-1001"),
    ]
    (found,), _ = asked(server, tmp_path, "transfer", "acl")
    assert [record.title for record in found.records] == ["Transfer, transfer, transfer", "A BERT of Spanish"]
    assert found.total == 2
    (accented,), _ = asked(server, tmp_path, "codigo spanish", "acl")
    (phrase,), _ = asked(server, tmp_path, '"cross lingual transfer"', "acl")
    assert [r.title for r in accented.records] == [r.title for r in phrase.records] == ["A BERT of Spanish"]
    assert len(server.asked) == 1


def test_keys_and_address_are_sent_and_kept_nowhere(server: PaperServer, tmp_path: Path) -> None:
    secrets = {
        "OPENALEX_API_KEY": "open-secret-1",
        "SEMANTIC_SCHOLAR_API_KEY": "s2-secret-2",
        "XSTILTS_CONTACT": "me@there.org",
    }
    server.faults["crossref"] = [Fault(400, b'{"message": "bad mailto me@there.org"}')]
    server.faults["openalex"] = [Fault(403, b"no such key: open-secret-1")]
    found, asker = asked(server, tmp_path, "transfer", **secrets)
    assert server.of("openalex")[0].parameters["api_key"] == "open-secret-1"
    assert server.of("semantic-scholar")[0].headers["x-api-key"] == "s2-secret-2"
    assert server.of("crossref")[0].parameters["mailto"] == "me@there.org"
    assert "me@there.org" in server.of("arxiv")[0].headers["user-agent"]
    for service in ("arxiv", "acl", "crossref"):
        one = server.of(service)[0]
        assert "secret" not in f"{one.parameters} {one.headers}"
    said = " ".join([*(one.failure for one in found), *asker.notes])
    kept = b" ".join(path.read_bytes() for path in (tmp_path / "answers").rglob("*.answer"))
    for secret in secrets.values():
        assert secret not in said
        assert secret.encode() not in kept
    assert "OPENALEX_API_KEY was refused" in said


def test_a_key_never_goes_over_http_to_another_machine(tmp_path: Path) -> None:
    path = tmp_path / "services.toml"
    path.write_text('[openalex]\nurl = "http://elsewhere.example/works"\n', encoding="utf-8")
    assert settings({VARIABLE: str(path)})["openalex"].url == "http://elsewhere.example/works"
    with pytest.raises(Problem, match="not sent over http"):
        settings({VARIABLE: str(path), "OPENALEX_API_KEY": "k"})


def test_what_is_no_address_is_not_sent() -> None:
    with pytest.raises(Problem, match="no mail address"):
        settings({"XSTILTS_CONTACT": "me@there.org\r\nX-More: 1"})


def test_a_missing_key_is_named_where_a_service_wants_one(server: PaperServer, tmp_path: Path) -> None:
    server.faults["openalex"] = [Fault(401, b'{"error": "API key required"}')]
    (found,), _ = asked(server, tmp_path, "transfer", "openalex")
    assert "answered 401" in found.failure and "OPENALEX_API_KEY is not set" in found.failure


def test_requests_keep_their_distance_also_between_runs(server: PaperServer, tmp_path: Path) -> None:
    server.papers = many(400)
    clock = Ticks()
    toml = server.settings(interval=3.0, page=100)
    asked(server, tmp_path, "transfer", "arxiv", limit=300, clock=clock, toml=toml)
    assert clock.slept == pytest.approx([3.0, 3.0], abs=0.01)
    folder = tmp_path / "answers" / "arxiv"
    later = Ticks(folder.stat().st_mtime + 1.0)  # another run, one second after the last answer
    asked(server, tmp_path, "number", "arxiv", clock=later, toml=toml)
    assert later.slept == pytest.approx([2.0], abs=0.05)


def test_services_toml_mistakes_are_all_named(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        '[arxv]\nurl = "http://x.org"\n[arxiv]\nurl = "ftp://x.org"\ninterval = "3"\npage = 0\nspeed = 1\n',
        encoding="utf-8",
    )
    with pytest.raises(Problem) as raised:
        settings({VARIABLE: str(path)})
    said = "\n".join(raised.value.problems)
    for part in ("did you mean 'arxiv'", "no http address", "is no number", "page is 0", "unknown field 'speed'"):
        assert part in said
    path.write_text('[arxiv]\nurl = "http://me:secret@x.org/"\n', encoding="utf-8")
    with pytest.raises(Problem, match="holds a user name") as named:
        settings({VARIABLE: str(path)})
    assert "secret" not in str(named.value)
    path.write_text("[arxiv\n", encoding="utf-8")
    with pytest.raises(Problem, match="can not be read"):
        settings({VARIABLE: str(path)})


def test_queries_that_can_not_be_asked() -> None:
    for query, why in [
        (Query('"" -'), "no word"),
        (Query("x" * 600), "600 letters"),
        (Query("x", 0), "--limit is 0"),
        (Query("x", 5, 20), "must be a year"),
    ]:
        with pytest.raises(Problem, match=why):
            checked(query)
