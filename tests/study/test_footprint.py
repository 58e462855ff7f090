"""What a plan takes of machines: sizes of known encoders, memory that grows with what learns, hours by device."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest
from toy_world import ToySource, find, identify

from xstilts.study.footprint import GIB, GPUS, Device, fits, learning, memory, speed, work_of
from xstilts.study.held import Held
from xstilts.study.job import Architecture, Merge, Part, Rows, Settings, Share, Start, Train
from xstilts.study.manifest import Plan
from xstilts.study.plan import plan
from xstilts.study.shape import Shape, root, shape_of
from xstilts.study.spec import study_of

DATA = Rows("xnli", "train", "en", 1000, "c")
TRAIN = Train(
    "target", Start(backbone="xlm-roberta-large"), (Share("xnli", "classification", (DATA,)),), Settings(9, 32, 1e-5), 0
)


@pytest.mark.parametrize(
    ("name", "body", "total"),
    [
        ("xlm-roberta-base", 86e6, 278e6),
        ("xlm-roberta-large", 303e6, 560e6),
        ("facebook/xlm-roberta-xl", 2.8e9, 3.5e9),
        ("facebook/xlm-roberta-xxl", 9.7e9, 10.7e9),
    ],
)
def test_sizes_of_the_published_ladder(name: str, body: float, total: float) -> None:
    found = shape_of(Start(backbone=name), {})
    assert found is not None
    assert found.body == pytest.approx(body, rel=0.02) and found.total == pytest.approx(total, rel=0.01)


def test_shapes_of_what_is_made_cut_or_not_known() -> None:
    assert shape_of(Start(architecture=Architecture(2, 8, 2, 16, 100)), {}) == Shape(2, 8, 16, 100)
    cut = shape_of(Start(backbone="xlm-roberta-base", layers=3), {})
    assert cut is not None and cut.layers == 3
    assert shape_of(Start(backbone="nobody/knows"), {}) is None


def test_memory_counts_what_learns() -> None:
    shape = shape_of(TRAIN.start, {})
    assert shape is not None
    whole = memory(TRAIN, shape)
    assert whole > 16 * shape.total  # weights, gradient and two moments in float32
    frozen = replace(TRAIN, settings=replace(TRAIN.settings, freeze="embeddings"))
    rows = 20 * (9 * 32 * 128) ** 0.5  # of the table only the used rows are in training
    assert whole - memory(frozen, shape) == pytest.approx(12 * rows * shape.hidden)
    text = replace(TRAIN, shares=(Share("text", "mlm", (DATA,)),))
    assert memory(text, shape) - whole > 12 * (shape.table - rows * shape.hidden)
    half = replace(TRAIN, settings=replace(TRAIN.settings, freeze_layers=12))
    assert learning(half, shape) == shape.body // 2
    low = replace(TRAIN, settings=replace(TRAIN.settings, lora=8))
    assert learning(low, shape) == 24 * 8 * (8 * 1024 + 2 * (1024 + 4096))
    # the blocks of a low-rank training keep more for the way back, as was measured: it saves with recomputation
    again = Held(recompute=True)
    assert memory(low, shape, again) < memory(frozen, shape, again) < memory(TRAIN, shape, again) < whole
    assert memory(frozen, shape) < whole
    assert memory(Merge((Part(TRAIN.start, 1.0),)), shape) < whole


def test_several_devices_hold_what_one_can_not() -> None:
    large = replace(TRAIN, start=Start(backbone="facebook/xlm-roberta-xxl"))
    shape = shape_of(large.start, {})
    assert shape is not None
    alone, two, eight = (memory(large, shape, Held(shards)) for shards in (1, 2, 8))
    assert alone > 160 * GIB > two > alone / 2 and 79 * GIB > eight > alone / 8
    assert memory(large, shape, Held(8, recompute=True)) < eight
    again = memory(TRAIN, shape_of(TRAIN.start, {}), Held(recompute=True))
    assert again < memory(TRAIN, shape_of(TRAIN.start, {}))


def test_hours_are_operations_over_the_assumed_share_of_the_peak() -> None:
    device = Device("d", 100.0, 10.0, 1.0, share=0.5)
    assert speed(TRAIN, None, device) == 5.0
    brief = replace(TRAIN, settings=replace(TRAIN.settings, precision="bfloat16"))
    assert speed(brief, None, device) == 50.0
    large, small = Shape(24, 1024, 4096, 9), Shape(2, 64, 128, 9)
    assert speed(brief, large, GPUS[0]) == 6 * speed(brief, small, GPUS[0])


def planned() -> Plan:
    text = """
    question = "Does it help?"
    targets = ["xnli", "pairs"]
    seeds = [0]
    backbones.xxl.path = "facebook/xlm-roberta-xxl"
    [arms.baseline]
    [arms.nli]
    intermediate = ["nli"]
    """
    return plan(study_of(tomllib.loads(text), "toy", "toy.toml"), ToySource(), find, identify)


def test_work_is_summed_by_phase_and_what_does_not_fit_is_told() -> None:
    found = planned()
    works = {work.phase: work for work in work_of(found, found.jobs, GPUS)}
    assert set(works) == {"intermediate", "target", "predict", "score", "all"}
    assert works["all"].jobs == len(found.jobs)
    assert works["all"].flops == pytest.approx(sum(cost.flops for cost in found.costs.values()))
    assert works["target"].flops == pytest.approx(6 * 9.66e9 * works["target"].tokens, rel=0.01)
    assert works["all"].disk > 3 * 4 * 10.6e9 and works["target"].memory > 160 * GIB
    told = fits(works.values(), GPUS)
    assert set(told["H100"]) == {"intermediate", "target"}
    hours = works["all"].hours
    assert hours["A10"] > hours["H100"] > 0 and hours["A100"] > hours["H100"]
    assert not work_of(found, [], GPUS)


def test_every_job_leads_to_what_its_trainings_began_with() -> None:
    found = planned()
    for job in found.jobs.values():
        if (start := root(found.jobs, job)) is not None:
            assert start.backbone == "facebook/xlm-roberta-xxl"
