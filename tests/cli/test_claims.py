"""The command ``claims``: by the published table, and by a study whose scores were planted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from xstilts.cli import app
from xstilts.cli.opened import opened
from xstilts.study.job import Score
from xstilts.study.spec import load

STUDY = """
question = "Does it help?"
targets = ["world/pos", "world/paraphrase"]
languages = ["qab", "qae", "qai"]
seeds = [0, 1, 2, 3, 4, 5]
evaluation_examples = 50
[backbones.tiny]
architecture = { layers = 1, hidden = 32, heads = 2, feedforward = 64, vocabulary = 300 }
[[backbones.tiny.pretraining]]
tasks = ["world/text"]
updates = 2
[arms.baseline]
[arms.nli]
intermediate = ["world/nli"]
[arms.qa]
intermediate = ["world/qa"]
[[claims]]
id = "nli-helps"
text = "Inference helps other tasks in other languages"
quantity = "mean_gain"
arm = "nli"
languages = "zero-shot"
comparison = "above"
value = 0.5
confidence = 0.8
[[claims]]
id = "qa-better"
text = "Questions help more than inference"
quantity = "gain_difference"
first = ["world/qa"]
second = ["world/nli"]
comparison = "above"
value = 0.0
"""


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which inference gains about 3 points and questions nothing."""
    root = tmp_path_factory.mktemp("claims")
    (root / "mine.toml").write_text(STUDY, encoding="utf-8")
    found = opened(str(root / "mine.toml"), None, root / "store", None)
    plan, store = found.plan, found.store
    store.remember(plan)
    floors = {cell.floor for cell in plan.cells}
    cells = {cell.score: cell for cell in plan.cells}
    draws = np.random.default_rng(3)
    for job in plan.jobs.values():
        store.submit(job, found.places)
    for key, job in plan.jobs.items():
        with store.writing(key) as (folder, more):
            (folder / "made").write_text("x", encoding="utf-8")
            if not isinstance(job, Score):
                more |= {"parameters_total": 1000, "parameters_nonembedding": 400}
            elif key in floors:
                more |= {"score": 20.0, "examples": 50}
            else:
                effect = 3.0 if cells[key].arm == "nli" else 0.0
                more |= {"score": 70.0 + effect + float(draws.normal(0, 0.3)), "examples": 50}
    return root


def test_the_list_says_what_is_claimed_and_by_whom() -> None:
    text = call("claims").stdout
    assert "C10" in text and "Q4" in text and "D0 D1 D2 D3 D4" in text
    assert {one["id"] for one in json.loads(call("claims", "--json").stdout)} >= {"C1", "Q0"}


def test_published_claims_are_plain_text_of_a_hundred_columns() -> None:
    shown = call("claims", "--published")
    assert shown.exit_code == 0, shown.output
    text = shown.stdout
    assert "\x1b" not in text and max(map(len, text.splitlines())) <= 100
    for said in ("+8.27", "+1.11", "6 of 7", "7 of 8", "-0.30 (hellaswag)", "-1.86", "+1.23", "-0.72", "QQP with MLM"):
        assert said in text, said


def test_published_claims_as_json_flag_the_misprint() -> None:
    found = json.loads(call("claims", "--published", "--json").stdout)
    assert [(row["row"], row["mlm"]) for row in found["averages"] if row["misprint"]] == [("QQP", True)]
    words = {one["id"]: one["as_stated"] for one in found["claims"]}
    assert words["C16"] == "supported" and words["C1"] == "undecided"
    assert found["reports"]["verdicts"][-1]["report"] == "all"
    assert [one["report"] for one in found["documents"]] == ["D0", "D1", "D2", "D3", "D4"]


def test_a_study_judges_its_own_claims_and_those_of_others_in_its_scope(place: Path) -> None:
    arguments = ("claims", str(place / "mine.toml"), "--store", str(place / "store"))
    found = json.loads(call(*arguments, "--json").stdout)
    judged = {one["id"]: one for one in found["backbones"]["tiny"]["claims"]}
    assert (judged["nli-helps"]["as_stated"], judged["nli-helps"]["in_scope"]) == ("supported", "supported")
    assert judged["nli-helps"]["confidence"] <= 0.9  # no control with equal compute was run
    assert judged["qa-better"]["in_scope"] == "refuted"
    assert judged["C9"]["as_stated"] == "undecided" and "not xlm-roberta-large" in judged["C9"]["differences"][0]
    assert judged["C1"]["why"] == ["no arm with the intermediate task squad or squad_v2"]
    text = call(*arguments).stdout
    assert "constructed languages: not results about human languages" in text
    assert judged["nli-helps"]["rules"][0]["says"] == "mean gain of nli"
    assert judged["qa-better"]["rules"][0]["says"] == "gain of world/qa - gain of world/nli"
    assert "Numbers given beforehand" in text and "0.040" in text  # (.8 - 1)^2
    assert "nli-helps" in text and "matched compute" in text and "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_what_is_asked_must_be_there(place: Path, tmp_path: Path) -> None:
    assert call("claims", "demo", "--published").exit_code == 2
    wrong = STUDY.replace('arm = "nli"', 'arm = "nlo"').replace('"mean_gain"', '"mean_gane"')
    (tmp_path / "wrong.toml").write_text(wrong, encoding="utf-8")
    shown = call("claims", str(tmp_path / "wrong.toml"), "--store", str(place / "store"))
    assert shown.exit_code == 2
    assert "wrong.toml, [[claims]] 1 (nli-helps): quantity: unknown quantity 'mean_gane': did you mean" in shown.stderr


def test_the_claims_of_the_first_study_can_be_taken_as_they_stand(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    assert CliRunner().invoke(app, ["init", str(file)]).exit_code == 0
    lines = file.read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("#   [[claims]]"))
    claim = [line.removeprefix("#   ").split("   ")[0] for line in lines[start : start + 8]]
    file.write_text("\n".join([*lines, *claim]), encoding="utf-8")
    assert set(load(str(file)).own_claims()) == {"nli-helps"}


def test_a_study_that_is_nowhere_is_one_mistake(tmp_path: Path) -> None:
    shown = call("claims", "nosuch", "--store", str(tmp_path))
    assert shown.exit_code == 2 and "note" not in shown.stderr


def test_the_join_has_ones_own_claims_first_and_the_verdicts_of_the_study(place: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Notes\n\nXNLI does not benefit from intermediate training.", encoding="utf-8")
    corpus = ("--corpus", str(tmp_path / "corpus"))
    assert call("literature", "add", str(tmp_path / "notes.txt"), *corpus).exit_code == 0
    arguments = ("literature", "report", str(place / "mine.toml"), "--store", str(place / "store"), *corpus)
    found = json.loads(call(*arguments, "--json").stdout)
    assert [one["id"] for one in found[:2]] == ["nli-helps", "qa-better"]
    assert found[0]["verdicts"]["tiny"]["in_scope"] == "supported" and found[0]["published"] is None
    (eighth,) = [one for one in found if one["id"] == "C8"]
    assert eighth["literature"]["label"] == "stated" and eighth["verdicts"]["tiny"]["as_stated"] == "undecided"
    text = call(*arguments).stdout
    assert "as stated, tiny | in scope, tiny |" in text
    judged = json.loads(
        call("claims", str(place / "mine.toml"), "--store", str(place / "store"), *corpus, "--json").stdout
    )
    assert judged["literature"]["C8"]["label"] == "stated"
