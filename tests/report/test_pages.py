"""The catalogue's pages in ``docs/`` are those that the catalogue makes now, and say all of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from xstilts.catalogue import languages
from xstilts.catalogue.find import shipped
from xstilts.cli import app
from xstilts.report.pages import languages_page, tasks_page

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", ["tasks", "languages"])
def test_pages_are_fresh(name: str) -> None:
    made = CliRunner().invoke(app, [name, "--markdown"]).stdout
    assert (DOCS / f"{name}.md").read_text(encoding="utf-8") == made, f"xstilts {name} --markdown > docs/{name}.md"


def test_every_task_has_its_part() -> None:
    page = tasks_page()
    parts = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    assert set(parts) == set(shipped())
    for name, task in shipped().items():
        part = parts[name]
        assert task.title in part and task.licence in part and str(task.type) in part
        assert (f"**in place of**: {task.in_place_of}" in part) == bool(task.in_place_of)
        for files in task.splits.values():
            assert f"`{files.repository}`" in part
            for node in files.made_from:
                assert node in part
        for sentence in re.findall(r"[^.]*unverified[^.]*", task.notes):
            assert sentence.strip() in part.split("**unverified**: ")[1]
    assert "| [ud_ccg](#ud_ccg) | token_classification | token_accuracy |  | 1 | 1 | CCGbank |  |" in page
    assert "392,702" in parts["mnli"] and "translates texts of squad/validation" in parts["xquad"]


def test_tables_are_whole() -> None:
    for page in (tasks_page(), languages_page()):
        for table in re.findall(r"(?:^\|.*\|\n)+", page, re.MULTILINE):
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
            assert len(widths) == 1, table.splitlines()[0]


def test_every_language_has_its_line_with_its_source() -> None:
    page = languages_page()
    for code, language in languages().items():
        assert f"| {code} | {language.name} | {language.family} |" in page
    assert "| fi | Finnish | Uralic | Finnic | Latn | fin | [finn1318]" in page and "| 0.477 |" in page
    for name in ("Glottolog 5.1", "WALS Online", "CC BY 4.0", "Bentz"):
        assert name in page
