"""Answers of any shape: a page, or one line that says why not; never anything else."""

from __future__ import annotations

import importlib.util
import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from paper_services import Paper, acl, arxiv, crossref, openalex, scholar
from xstilts.cli import app
from xstilts.literature.search.found import SERVICES
from xstilts.literature.search.protocol import Page, Query, Unreadable
from xstilts.literature.search.settings import settings

KNOWN = settings({})
QUERY = Query("transfer", 20)
PAPERS = [
    Paper(
        f"Transfer {i}", "About transfer.", ("Ana López",), 2020, f"2005.{i:05}v1", f"10.1000/{i}", f"2020.x-main.{i}"
    )
    for i in range(3)
]
MAKERS = {"arxiv": arxiv, "openalex": openalex, "semantic-scholar": scholar, "crossref": crossref, "acl": acl}
KEYS = ["results", "data", "message", "items", "status", "meta", "total", "next", "title", "display_name", "DOI", "id"]
KEYS += [
    "authorships",
    "author",
    "authors",
    "name",
    "abstract_inverted_index",
    "issued",
    "date-parts",
    "externalIds",
    "ok",
]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(["ok", *KEYS]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*KEYS, "x"]), inner, max_size=5),
    max_leaves=25,
)


def read(name: str, answer: bytes) -> Page | str:
    service, known = SERVICES[name], KNOWN[name]
    try:
        page = service.read(answer, QUERY, known, service.first(QUERY, known))
    except Unreadable as error:
        assert str(error).isprintable() and 0 < len(str(error)) < 400
        return str(error)
    for record in page.records:
        assert record.title.strip() and record.title.replace("\u200c", "").replace("\u200d", "").isprintable()
        assert record.year is None or 1600 <= record.year <= 2200
        assert record.name and all(record.identifiers.values())
    assert page.total is None or page.total >= 0
    assert page.rest is None or page.rest != service.first(QUERY, known)
    return page


@given(st.sampled_from(["openalex", "semantic-scholar", "crossref"]), values)
def test_any_json(name: str, value: object) -> None:
    read(name, json.dumps(value).encode())
    wrapped = {"results": [value], "data": [value], "status": "ok", "message": {"items": [value]}}
    assert isinstance(read(name, json.dumps(wrapped).encode()), Page)


def good(name: str) -> bytes:
    service = SERVICES[name]
    return MAKERS[name](PAPERS, dict(service.first(QUERY, KNOWN[name]).parameters))[1]


@pytest.mark.parametrize("name", list(SERVICES))
def test_answers_broken_at_any_place(name: str) -> None:
    whole = good(name)
    page = read(name, whole)
    assert isinstance(page, Page) and len(page.records) == 3
    drawn = random.Random(name)
    for _ in range(150):
        broken = bytearray(whole)
        for _ in range(drawn.choice((1, 1, 3, 20))):
            place = drawn.randrange(len(broken))
            change = drawn.random()
            if change < 0.5:
                broken[place] = drawn.randrange(256)
            elif change < 0.75:
                del broken[place : place + drawn.randrange(1, 30)]
            else:
                broken[place:place] = bytes(drawn.randrange(256) for _ in range(drawn.randrange(1, 9)))
        read(name, bytes(broken))
    for cut in range(0, len(whole), max(1, len(whole) // 60)):
        read(name, whole[:cut])


def test_without_the_extra_its_name_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = importlib.util.find_spec
    missing = ("bm25s", "krippendorff")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in missing else installed(name))
    page = tmp_path / "page.md"
    page.write_text("# A\n\nFive seeds.\n", encoding="utf-8")
    for arguments in (["search", "x"], ["screen"], ["review", str(page)]):
        done = CliRunner().invoke(app, ["literature", *arguments, "--corpus", str(tmp_path / "corpus")])
        assert done.exit_code == 2 and "pip install 'xstilts[literature]'" in done.stderr
