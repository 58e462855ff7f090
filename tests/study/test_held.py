"""How devices hold trainings: found by what these begin with, and never part of a key."""

from __future__ import annotations

import json
import tomllib

import pytest
from toy_world import ToySource, find, identify

from xstilts.catalogue.errors import Problem
from xstilts.study.held import Held, held_by
from xstilts.study.job import Train
from xstilts.study.manifest import Plan, plan_from_json
from xstilts.study.plan import places_of, plan
from xstilts.study.spec import study_of

TEXT = """
question = "Does it help?"
targets = ["xnli"]
seeds = [0]
backbones.base.path = "xlm-roberta-base"
backbones.xxl.path = "facebook/xlm-roberta-xxl"
[arms.baseline]
[arms.nli]
intermediate = ["nli"]
[arms.theirs]
start = { base = "xlm-roberta-base", xxl = "their/checkpoint" }
"""
MORE = "backbones.xxl.shards = 8\nbackbones.xxl.recompute = true\n"


def planned(text: str) -> Plan:
    study = study_of(tomllib.loads(text), "toy", "toy.toml")
    return plan(study, ToySource(), find, identify)


def test_keys_are_the_same_and_every_training_finds_its_own() -> None:
    more = TEXT.replace("[arms.baseline]", MORE + "[arms.baseline]")
    plain, held = planned(TEXT), planned(more)
    assert list(plain.jobs) == list(held.jobs) and not plain.held
    assert set(held.held) == {"facebook/xlm-roberta-xxl", "their/checkpoint"}
    asked = {"base": Held(), "xxl": Held(8, True)}
    for cell in held.cells:
        for key in cell.trainings:
            assert held_by(held.jobs, held.jobs[key], held.held) == asked[cell.backbone]
    assert sum(isinstance(job, Train) for job in held.jobs.values()) > 4
    again = plan_from_json(json.loads(json.dumps(held.to_json())))
    assert again == held
    study = study_of(tomllib.loads(more), "toy", "toy.toml")
    assert places_of(study, held).held == held.held


@pytest.mark.parametrize("wrong", ["shards = 0", 'shards = "two"', 'recompute = "sometimes"', "shard = 2"])
def test_what_can_not_be_is_told(wrong: str) -> None:
    text = TEXT.replace("[arms.baseline]", f"backbones.xxl.{wrong}\n[arms.baseline]")
    with pytest.raises(Problem, match=wrong.split()[0]):
        planned(text)
