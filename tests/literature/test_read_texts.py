"""HTML without its scripts, texts in any encoding, bibliographies with broken entries, and what is no text at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from xstilts.catalogue.errors import Problem
from xstilts.literature.read import Refused, files_of, plain, read, shape

GERMAN = "Über Aufgaben\n\nDas größte Modell gewinnt auf XNLI 3,1 Punkte; die übrigen verlieren. Später mehr davon."


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"]
)
def test_texts_of_any_encoding_have_the_same_letters(tmp_path: Path, encoding: str) -> None:
    (document,) = read(written(tmp_path, "a.txt", GERMAN.encode(encoding)))
    assert document.about.title == "Über Aufgaben"
    assert "größte Modell gewinnt" in document.pages[0]


@drawn(st.text(alphabet=st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=300))
def test_utf8_comes_back_as_it_was(text: str) -> None:
    assert plain.decode(text.encode()) == text


def test_html_gives_its_text_and_nothing_that_runs(tmp_path: Path) -> None:
    page = b"""<!DOCTYPE html><html><head><title>Site</title>
    <meta name="citation_title" content="On tasks"><meta name="citation_author" content="Example, Ada">
    <meta name="citation_author" content="Sample, Bo"><meta name="citation_arxiv_id" content="2105.00001v3">
    <meta name="citation_doi" content="10.1000/XYZ"><meta name="citation_date" content="2021/05/03">
    <script>var hidden = "<p>SQuAD lowers everything</p>";</script><style>p { color: red }</style></head>
    <body onload="steal()"><h1>Heading</h1><p>SQuAD raises TyDiQA by 5.6&nbsp;points<script>alert(1)</script>.</p>
    <noscript>Not this.</noscript><svg><text>Nor this.</text></svg>
    <table><tr><td>SQuAD</td><td>+5.6</td></tr></table><p>An open paragraph"""
    (document,) = read(written(tmp_path, "a.html", page))
    about = document.about
    assert (about.title, about.authors, about.year) == ("On tasks", ("Example, Ada", "Sample, Bo"), 2021)
    assert (about.identifier, about.doi) == ("arXiv:2105.00001v3", "10.1000/xyz")
    text = document.pages[0]
    assert "SQuAD raises TyDiQA by 5.6 points." in text and "SQuAD\t+5.6" in text and "An open paragraph" in text
    for gone in ("hidden", "lowers", "alert", "color", "Not this", "Nor this", "steal"):
        assert gone not in text


def test_html_that_nests_without_end_is_read(tmp_path: Path) -> None:
    (document,) = read(written(tmp_path, "deep.html", b"<html>" + b"<div>" * 50_000 + b"text</html>"))
    assert document.pages == ("text",)
    with pytest.raises(Refused, match="without text"):
        read(written(tmp_path, "empty.html", b"<html><script>x</script></html>"))


def test_broken_entries_of_a_bibliography_are_counted_and_the_others_kept(tmp_path: Path) -> None:
    text = r"""
    @article{one, title={Training {XLM-R} on {\"U}bungen}, author={M{\"u}ller, Anna and Ben Okafor}, year=2021,
      eprint={2104.00001v2}, archivePrefix={arXiv}, abstract={SQuAD raises TyDiQA by 5.6 points.}}
    @article{broken, title={No end, author={X}
    @inproceedings{two, title="Two", doi={https://doi.org/10.1000/ABC}, year={c. 1999}}
    @misc{"""
    one, two = read(written(tmp_path, "a.bib", text.encode()))
    assert one.about.title == "Training XLM-R on Übungen" and one.about.authors == ("Anna Müller", "Ben Okafor")
    assert one.about.identifier == "arXiv:2104.00001v2" and one.pages == ("SQuAD raises TyDiQA by 5.6 points.",)
    assert (two.about.doi, two.about.year, two.pages) == ("10.1000/abc", 1999, ())
    assert "2 broken entries" in two.notes[0] and "no text" in two.notes[1]
    with pytest.raises(Refused, match="no whole entry"):
        read(written(tmp_path, "b.bib", b"@article{x, title={"))


def test_what_is_no_text_is_refused_with_the_reason(tmp_path: Path) -> None:
    for name, content, reason in (
        ("a.txt", b" \n", "empty"),
        ("b.txt", bytes(range(256)) * 20, "binary"),
        ("c.txt", b"\x7fELF" + b"\0\1\2\3" * 500, "binary"),
        ("d.txt", b"\xff\xfeodd", "not the UTF-16 text"),
    ):
        with pytest.raises(Refused, match=reason):
            read(written(tmp_path, name, content))
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(Refused, match="not a file"):
        read(tmp_path / "pipe.txt")
    with (tmp_path / "huge.txt").open("wb") as huge:
        huge.truncate(101 * 2**20)
    with pytest.raises(Refused, match="101 MiB"):
        read(tmp_path / "huge.txt")


def test_folders_give_their_texts_in_order_and_missing_paths_are_mistakes(tmp_path: Path) -> None:
    for name in ("b.txt", "a.pdf", "c.png", ".hidden.txt", "deep/d.HTML"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x", encoding="utf-8")
    (tmp_path / "deep" / "back").symlink_to(tmp_path)  # a circle
    assert [path.name for path in files_of([tmp_path])] == ["a.pdf", "b.txt", "d.HTML"]
    with pytest.raises(Problem, match="is not there"):
        list(files_of([tmp_path / "none"]))


def test_names_of_files_lead_nowhere(tmp_path: Path) -> None:
    (document,) = read(written(tmp_path, "..\\..\\x\n\x1b[31m.txt", b"Title\n\nSome text."))
    assert "/" not in document.key and document.key.isalnum()
    assert document.source.isprintable()


def test_words_that_a_line_break_cut_are_whole_again() -> None:
    join = shape.join
    assert join(["the ef-", "ficiency of trans-", "fer"]) == "the efficiency of transfer"
    assert join(["by multi-", "task training, zero-", "shot and low-", "er scores"]) == (
        "by multi-task training, zero-shot and lower scores"
    )
    assert join(["with XLM-", "R and PAWS-", "X"]) == "with XLM-R and PAWS-X"
    assert join(["a list:", "SQuAD\t1.1", "QQP\t-2"]) == "a list:\nSQuAD\t1.1\nQQP\t-2"


def test_markdown_has_headings_lists_and_tables_of_its_own() -> None:
    text = "# Head\nFirst line\nsecond line.\n- an item\n- another\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
    text += "```\ncode = 1\n```\nEnd."
    assert shape.paragraphs(text).split("\n\n") == [
        "# Head",
        "First line second line.",
        "- an item",
        "- another",
        "a\tb\n1\t2",
        "End.",
    ]
