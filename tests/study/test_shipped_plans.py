"""Every shipped study can be planned: its names exist, its data can be had, its settings fit."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from xstilts.jobs.sources import open_source
from xstilts.study.manifest import Plan
from xstilts.study.plan import plan
from xstilts.study.protocols import Places
from xstilts.study.spec import load, shipped


def plans(name: str, data: Path | None) -> list[Plan]:
    levels = tomllib.loads(shipped()[name].read_text(encoding="utf-8")).get("levels", {})
    found = []
    for level in dict.fromkeys(("full", *levels)):
        study = load(name, level)
        source = open_source(Places(data=str(data) if data else None, world=study.world, tasks=study.tasks))
        found.append(plan(study, source))
    return found


def human(name: str) -> bool:
    return any(not target.startswith("world/") for target in load(name).targets)


@pytest.mark.parametrize("name", sorted(name for name in shipped() if not human(name)))
def test_a_study_of_constructed_languages_can_be_planned_without_data(name: str) -> None:
    for found in plans(name, None):
        assert found.cells
        assert all(cell.baseline for cell in found.cells)
        assert {cell.protocol for cell in found.cells} == {"world", "world, xtreme: layer 1, mean, cosine, target asks"}


@pytest.mark.data
@pytest.mark.parametrize("name", sorted(name for name in shipped() if human(name)))
def test_a_study_of_human_languages_can_be_planned_from_a_data_folder(name: str, data_folder: Path) -> None:
    for found in plans(name, data_folder):
        assert found.cells
        assert {cell.language for cell in found.cells} > {"en", "de"}


def test_the_demo_trains_each_intermediate_model_once_for_all_targets() -> None:
    (full, *_) = plans("demo", None)
    shared = {item.label: item for item in full.shared()}
    assert shared["pretraining tiny"].trainings == full.counts()["target"]
    assert shared["intermediate nli, tiny, seed 0"].trainings == 3
    # What trains in the constructed world is not what is scored there.
    assert not any(cell.self_pair for cell in full.cells if cell.target != "world/qa")
