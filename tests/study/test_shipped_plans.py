"""Every shipped study can be planned in every form: its names exist, its data can be had, its settings fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from xstilts.jobs.sources import open_source
from xstilts.study.forms import forms_in
from xstilts.study.identity import identify_for_plan
from xstilts.study.manifest import Plan
from xstilts.study.plan import plan
from xstilts.study.protocols import Places
from xstilts.study.spec import load, read, shipped

FORMS = [(name, variant, level) for name in shipped() for variant, level in forms_in(read(name)[0])]


def planned(name: str, variant: str | None, level: str, data: Path | None) -> Plan:
    study = load(name, level, variant)
    source = open_source(Places(data=str(data) if data else None, world=study.world, tasks=study.tasks))
    return plan(study, source, identify=identify_for_plan)


def human(name: str, variant: str | None, level: str) -> bool:
    return any(not target.startswith("world/") for target in load(name, level, variant).targets)


@pytest.mark.parametrize(("name", "variant", "level"), [form for form in FORMS if not human(*form)])
def test_a_study_of_constructed_languages_can_be_planned_without_data(
    name: str, variant: str | None, level: str
) -> None:
    found = planned(name, variant, level, None)
    assert found.cells
    assert all(cell.baseline for cell in found.cells)
    assert {cell.protocol for cell in found.cells} <= {"world", "world, xtreme: layer 1, mean, cosine, target asks"}


@pytest.mark.data
@pytest.mark.parametrize(("name", "variant", "level"), [form for form in FORMS if human(*form)])
def test_a_study_of_human_languages_can_be_planned_from_a_data_folder(
    name: str, variant: str | None, level: str, data_folder: Path
) -> None:
    found = planned(name, variant, level, data_folder)
    assert found.cells
    assert {cell.language for cell in found.cells} > {"en", "de"}


def test_the_demo_trains_each_intermediate_model_once_for_all_targets() -> None:
    full = planned("demo", None, "full", None)
    shared = {item.label: item for item in full.shared()}
    assert shared["pretraining tiny"].trainings == full.counts()["target"]
    assert shared["intermediate nli, tiny, seed 0"].trainings == 3
    # What trains in the constructed world is not what is scored there.
    assert not any(cell.self_pair for cell in full.cells if cell.target != "world/qa")
