"""Learning rates are tried, chosen and used by whole runs on the constructed languages, also by interrupted ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from command import results, xstilts
from xstilts.study.job import Train
from xstilts.study.manifest import Plan
from xstilts.study.store import Store

STUDY = """
question = "Is the best rate used?"
targets = ["world/pos"]
languages = ["qaa", "qab"]
seeds = [0]
train_examples = 64
[search]
learning_rate = [1e-9, 3e-3, 1e30]
seed = 7
[world]
train = 120
validation = 24
test = 24
[backbones.tiny]
architecture = { layers = 1, hidden = 32, heads = 2, feedforward = 48, vocabulary = 400 }
vocabulary = { text = ["world/parallel"], characters = 60000, languages = ["qab"] }
[arms.baseline]
[arms.nli]
intermediate = ["world/nli"]
[settings.intermediate]
updates = 3
batch = 8
max_length = 96
[settings.target]
updates = 12
batch = 8
max_length = 96
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Plan, str]:
    folder = tmp_path_factory.mktemp("rates")
    study = folder / "rates.toml"
    study.write_text(STUDY, encoding="utf-8")
    planned = xstilts(folder, "plan", str(study)).stdout
    xstilts(folder, "run", str(study), "--workers", "1", "--until", "5s")
    return folder, Store(folder / "store").plan("rates@full"), planned + xstilts(folder, "run", str(study)).stdout


def test_the_plan_says_what_the_search_costs_and_a_report_what_was_chosen(ran: tuple[Path, Plan, str]) -> None:
    _, _, said = ran
    assert re.search(r"of it for rates +19 ", said)
    assert "Learning rates, chosen in the labelled language" in said
    assert "0.003" in said


def test_trainings_take_the_rate_with_the_best_score_on_held_apart_rows(ran: tuple[Path, Plan, str]) -> None:
    folder, plan, _ = ran
    store = Store(folder / "store")
    jobs = {key: job for key, job in plan.jobs.items() if isinstance(job, Train) and job.candidates}
    assert len(jobs) == 2
    for key, job in jobs.items():
        scores = {one.learning_rate: store.record(one.score)["score"] for one in job.candidates}
        assert store.record(key)["learning_rate"] == max(scores, key=lambda rate: scores[rate]) == 3e-3
        assert len(set(scores.values())) > 1
    table = results(folder, "rates")
    assert table["learning_rate"].to_list() == [3e-3] * 4
    assert table["seed"].unique().to_list() == [0]


def test_a_rate_that_is_far_too_high_is_a_poor_trial_and_no_failure(ran: tuple[Path, Plan, str]) -> None:
    folder, plan, _ = ran
    store = Store(folder / "store")
    ended = {
        job.settings.learning_rate: store.record(key).get("diverged", False)
        for key, job in plan.jobs.items()
        if isinstance(job, Train) and job.trial
    }
    assert ended == {1e-9: False, 3e-3: False, 1e30: True}


def test_a_chosen_training_is_the_training_at_that_rate(ran: tuple[Path, Plan, str], tmp_path: Path) -> None:
    folder, _, _ = ran
    chosen = results(folder, "rates")
    study = tmp_path / "fixed.toml"
    text = STUDY.replace("[search]\nlearning_rate = [1e-9, 3e-3, 1e30]\nseed = 7\n", "")
    study.write_text(text.replace("updates = 12", "updates = 12\nlearning_rate = 3e-3"), encoding="utf-8")
    xstilts(folder, "run", str(study))
    fixed = results(folder, "fixed")
    assert fixed["score"].to_list() == chosen["score"].to_list()
