"""Every shipped study can be planned in every form: its names exist, its data can be had, its settings fit."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from xstilts.catalogue.errors import Problem
from xstilts.jobs.estimated import Estimated, unidentified
from xstilts.jobs.sources import open_source
from xstilts.study.forms import forms_in
from xstilts.study.identity import identify_for_plan
from xstilts.study.job import Predict, Train
from xstilts.study.manifest import Plan
from xstilts.study.plan import plan
from xstilts.study.protocols import Places
from xstilts.study.spec import load, read, shipped, study_of

FORMS = [(name, variant, level) for name in shipped() for variant, level in forms_in(read(name)[0])]


def planned(name: str, variant: str | None, level: str, data: Path | None) -> Plan:
    study = load(name, level, variant)
    source = open_source(Places(data=str(data) if data else None, world=study.world, tasks=study.tasks))
    return plan(study, source, identify=identify_for_plan)


HUB = ("phang2020", "phang2020-lite")  # what human languages they need is on the hub alone


def human(name: str, variant: str | None, level: str) -> bool:
    return any(not target.startswith("world/") for target in load(name, level, variant).targets)


@pytest.mark.parametrize(("name", "variant", "level"), [form for form in FORMS if not human(*form)])
def test_a_study_of_constructed_languages_can_be_planned_without_data(
    name: str, variant: str | None, level: str
) -> None:
    found = planned(name, variant, level, None)
    assert found.cells
    assert all(cell.baseline for cell in found.cells)
    known = re.compile(r"world(, xtreme: layer [12], mean, cosine, target asks)?")
    assert all(known.fullmatch(cell.protocol) for cell in found.cells)


@pytest.mark.data
@pytest.mark.parametrize(("name", "variant", "level"), [form for form in FORMS if form[0] not in HUB and human(*form)])
def test_a_study_of_human_languages_can_be_planned_from_a_data_folder(
    name: str, variant: str | None, level: str, data_folder: Path
) -> None:
    found = planned(name, variant, level, data_folder)
    assert found.cells
    assert {cell.language for cell in found.cells} > {"en", "de"}


@pytest.mark.parametrize(("name", "variant", "level"), [form for form in FORMS if form[0] in HUB and human(*form)])
def test_a_study_of_the_hub_can_be_planned_by_official_sizes(name: str, variant: str | None, level: str) -> None:
    study = load(name, level, variant).model_copy(update={"seeds": (0,)})
    source = Estimated(open_source(Places(), fetch=False, online=False))
    found = plan(study, source, identify=unidentified)
    assert {cell.language for cell in found.cells} > {"en", "de", "sw", "th"}
    assert {cell.examples for cell in found.cells if (cell.target, cell.split) == ("xnli", "test")} == {5010}
    (mnli,) = (
        job
        for job in found.jobs.values()
        if isinstance(job, Train)
        and job.shares[0].task == "mnli"
        and len(job.shares) == 1
        and job.phase == "intermediate"
        and not job.shares[0].shuffled_labels
    )
    assert mnli.settings.updates == math.ceil(2 * 392_702 / 24)  # two epochs, batches of 24 (appendix of the paper)
    assert mnli.settings.learning_rate == 1e-5


def test_the_original_grid_has_the_published_settings() -> None:
    study = load("phang2020").model_copy(update={"seeds": (0,)})
    found = plan(study, Estimated(open_source(Places(), fetch=False, online=False)), identify=unidentified)
    assert {cell.target for cell in found.cells} >= {"bucc2018", "tatoeba"} and len(
        {c.target for c in found.cells}
    ) == 9
    assert (
        len({cell.arm for cell in found.cells if len(cell.intermediate) == 1}) == 9 + 1 + 1
    )  # one translated, one control
    layers = {job.layer for job in found.jobs.values() if isinstance(job, Predict) and job.type == "retrieval"}
    assert layers - {None} == {14}
    jobs = {cell.arm: [found.jobs[key] for key in cell.trainings] for cell in found.cells if cell.target == "udpos"}
    both, together = jobs["mnli with MLM"][0], jobs["all"][0]
    assert isinstance(both, Train) and isinstance(together, Train)
    assert both.settings.learning_rate == 5e-6 and both.settings.alpha == 0.3 and len(both.shares[1].data) == 40
    assert (together.settings.sampling, together.settings.cap, len(together.shares)) == ("capped", 2**17, 9)
    targets = {cell.target: found.jobs[str(cell.model)] for cell in found.cells if cell.arm == "all"}
    settings = {name: job.settings for name, job in targets.items() if isinstance(job, Train) and job.phase == "target"}
    assert {one.learning_rate for one in settings.values()} == {3e-6}
    assert {name: one.batch for name, one in settings.items()} == {
        "xnli": 4,
        "pawsx": 32,
        "udpos": 32,
        "panx": 32,
        "xquad": 16,
        "mlqa": 16,
        "tydiqa": 16,
    }


def test_the_demo_trains_each_intermediate_model_once_for_all_targets() -> None:
    full = planned("demo", None, "full", None)
    shared = {item.label: item for item in full.shared()}
    assert shared["pretraining tiny"].trainings == full.counts()["target"]
    assert shared["intermediate nli, tiny, seed 0"].trainings == 3
    # What trains in the constructed world is not what is scored there.
    assert not any(cell.self_pair for cell in full.cells if cell.target != "world/qa")


def pretrainings(name: str, variant: str | None, level: str, data: Path | None) -> set[str]:
    jobs = planned(name, variant, level, data).jobs
    return {key for key, job in jobs.items() if isinstance(job, Train) and job.phase == "pretraining"}


@pytest.mark.parametrize(("name", "rungs"), [("model-size", 4), ("calibration", 4), ("multilingual-nli", 1)])
def test_the_questions_share_their_constructed_encoders(name: str, rungs: int) -> None:
    found = pretrainings(name, "constructed", "small", None)
    assert len(found) == rungs and found >= pretrainings("demo", None, "full", None)
    assert found <= pretrainings("model-size", "constructed", "small", None)


@pytest.mark.data
@pytest.mark.parametrize(("name", "rungs"), [("model-size", 4), ("calibration", 4), ("multilingual-nli", 1)])
def test_the_questions_share_their_human_encoders(name: str, rungs: int, data_folder: Path) -> None:
    found = pretrainings(name, "human", "small", data_folder)
    assert len(found) == rungs and found >= pretrainings("real-small", None, "small", data_folder)


@pytest.mark.data
def test_validation_sets_that_train_are_not_scored(data_folder: Path) -> None:
    raw, place = read("multilingual-nli")
    study = study_of({**raw, "splits": ["validation"]}, "m", place, "small", "human")
    source = open_source(Places(data=str(data_folder), world=study.world, tasks=study.tasks))
    with pytest.raises(Problem, match="on which a phase before it trains through 'xnli_dev'"):
        plan(study, source, identify=identify_for_plan)
