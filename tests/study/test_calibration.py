"""A calibration gives the seconds it was measured with, keeps whole or not at all, and mixes between what it knows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_world import toy_plan_of

from xstilts.study.calibration import EACH, Calibration, Rate, read, seconds, write
from xstilts.study.footprint import Device, Shapes, hours
from xstilts.study.held import Held
from xstilts.study.job import Predict, Rows, Score, Settings, Share, Start, Train
from xstilts.study.manifest import Cost
from xstilts.study.shape import Shape
from xstilts.study.simulate import seconds_on

RATES = tuple(
    Rate(kind, "float32", hidden, length, 1e9 * hidden / length, 0.01 if kind == "train" else 0.0)  # type: ignore[arg-type]
    for kind in ("train", "predict")
    for hidden in (100, 400)
    for length in (40, 160)
)
DATA = Rows("xnli", "train", "en", 1000, "c")
SHAPE = Shape(2, 100, 400, 1000)


def training(length: float, updates: int = 10) -> tuple[Train, Cost]:
    settings = Settings(updates, 8, 1e-5, pooling="mean")
    job = Train("target", Start(backbone="it"), (Share("xnli", "classification", (DATA,)),), settings, 0)
    tokens = int(updates * 8 * length)
    return job, Cost(tokens, 6.0 * SHAPE.body * tokens)


def test_seconds_are_those_that_were_measured() -> None:
    job, cost = training(40)
    moments = 10 * 2 * 0.01
    assert seconds(job, cost, SHAPE, RATES) == pytest.approx(EACH["train"] + moments + cost.flops / (1e9 * 100 / 40))
    text = replace(job, shares=(Share("text", "mlm", (DATA,)),))
    table = 6.0 * 0.15 * cost.tokens * SHAPE.vocabulary * SHAPE.hidden
    more = seconds(text, cost, SHAPE, RATES) - seconds(job, cost, SHAPE, RATES)
    assert more == pytest.approx(table / (1e9 * 100 / 40))
    predicted = Predict("xnli", "classification", DATA, model="0" * 32)
    cost = Cost(160_000, 2.0 * SHAPE.body * 160_000)
    assert seconds(predicted, cost, SHAPE, RATES) == pytest.approx(EACH["predict"] + cost.flops / (1e9 * 100 / 160))
    assert (
        seconds(Score("0" * 32, "xnli", "classification", "accuracy", DATA), Cost(0, 0.0), None, RATES) == EACH["score"]
    )


def test_a_last_block_that_is_read_at_its_first_token_costs_less() -> None:
    job, cost = training(40)
    first = replace(job, settings=replace(job.settings, pooling="first"))
    saved = seconds(job, cost, SHAPE, RATES) - seconds(first, cost, SHAPE, RATES)
    # 2 of the 12 h^2 weights of one of two blocks are still used for every token
    assert saved == pytest.approx(cost.flops / (1e9 * 100 / 40) * (10 / 12) / 2)
    words = replace(first, shares=(Share("udpos", "token_classification", (DATA,)),))
    assert seconds(words, cost, SHAPE, RATES) == pytest.approx(seconds(job, cost, SHAPE, RATES))


def test_recomputing_is_a_third_more() -> None:
    job, cost = training(40)
    device = Device("here", 1.0, 1.0, 1.0, rates=RATES)
    plain, again = (hours(job, cost, SHAPE, device, Held(recompute=recompute)) for recompute in (False, True))
    assert again == pytest.approx(plain * 4 / 3) and plain == pytest.approx(seconds(job, cost, SHAPE, RATES) / 3600)


def test_a_simulation_takes_calibrated_seconds_as_they_are() -> None:
    plan = toy_plan_of(64)
    found, shapes = seconds_on(plan, Device("here", 1.0, 1.0, 1.0, rates=RATES), 2), Shapes(plan)
    for key, job in plan.jobs.items():
        alone = seconds(job, plan.costs[key], shapes.of(job), RATES)
        assert (found(key, 2), found(key, 1)) == pytest.approx((alone, 2 * alone))


@given(st.floats(1, 2000), st.sampled_from([50, 100, 200, 400, 1600]))
def test_rates_between_lie_between(length: float, hidden: int) -> None:
    job, cost = training(length, 1000)
    shape = replace(SHAPE, hidden=hidden)
    spent = seconds(job, cost, shape, tuple(replace(rate, moment=0.0) for rate in RATES)) - EACH["train"]
    if cost.tokens and cost.flops:
        assert 1e9 * 100 / 160 * 0.999 <= cost.flops / spent <= 1e9 * 400 / 40 * 1.001


def test_it_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    assert read(tmp_path) is None
    found = Calibration("2026-01-01", "2 cores", 2, 1e6, RATES)
    path = write(found, tmp_path / "cache")
    assert read(tmp_path / "cache") == found
    path.write_bytes(path.read_bytes().replace(b"2 cores", b"3 cores"))
    assert read(tmp_path / "cache") is None
