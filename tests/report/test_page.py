"""The page of a study: one file that holds everything, loads nothing, and lets no string of the data out."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from filled import HOSTILE, LONG, PLAIN, filled, hostile
from xstilts.cli.report import note_of
from xstilts.report import html, latex, markdown
from xstilts.report.note import Figure, Note
from xstilts.study.manifest import Plan

VOID = {"meta", "br", "img", "input", "link", "hr"}
LOADING = {"src", "srcset", "data", "poster", "action", "formaction", "background", "ping"}


class Page(HTMLParser):
    """Elements with their attributes, and the cells of every table row."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.script = ""
        self._in: str = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("td", "th"):
            self.rows[-1].append("")
        elif tag == "tr":
            self.rows.append([])
        self._in = tag

    def handle_data(self, data: str) -> None:
        if self._in == "script":
            self.script += data
        elif self._in in ("td", "th") and self.rows:
            self.rows[-1][-1] += data.rstrip("\n")

    def handle_endtag(self, tag: str) -> None:
        self._in = ""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Note]:
    plan, store = filled(tmp_path_factory.mktemp("plain"), PLAIN)
    return plan, note_of(plan, store)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Note]:
    folder = tmp_path_factory.mktemp("hostile")
    plan, store = filled(folder, hostile(folder), reason=HOSTILE)
    yield note_of(plan, store)


def test_the_question_and_the_answer_come_first(study: tuple[Plan, Note]) -> None:
    page = html.page(study[1])
    assert page.startswith("<!DOCTYPE html>")
    question, answer = page.index("<h1>Does it help?</h1>"), page.index("Whether an arm gains more than 0.5 points")
    assert question < answer < page.index("<main")
    assert "undecided" in page[question:answer] and "3 seeds, 6 are needed" in page[answer : page.index("<main")]
    assert "constructed languages: not results about human languages" in page


def test_it_has_the_form_of_a_research_note(study: tuple[Plan, Note]) -> None:
    names = [chapter.name for chapter in study[1].chapters]
    wanted = ("abstract", "question", "method", "results", "claims", "limitations", "repeat", "scores", "references")
    assert [name for name in names if name in wanted] == list(wanted)
    assert {"languages", "analysis-gains", "analysis-calibration", "reliability", "learning", "troubles", "cost"} < set(
        names
    )


def test_every_score_can_be_traced(study: tuple[Plan, Note]) -> None:
    plan, note = study
    rows = [set(row) for row in Page(html.page(note)).rows]
    for cell in plan.cells:
        wanted = {cell.score, cell.target, cell.language, cell.split, str(cell.seed), "60"}
        assert any(wanted | {f"{cell.metric} ({cell.protocol})"} <= row for row in rows), wanted


def test_the_main_table_shades_what_excludes_zero(study: tuple[Plan, Note]) -> None:
    main = study[1].chapters[3].items[0]
    assert not isinstance(main, Figure) and main.columns[1:] == ("world/paraphrase", "world/pos", "world/retrieval")
    assert [row[0] for row in main.rows] == ["floor", "baseline (score)", "nli", "paraphrase"] and main.pinned == 2
    assert main.rows[0][1:] == ("20.0",) * 3
    # 71 points on average; nli gains 3, in one of three languages 5, times 1.02 on average over seeds.
    assert main.rows[1][1] == "71.0" and main.rows[2][1].startswith("+3.7 ± 0.")
    assert main.rows[3][1].startswith("-1.0") and main.rows[3][1].endswith("self-pair")
    assert main.shades[2, 1] == pytest.approx(1.0, abs=1e-9) and main.shades[3, 1] < 0


def test_nothing_is_loaded_and_only_its_own_script_runs(study: tuple[Plan, Note], bad: Note) -> None:
    for note in (study[1], bad):
        text = html.page(note)
        page = Page(text)
        scripts = [attributes for tag, attributes in page.tags if tag == "script"]
        assert scripts == [{}]
        policy = next(
            attributes["content"] or ""
            for tag, attributes in page.tags
            if attributes.get("http-equiv") == "Content-Security-Policy"
        )
        digest = base64.b64encode(hashlib.sha256(page.script.encode()).digest()).decode()
        assert f"script-src 'sha256-{digest}'" in policy and "default-src 'none'" in policy
        for tag, attributes in page.tags:
            assert tag not in ("link", "iframe", "object", "embed", "base", "form"), tag
            assert not [name for name in attributes if name.startswith("on")], attributes
            assert not LOADING & set(attributes), attributes
            for name in ("href", "xlink:href"):
                assert (attributes.get(name) or "#").startswith("#"), attributes
            assert "url(http" not in (attributes.get("style") or "")


def test_strings_of_the_data_are_text(bad: Note) -> None:
    text = html.page(bad)
    page = Page(text)
    tags = {tag for tag, _ in page.tags}
    assert "img" not in tags and "boom" not in page.script
    assert "<script>boom" not in text and "</style><img" not in text and "49" not in re.findall(r"\{\{.{0,6}", text)
    assert "&lt;script&gt;boom" in text and LONG in text and "\u202e" not in text
    assert any(HOSTILE in cell for row in page.rows for cell in row)


def test_ids_are_unique_and_links_lead_somewhere(study: tuple[Plan, Note]) -> None:
    text = html.page(study[1])
    tags = Page(text).tags
    found = [str(attributes["id"]) for _, attributes in tags if "id" in attributes]
    assert len(found) == len(set(found))
    for _, attributes in tags:
        for name in ("href", "xlink:href"):
            if name in attributes:
                assert str(attributes[name])[1:] in found
    assert set(re.findall(r"url\(#([^)]+)\)", text)) <= set(found)


def test_page_markdown_and_latex_have_the_same_tables(study: tuple[Plan, Note]) -> None:
    note = study[1]
    page, plain, tex = Page(html.page(note)), markdown.page(note), latex.page(note)
    for chapter in note.chapters:
        for item in (*chapter.items, *chapter.more):
            assert markdown.safe(item.title) in plain and latex.escape(item.title) in tex
            if not isinstance(item, Figure):
                for row in item.rows[: latex.PAGE]:
                    assert list(row) in page.rows
                    assert all(markdown.safe(cell).replace("|", "\\|") in plain for cell in row)
                    assert all(latex.escape(cell) in tex for cell in row)


def test_markdown_links_figures_that_were_written(study: tuple[Plan, Note]) -> None:
    note = study[1]
    assert "(<figures/gains-by-target.svg>)" in markdown.page(note, "figures")
    assert ".svg" not in markdown.page(note)


def test_the_same_study_gives_the_same_page(study: tuple[Plan, Note], tmp_path: Path) -> None:
    again = html.page(study[1])
    assert again == html.page(study[1]) and len(again.encode()) < 2_000_000
