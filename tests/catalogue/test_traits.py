"""What a user knows of languages beyond the catalogue, and what the catalogue ships of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from xstilts.catalogue import Problem, languages
from xstilts.catalogue.traits import read_traits
from xstilts.cli import app


@pytest.mark.parametrize(
    ("key", "names"), [("code", "fi sw"), ("iso639_3", "fin swh"), ("glottocode", "finn1318 swah1253")]
)
def test_languages_are_found_by_any_of_their_codes(tmp_path: Path, key: str, names: str) -> None:
    path = tmp_path / "traits.csv"
    one, two = names.split()
    path.write_text(f"{key},class,gib\n{one},5,54.3\n{two}, 2 ,1.6\nxxq,0,0\n", encoding="utf-8")
    found = read_traits(path)
    assert found["fi"] == {"class": "5", "gib": "54.3"} and found["sw"] == {"class": "2", "gib": "1.6"}
    assert ("xxq" in found) == (key == "code")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("language,class\nfi,5\n", "has none of the columns code, iso639_3, glottocode"),
        ("code,class\nfi,5\nfi,4\n", "line 3: 'fi' is there twice"),
        ("iso639_3,class\nxxq,5\n", "no iso639_3 in it is that of a language"),
        ("", "has none of the columns"),
    ],
)
def test_files_without_languages_are_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "traits.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Problem, match=message):
        read_traits(path)
    with pytest.raises(Problem, match=r"none\.csv"):
        read_traits(tmp_path / "none.csv")


def test_the_table_shows_them(tmp_path: Path) -> None:
    path = tmp_path / "traits.csv"
    path.write_text("code,class\nfi,5\n", encoding="utf-8")
    lines = CliRunner().invoke(app, ["languages", "--traits", str(path)]).stdout.splitlines()
    assert lines[0].split() == ["code", "name", "family", "script", "class", "tasks"]
    assert next(line for line in lines if line.startswith("fi ")).split()[:5] == [
        "fi",
        "Finnish",
        "Uralic",
        "Latn",
        "5",
    ]


def test_measures_of_morphology_are_those_of_wals() -> None:
    known = languages()
    assert known["fi"].affixation == "strongly suffixing" and known["sw"].affixation == "weakly prefixing"
    index = {code: float(one.morphology_index) for code, one in known.items() if one.morphology_index}
    assert len(index) == 39 and all(0 < value < 1 for value in index.values())
    assert index["vi"] < index["en"] < index["fi"] < index["tr"]
    assert not any(one.morphology_index or one.affixation for one in known.values() if one.constructed)


def test_languages_of_one_code_in_iso_639_3_have_their_glottocode() -> None:
    known = [one for one in languages().values() if not one.constructed]
    lacking = {one.code for one in known if not one.glottocode}
    assert lacking == {
        "ber",
        "grn",
        "hmn",
        "kau",
        "mlg",
        "nah",
        "ori",
        "orm",
        "oto",
        "srd",
        "yid",
    }  # groups of languages
