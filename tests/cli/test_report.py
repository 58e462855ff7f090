"""The command ``report``: a page, other forms, figures as files."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from filled import PLAIN, filled
from xstilts.cli import app


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("report")
    filled(root, PLAIN.replace('["world/paraphrase", "world/pos", "world/retrieval"]', '["world/pos"]'))
    return root


def call(place: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["report", str(place / "mine.toml"), "--store", str(place / "store"), *arguments])


def test_a_page_is_written_here_and_its_place_printed(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = call(place)
    assert done.exit_code == 0, done.output
    assert done.stdout == "mine@full.html\n"
    assert (tmp_path / "mine@full.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert [path.name for path in tmp_path.iterdir()] == ["mine@full.html"]


def test_other_forms_go_to_standard_output_or_a_file(place: Path, tmp_path: Path) -> None:
    text = call(place, "--markdown").stdout
    assert text.startswith("# mine@full\n\nDoes it help?") and "not results about human languages" in text
    assert call(place, "--latex").stdout.startswith("\\documentclass")
    file = tmp_path / "deep" / "report.md"
    assert call(place, "--markdown", "--out", str(file)).exit_code == 0
    assert file.read_text(encoding="utf-8") == text


def test_figures_are_files_that_markdown_links(place: Path, tmp_path: Path) -> None:
    folder = tmp_path / "figures"
    text = call(place, "--markdown", "--figures", str(folder)).stdout
    names = {path.stem for path in folder.iterdir()}
    assert {path.suffix for path in folder.iterdir()} == {".svg", ".csv"} and "gains-by-target" in names
    assert all(f"({chr(60)}{folder.as_posix()}/{name}.svg>)" in text for name in names)


def test_traits_of_ones_own_tell_languages_apart(place: Path, tmp_path: Path) -> None:
    traits = tmp_path / "traits.csv"
    traits.write_text("code,resources\nqab,many\nqae,few\nqai,few\n", encoding="utf-8")
    text = call(place, "--markdown", "--traits", str(traits)).stdout
    assert "### Gains by resources (points)" in text and "| few | 2 |" in text


def test_documents_of_a_corpus_stand_beside_the_claims(place: Path, tmp_path: Path) -> None:
    assert "No documents were read" in call(place, "--markdown", "--corpus", str(tmp_path / "none")).stdout
    (tmp_path / "paper.txt").write_text(
        "A made-up paper\n\nChoosing the best model per target raises the XTREME average by 5.4 points.\n"
        "\nMore is not written here.\n",
        encoding="utf-8",
    )
    corpus = str(tmp_path / "corpus")
    added = CliRunner().invoke(app, ["literature", "add", str(tmp_path / "paper.txt"), "--corpus", corpus])
    assert added.exit_code == 0, added.output
    text = call(place, "--markdown", "--corpus", corpus).stdout
    assert "1 document of 1 publication read, 1 statement extracted; of the claims below" in text
    told = text.partition("### What documents say")[2].partition("###")[0]
    assert "| stated | Choosing the best model per target raises the XTREME average by 5.4 points. |" in told


def test_two_forms_at_once_are_refused(place: Path) -> None:
    done = call(place, "--markdown", "--latex")
    assert done.exit_code == 2 and "exclude each other" in done.stderr


def test_a_place_that_can_not_be_written_is_told(place: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    done = call(place, "--out", str(tmp_path / "file" / "page.html"))
    assert done.exit_code == 2 and "can not write" in done.stderr and "--out" in done.stderr


def test_a_study_that_was_not_run_is_refused(place: Path) -> None:
    done = CliRunner().invoke(app, ["report", "demo", "--store", str(place / "store")])
    assert done.exit_code == 2 and "was not run into the store" in done.stderr
    done = CliRunner().invoke(app, ["report", "demo", "--level", "quick", "--store", str(place / "store")])
    assert "xstilts run demo --level quick, or" in done.stderr
