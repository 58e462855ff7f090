"""First study files: for what the user has, valid, with the reasons in them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from xstilts.catalogue.find import get_task, tasks
from xstilts.cli import app
from xstilts.cli.first import MACHINES, Wanted, first_study
from xstilts.study.spec import study_of


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["init", *arguments])


def test_a_study_for_targets_and_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XSTILTS_DATA", raising=False)
    file = tmp_path / "mine.toml"
    done = call(str(file), "--target", "xnli", "--target", "tatoeba", "--language", "sw", "--machine", "gpu")
    assert done.exit_code == 0, done.output
    found = tomllib.loads(file.read_text())
    study = study_of(found, "mine", "mine.toml")
    assert (study.targets, study.languages, len(study.seeds)) == (("xnli", "tatoeba"), ("sw",), 6)
    assert set(study.arms) > {"baseline", "longer"} and study.arms["longer"].matched in study.arms
    assert "mnli" not in study.arms  # it trains on what the target trains on
    assert file.read_text().count("Advice: ") == 2
    quick = study_of(found, "mine", "mine.toml", "quick")
    assert quick.seeds == (0,) and quick.evaluation_examples == 32


def test_a_study_for_rows_of_ones_own(tmp_path: Path) -> None:
    rows = tmp_path / "data" / "reviews.csv"
    rows.parent.mkdir()
    rows.write_text("said,stars\nfine day,5\nbad,1\ngood,5\npoor,1\nfine,10\npoor day,10\n")
    file = tmp_path / "mine.toml"
    columns = ("--column", "text_a=said", "--column", "label=stars")
    done = call(str(file), "--rows", str(rows), *columns, "--intermediate", "qqp", "--backbone", "someone/encoder")
    assert done.exit_code == 0, done.output
    study = study_of(tomllib.loads(file.read_text()), "mine", "mine.toml")
    (task,) = study.own_tasks().values()
    assert task.labels == ("1", "5", "10") and task.splits["train"].path == "data/reviews.csv"
    assert study.arms["qqp"].intermediate == ("qqp",) and study.backbones["encoder"].path == "someone/encoder"


def test_every_mistake_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    done = call(str(tmp_path / "a.toml"), "--target", "xnlli", "--language", "xx", "--machine", "phone")
    assert done.exit_code == 2 and not list(tmp_path.iterdir())
    for text in ("did you mean 'xnli'", "unknown language 'xx'", "machines: laptop, gpu, cluster"):
        assert text in done.output
    assert "name a --target as well" in call(str(tmp_path / "a.toml"), "--language", "sw").output
    done = call(str(tmp_path / "a.toml"), "--target", "xnli", "--backbone", "package:no_such_encoders/base")
    assert done.exit_code == 2 and "'package:no_such_encoders/base': no package" in done.output


def test_targets_that_lack_the_language_are_refused_with_those_that_have_it(tmp_path: Path) -> None:
    """What ``plan`` would refuse is not written."""
    file = tmp_path / "a.toml"
    done = call(str(file), "--target", "xnli", "--target", "udpos", "--language", "sw")
    assert done.exit_code == 2 and not file.exists()
    assert "--target udpos has none of the languages sw" in done.output and "--target xnli" not in done.output
    fitting = done.output.partition("targets that have sw: ")[2].split("\n")[0].split(", ")
    assert "xnli" in fitting and "udpos" not in fitting
    assert all("sw" in get_task(name).languages_of(get_task(name).evaluation_split) for name in fitting)
    done = call(str(file), "--target", "xnli", "--language", "sw", "--language", "ta")
    assert done.exit_code == 2 and "--language ta is in no --target" in done.output
    assert "has no score" in call(str(file), "--target", "mlm-text").output and not file.exists()


def test_what_it_writes_can_be_planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XSTILTS_DATA", raising=False)
    file, rows = tmp_path / "a.toml", tmp_path / "rows.csv"
    assert call(str(file), "--target", "xnli", "--language", "sw", "--intermediate", "mnli").exit_code == 0
    done = CliRunner().invoke(app, ["plan", str(file), "--estimate", "--store", str(tmp_path / "store")])
    assert done.exit_code == 0 and "target training" in done.output, done.output
    for name in ("rows", "test.en", "test.sw"):
        (tmp_path / f"{name}.csv").write_text("text_a,label\nfine day,good\nrain,bad\n")
    own = tmp_path / "own.toml"
    assert call(str(own), "--rows", str(rows), "--language", "sw", "--intermediate", "mnli").exit_code == 0
    done = CliRunner().invoke(app, ["plan", str(own), "--estimate", "--store", str(tmp_path / "store")])
    assert done.exit_code == 0, done.output


def test_advice_offers_no_licensed_set_and_says_where_nothing_is_worth_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XSTILTS_DATA", raising=False)
    for target in ("udpos", "panx", "xnli"):
        file = tmp_path / f"{target}.toml"
        assert call(str(file), "--target", target).exit_code == 0
        assert "[arms.ccg]" not in file.read_text()
        assert not any(get_task(name).to_get for name in tomllib.loads(file.read_text())["arms"] if name in tasks())
    assert "Do not bother" in (tmp_path / "xnli.toml").read_text()


@settings(max_examples=30, deadline=None)
@given(
    targets=st.lists(st.sampled_from(["xnli", "udpos", "xquad", "tatoeba", "world/pos"]), min_size=1, unique=True),
    languages=st.lists(st.sampled_from(["sw", "ur", "de"]), unique=True),
    tasks=st.dictionaries(st.sampled_from(["mnli", "squad", "world/nli"]), st.just("why")),
    machine=st.sampled_from(sorted(MACHINES)),
    backbone=st.text(min_size=1).filter(lambda text: text.isprintable()),
)
def test_every_choice_gives_a_valid_study(
    targets: list[str], languages: list[str], tasks: dict[str, str], machine: str, backbone: str
) -> None:
    wanted = Wanted(tuple(map(get_task, targets)), (), "", tuple(languages), tasks, backbone, machine, "./a.toml")
    study = study_of(tomllib.loads(first_study(wanted)), "a", "a.toml")
    assert study.targets == tuple(targets) and study.backbones["encoder"].path == backbone
