"""Records put together, ranked and screened: identifiers, titles, what speaks against, and counts that add up."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.catalogue.errors import Problem
from xstilts.literature.search.merge import merged
from xstilts.literature.search.rank import ranked, scores
from xstilts.literature.search.records import (
    Record,
    acl_of,
    arxiv_of,
    doi_of,
    identified,
    line_of,
    openalex_of,
    text_of,
    title_key,
    year_of,
)
from xstilts.literature.search.screen import Rules, counted, judged, read_decisions, read_rules, screened


@pytest.mark.parametrize(
    ("given_as", "expected"),
    [
        ("https://doi.org/10.18653/V1/N19-1423", "10.18653/v1/n19-1423"),
        ("doi:10.1000/ABC(1)2", "10.1000/abc(1)2"),
        ("http://dx.doi.org/10.1000%2Fabc.", "10.1000/abc"),
        ("https://example.org/x", ""),
        ("10.10/short", ""),
    ],
)
def test_a_doi_has_one_form(given_as: str, expected: str) -> None:
    assert doi_of(given_as) == expected


@pytest.mark.parametrize(
    ("given_as", "expected"),
    [
        ("http://arxiv.org/abs/2005.13013v2", "2005.13013"),
        ("https://arxiv.org/pdf/2005.13013v11.pdf", "2005.13013"),
        ("arXiv:cs.CL/0701001v3", "cs/0701001"),
        ("hep-ex/0307015", "hep-ex/0307015"),
        ("2005.130131234", ""),
        ("the year 2005.13013", ""),
    ],
)
def test_an_arxiv_identifier_has_no_version(given_as: str, expected: str) -> None:
    assert arxiv_of(given_as) == expected


def test_identifiers_of_other_kinds() -> None:
    assert acl_of("https://aclanthology.org/2020.aacl-main.56/") == "2020.aacl-main.56"
    assert acl_of("https://www.aclweb.org/anthology/p18-1001.pdf") == "P18-1001"
    assert acl_of("a page") == ""
    assert openalex_of("https://openalex.org/w123") == "W123"
    assert identified(doi="10.48550/arXiv.2005.13013") == {"arxiv": "2005.13013"}
    assert identified(doi="https://doi.org/10.18653/v1/2020.aacl-main.56") == {
        "doi": "10.18653/v1/2020.aacl-main.56",
        "acl": "2020.aacl-main.56",
    }
    assert identified(doi=None, arxiv=7, s2="xyz", openalex=["W1"]) == {}
    assert [year_of(value) for value in (2020, "2020-05-01", "20201", True, "soon", 3, None)] == [
        2020,
        2020,
        *[None] * 5,
    ]


def test_text_is_one_clean_line() -> None:
    assert (
        text_of("<jats:title>Abstract</jats:title><jats:p>A &amp;amp; B</jats:p>\n<jats:p>3 &lt; 4</jats:p>")
        == "A & B 3 < 4"
    )
    assert line_of("x<y and\n z>w \x1b[31m\u202edone\x00") == "x<y and z>w [31mdone"
    assert line_of("می‌خواهم") == "می‌خواهم"  # the joiner is spelling
    assert title_key("The {BERT} $\\beta$-Model: Überblick") == title_key("the bert -model  UBERBLICK")
    assert title_key("零样本迁移") and title_key("零样本迁移") != title_key("多语言")


ONE = Record("Cross-lingual transfer of nothing at all", ("Ana López",), 2020, "Long abstract.", places=(("arxiv", 1),))


def with_(**changes: object) -> Record:
    return dataclasses.replace(ONE, **changes)  # type: ignore[arg-type]


def test_records_that_share_an_identifier_are_one_also_over_a_third() -> None:
    a = with_(title="One title", identifiers={"arxiv": "2005.00001"}, abstract="", places=(("arxiv", 1),))
    b = with_(title="Another title", identifiers={"doi": "10.1000/x"}, year=2021, places=(("crossref", 1),))
    both = with_(title="A third", identifiers={"arxiv": "2005.00001", "doi": "10.1000/x"}, places=(("openalex", 4),))
    found = merged([a, b, both])
    (paper,) = found.records
    assert (found.by_identifier, found.by_title) == (2, 0)
    assert paper.title == "One title" and paper.abstract == "Long abstract."
    assert paper.identifiers == {"doi": "10.1000/x", "arxiv": "2005.00001"} and paper.year == 2020
    assert Counter(paper.places) == Counter([("arxiv", 1), ("crossref", 1), ("openalex", 4)])


@pytest.mark.parametrize(
    ("change", "papers"),
    [
        ({"title": "Cross-Lingual Transfer of {Nothing} at All."}, 1),
        ({"authors": ()}, 1),
        ({"authors": ("A. Lopez", "B. Other")}, 1),
        ({"year": 2022}, 1),
        ({"year": None}, 1),
        ({"year": 2023}, 2),
        ({"authors": ("Somebody Else",)}, 2),
        ({"identifiers": {"doi": "10.1000/published"}}, 1),  # a preprint has another DOI than its publication
        ({"identifiers": {"arxiv": "2005.00002"}}, 2),
        ({"title": "Cross-lingual transfer of nothing to all"}, 2),
    ],
)
def test_what_equal_titles_need(change: dict[str, object], papers: int) -> None:
    first = with_(identifiers={"doi": "10.1000/first", "arxiv": "2005.00001"})
    assert len(merged([first, with_(**change)]).records) == papers


def test_short_titles_need_the_same_people_and_year() -> None:
    short = with_(title="Introduction")
    assert len(merged([short, with_(title="Introduction", authors=())]).records) == 2
    assert len(merged([short, with_(title="Introduction", year=2021)]).records) == 2
    assert len(merged([short, with_(title="introduction!")]).records) == 1


def test_titles_that_differ_by_a_language_are_told_and_left_apart() -> None:
    polish = with_(title="Zero-shot transfer with intermediate tasks for Polish", identifiers={"doi": "10.1000/pl"})
    danish = with_(title="Zero-shot transfer with intermediate tasks for Danish", identifiers={"doi": "10.1000/da"})
    found = merged([polish, danish, with_(title="Something else entirely, about cooking")])
    assert len(found.records) == 3
    ((a, b, likeness),) = found.alike
    assert {a, b} == {"doi:10.1000/pl", "doi:10.1000/da"} and 90 <= likeness < 100


records = st.builds(
    Record,
    title=st.sampled_from(
        ["Transfer of one thing", "transfer of ONE thing", "Another long title here", "零样本迁移学习的一个很长的题目"]
    ),
    authors=st.sampled_from([(), ("A Body",), ("C Dee", "A Body"), ("E Eff",)]),
    year=st.sampled_from([None, 2018, 2020, 2024]),
    abstract=st.sampled_from(["", "short", "a longer abstract"]),
    language=st.sampled_from(["", "en", "de"]),
    identifiers=st.dictionaries(st.sampled_from(["doi", "arxiv", "s2"]), st.sampled_from(["1", "2", "3"])),
    places=st.tuples(st.tuples(st.sampled_from(["arxiv", "crossref"]), st.integers(1, 9))),
)


@given(st.lists(records, max_size=12))
def test_merging_loses_nothing_counts_right_and_is_done_after_once(found: list[Record]) -> None:
    once = merged(found)
    assert Counter(p for r in once.records for p in r.places) == Counter(p for r in found for p in r.places)
    assert len(found) == len(once.records) + once.by_identifier + once.by_title
    for kind in ("doi", "arxiv", "s2"):
        known = {record.identifiers[kind] for record in found if kind in record.identifiers}
        kept = [record.identifiers[kind] for record in once.records if kind in record.identifiers]
        assert set(kept) <= known and len(kept) == len(set(kept))


@given(st.lists(records, max_size=12), st.booleans())
def test_the_counts_of_prisma_add_up(found: list[Record], abstract: bool) -> None:
    once = merged(found)
    rules = Rules(
        since=2019, languages=("en",), abstract=abstract, must=(("longer", "one thing"),), must_not=("another",)
    )
    decided = screened(once, rules, {})
    counts = counted(found, once, decided)
    assert sum(counts.found.values()) - counts.by_identifier - counts.by_title == counts.screened == len(once.records)
    assert counts.screened == counts.included + sum(counts.excluded.values()) + sum(counts.not_judged.values())


def test_ranking_by_bm25() -> None:
    texts = ["transfer of tasks", "cooking at home", "transfer tasks in " + "many other words " * 9, "tasks"]
    papers = [Record(f"Title {i}", abstract=text, year=2000 + i) for i, text in enumerate(texts)]
    found = scores(papers, "transfer tasks")
    assert found[1] == 0 and all(score > 0 for i, score in enumerate(found) if i != 1)
    best = ranked(papers, "transfer tasks")
    assert (best[0].title, best[-1].title) == ("Title 0", "Title 1")
    assert scores(papers, "xylophone") == [0.0] * 4 and scores([], "transfer") == []
    assert [r.year for r in ranked(papers, "xylophone")] == [2003, 2002, 2001, 2000]


def test_bm25_is_the_published_formula() -> None:
    from math import log

    papers = [Record("a b"), Record("b c c d"), Record("e f")]
    lengths, mean = [2, 4, 2], 8 / 3

    def score(i: int, count: int, documents: int) -> float:
        weight = log(1 + (3 - documents + 0.5) / (documents + 0.5))
        return weight * count / (count + 1.5 * (1 - 0.75 + 0.75 * lengths[i] / mean))

    assert scores(papers, "b c") == pytest.approx([score(0, 1, 2), score(1, 1, 2) + score(1, 2, 1), 0.0], rel=1e-5)


def test_rules_give_the_first_reason_and_unknown_excludes_nobody() -> None:
    rules = Rules(2019, 2025, ("en",), False, (("zero-shot", "cross-lingual"), ("task*",)), ("speech",))
    good = Record("Cross-lingual tasks", year=2020, language="en", abstract="x")
    assert judged(good, rules) == ("included", "")
    assert judged(dataclasses.replace(good, year=None, language=""), rules) == ("included", "")
    assert judged(dataclasses.replace(good, year=2018, language="de"), rules) == ("excluded", "before 2019")
    assert judged(dataclasses.replace(good, year=2026), rules) == ("excluded", "after 2025")
    assert judged(dataclasses.replace(good, language="de"), rules) == ("excluded", "language is not en")
    assert judged(dataclasses.replace(good, language="en-US"), rules) == ("included", "")
    assert judged(dataclasses.replace(good, abstract="Speech too"), rules) == ("excluded", "has 'speech'")
    assert judged(dataclasses.replace(good, title="Cross-lingual multitask"), rules)[0] == "excluded"
    bare = dataclasses.replace(good, title="Cross-lingual things", abstract="")
    assert judged(bare, rules) == ("not judged", "no abstract, none of 'task*' in the title")
    assert judged(bare, dataclasses.replace(rules, abstract=True)) == ("excluded", "no abstract")


def test_decisions_of_people_go_first(tmp_path: Path) -> None:
    path = tmp_path / "decisions.csv"
    path.write_text(
        "title,Record,decision,reason\nx,arxiv:2005.00001,exclude,about speech\n"
        "y,doi:10.1000/b,include,\nz,doi:10.1000/c,,\n",
        encoding="utf-8-sig",
    )
    a = with_(title="A first long title", identifiers={"doi": "10.1000/a", "arxiv": "2005.00001"})
    b = with_(title="A second long one", year=1990, identifiers={"doi": "10.1000/b"})
    c = with_(title="A third and last one", identifiers={"doi": "10.1000/c"})
    once = merged([a, b, c])
    decided = screened(once, Rules(since=2000), read_decisions(path))
    assert [(one.outcome, one.reason, one.by) for one in decided] == [
        ("excluded", "about speech", "person"),
        ("included", "", "person"),
        ("included", "", "rule"),
    ]
    assert counted([a, b, c], once, decided).excluded == {"about speech (a person)": 1}
    with pytest.raises(Problem, match=r"did you mean 'doi:10\.1000/a'"):
        screened(once, Rules(), {"doi:10.1000/aa": ("included", "")})
    with pytest.raises(Problem, match="same paper"):
        screened(once, Rules(), {"doi:10.1000/a": ("included", ""), "arxiv:2005.00001": ("excluded", "x")})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("record,decision\nx,include\n", "no column 'reason'"),
        ("", "no column"),
        ("record,decision,reason\nx,maybe,\n", "line 2: the decision is 'maybe'"),
        ("record,decision,reason\nx,exclude,\n", "without a reason"),
        ("record,decision,reason\nx,include,\nx,exclude,no\n", "another decision"),
        ('record,decision,reason\n"x,include', "no CSV file"),
        (b"\xff\xfe\x00", "no CSV file"),
    ],
)
def test_mistakes_in_decisions(tmp_path: Path, text: str | bytes, why: str) -> None:
    path = tmp_path / "d.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(Problem, match=why):
        read_decisions(path)


def test_mistakes_in_rules_are_all_named(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(
        'sinse = 3\nuntil = "x"\nabstract = 1\nmust = ["a"]\nmust_not = ["-"]\nlanguages = "en"\n', encoding="utf-8"
    )
    with pytest.raises(Problem) as raised:
        read_rules(path)
    said = "\n".join(raised.value.problems)
    for part in (
        "did you mean 'since'",
        "until is no year",
        "neither true nor false",
        "groups",
        "without letters",
        "no list",
    ):
        assert part in said
    path.write_text('since = 2019\nmust = [["zero-shot"]]\nlanguages = ["EN"]\n', encoding="utf-8")
    assert read_rules(path) == Rules(since=2019, languages=("en",), must=(("zero-shot",),))
    with pytest.raises(Problem, match="can not be read"):
        read_rules(tmp_path / "none.toml")
