"""The folder of documents: whole or not there, one file each, found by any of their names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from xstilts.catalogue.errors import Problem
from xstilts.literature.corpus import Corpus, works
from xstilts.literature.document import About, as_table, clean_doi, from_table, given, split_arxiv

TEXT = "SQuAD raises TyDiQA by 5.6 points. " * 3
LONG = " ".join(f"word{n}" for n in range(60))


def test_what_was_added_comes_back_letter_by_letter_and_only_once(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path / "new")
    document = given(
        TEXT, title="A  title\n", authors=["Ada Example"], year=2021, arxiv="arXiv:2105.00001v2", source="x"
    )
    assert corpus.add(document)
    assert not corpus.add(document)
    assert corpus.documents() == [document]
    assert document.about == About("A title", ("Ada Example",), 2021, "2105.00001", 2, "")
    assert document.pages == (TEXT.strip(),)


@drawn(
    st.text(max_size=200),
    st.text(max_size=50),
    st.lists(st.text(max_size=20), max_size=3),
    st.one_of(st.none(), st.integers(1, 3000)),
)
def test_any_document_survives_its_table(text: str, title: str, authors: list[str], year: int | None) -> None:
    document = given(text, title=title, authors=authors, year=year)
    assert from_table(json.loads(json.dumps(as_table(document)))) == document


def test_a_changed_byte_is_named_and_the_rest_is_used(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path)
    first, second = given("First text here.", title="First"), given("Second text here.", title="Second")
    corpus.add(first)
    corpus.add(second)
    path = tmp_path / "documents" / f"{first.key}.json"
    path.write_text(path.read_text(encoding="utf-8").replace("First text", "Other text"), encoding="utf-8")
    assert corpus.documents() == [second]
    assert corpus.read()[1] == [path]
    assert corpus.add(first)  # adding it again mends it
    assert corpus.read()[1] == []
    (tmp_path / "documents" / "aaaabbbbcccc.json").write_bytes((path).read_bytes())
    assert [one.name for one in corpus.read()[1]] == ["aaaabbbbcccc.json"]  # whole, but under another's name


def test_what_a_kill_leaves_behind_is_no_document(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path)
    document = given(TEXT)
    corpus.add(document)
    whole = (tmp_path / "documents" / f"{document.key}.json").read_bytes()
    (tmp_path / "documents" / f".{document.key}.json.0123").write_bytes(whole[:100])
    assert corpus.read() == ([document], [])


def test_documents_are_found_by_identifier_version_title_source_and_key(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path)
    old = given(TEXT, title="On tasks", arxiv="2105.00001v1", source="old.pdf")
    new = given(TEXT + "More.", title="On tasks", arxiv="2105.00001v2", doi="10.1000/ABC", source="new.pdf")
    corpus.add(old)
    corpus.add(new)
    assert corpus.find("arxiv:2105.00001v1") == [old]
    assert corpus.find("2105.00001") == [old, new]
    assert corpus.find("on tasks") == [old, new]
    assert corpus.find("10.1000/abc") == [new]
    assert corpus.find(old.sha256[:6]) == [old]
    with pytest.raises(Problem, match=r"did you mean 'old\.pdf'"):
        corpus.find("old.pfd")
    corpus.remove(old)
    assert corpus.documents() == [new]


def test_versions_copies_and_records_of_one_publication_stand_together() -> None:
    paper = given(LONG, title="On tasks", arxiv="2105.00001v1")
    newer = given(LONG + " changed", title="On tasks, revised", arxiv="2105.00001v2")
    record = given("", title="On  Tasks!", authors=["Ada Example"], doi="10.1/x")
    copy = given(LONG.upper(), title="no title")
    other = given(" ".join(f"other{n}" for n in range(60)), title="On words")
    short = given("Three words here", title="Short")
    found = works([paper, other, newer, record, copy, short])
    assert found == [[paper, newer, record, copy], [other], [short]]


def test_identifiers_are_read_from_what_surrounds_them() -> None:
    assert split_arxiv("http://arxiv.org/abs/2005.13013v2") == ("2005.13013", 2)
    assert split_arxiv("arXiv:cs.CL/0501001") == ("cs.CL/0501001", None)
    assert split_arxiv("in 2021.12") == ("", None)
    assert clean_doi("https://doi.org/10.18653/v1/2020.AACL-main.56.") == "10.18653/v1/2020.aacl-main.56"
    assert clean_doi("(see 10.1000/182(1))") == "10.1000/182(1)"
    assert clean_doi("none") == ""
