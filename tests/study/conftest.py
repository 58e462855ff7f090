"""The toy modules beside the tests can be imported, by worker processes too; a plan made of them."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from xstilts.study.manifest import Plan
from xstilts.study.plan import plan
from xstilts.study.spec import study_of

sys.path.insert(0, str(Path(__file__).parent))
from toy_world import ToySource, find, identify

STUDY = """
question = "Does it help?"
targets = ["xnli", "pairs"]
seeds = [0, 1]
[backbones.tiny]
architecture = {layers = 2, hidden = 64, heads = 2, feedforward = 128, vocabulary = 500}
[[backbones.tiny.pretraining]]
tasks = ["text"]
updates = 100
[arms.baseline]
[arms.nli]
intermediate = ["nli"]
"""


@pytest.fixture(scope="session")
def toy_plan() -> Plan:
    return toy_plan_of(64)


def toy_plan_of(hidden: int) -> Plan:
    """The plan with an encoder of another width."""
    wider = STUDY.replace("hidden = 64", f"hidden = {hidden}").replace("= 128", f"= {2 * hidden}")
    return plan(study_of(tomllib.loads(wider), "toy", "toy.toml"), ToySource(), find, identify)
