"""Tasks and languages of a study's own: read together, scored by list, every mistake at once."""

from __future__ import annotations

import tomllib

import pytest

from xstilts.catalogue.errors import Problem
from xstilts.study.spec import Study, study_of

STUDY = """
question = "Does it help?"
targets = ["mine"]
[languages]
scored = ["en", "qum"]
[languages.qum]
name = "Sipacapense"
script = "Latn"
[tasks.mine]
type = "classification"
labels = ["good", "bad"]
languages = ["en", "qum"]
[tasks.mine.splits.train]
path = "rows/train.csv"
[tasks.mine.splits.test]
path = "rows/test.{language}.csv"
[backbones.base]
path = "xlm-roberta-base"
[arms.baseline]
"""


def read(text: str, level: str | None = None) -> Study:
    return study_of(tomllib.loads(text), "mine", "mine.toml", level)


def test_own_languages_stand_beside_the_list_of_those_to_score() -> None:
    study = read(STUDY)
    assert study.languages == ("en", "qum")
    assert study.own_languages == {"qum": {"name": "Sipacapense", "script": "Latn"}}
    assert read(STUDY.replace('scored = ["en", "qum"]', "")).languages == "all"


def test_a_level_may_score_fewer() -> None:
    for said in ('[levels.quick]\nlanguages = ["qum"]', '[levels.quick.languages]\nscored = ["qum"]'):
        quick = read(f"{STUDY}\n{said}", "quick")
        assert quick.languages == ("qum",)
        assert set(quick.own_tasks()) == {"mine"}


def test_one_training_file_is_in_the_language_of_training() -> None:
    task = read(STUDY).own_tasks()["mine"]
    assert task.languages_of("train") == ("en",)
    assert task.languages_of("test") == ("en", "qum")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            ('name = "Sipacapense"', 'nam = "x"'),
            ["[languages.qum]: unknown field 'nam'", "[languages.qum]: name: miss"],
        ),
        (("languages.qum", "languages.sw"), ["[languages.sw]: the catalogue has 'sw' already (Swahili)", "'qum'"]),
        (("languages.qum", "languages.Qum"), ["[languages.Qum]: a code has two or three", "unknown language 'qum'"]),
        (('script = "Latn"', 'script = "latin"'), ["script: 'latin' is no four-letter code"]),
        (("test.{language}.csv", "test.csv"), ["splits.test.path: one file holds one language"]),
        (("test.{language}.csv", "test.{lang}.csv"), ["path: 'rows/test.{lang}.csv' may", "one file holds one"]),
        (("test.{language}.csv", "test.{language}.txt"), ["is no .csv, .jsonl, .json or .parquet file"]),
        (('path = "rows/train.csv"', 'path = "a.csv"\nrepository = "b/c"'), ["splits.train.path: and a repository"]),
    ],
)
def test_mistakes_are_told_with_their_place(change: tuple[str, str], told: list[str]) -> None:
    with pytest.raises(Problem) as caught:
        read(STUDY.replace(*change))
    found = caught.value.problems
    assert len(found) == len(told), found
    for part in told:
        assert any(part in line and line.startswith("mine.toml, ") for line in found), (part, found)
