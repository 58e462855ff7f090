"""The time left follows what the jobs of a study took, kind by kind."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_world import toy_plan_of

from xstilts.study.calibration import USUAL
from xstilts.study.job import Train, kind_of
from xstilts.study.place import Room
from xstilts.study.remaining import BEGIN, Remaining
from xstilts.study.simulate import simulate

PLAN = toy_plan_of(64)
KEYS = tuple(PLAN.jobs)
ONE, TWO = Room(1, 1), Room(2, 2)


def fresh(rates=USUAL, room: Room = ONE) -> Remaining:  # type: ignore[no-untyped-def]
    return Remaining(PLAN, rates, room)


@pytest.mark.parametrize("room", [ONE, TWO])
def test_before_anything_ran_it_is_what_was_foreseen(room: Room) -> None:
    remaining = fresh(room=room)
    expected = simulate(PLAN, (), room, lambda key, threads: remaining.foreseen[key], BEGIN)
    assert remaining.left(KEYS, {}) == pytest.approx(expected.seconds)
    assert fresh(()).left(KEYS, {}) is None  # nobody knows how fast this machine is
    assert fresh().left((), {}) == 0.0


@pytest.mark.parametrize("rates", [USUAL, ()])
def test_a_machine_that_is_slower_than_foreseen_is_believed(rates) -> None:  # type: ignore[no-untyped-def]
    remaining = fresh(rates)
    done, open = KEYS[: len(KEYS) // 2], KEYS[len(KEYS) // 2 :]
    for key in done:
        remaining.took(key, 7 * remaining.foreseen[key])
    rest = simulate(PLAN, done, ONE, lambda key, threads: 7 * remaining.foreseen[key], BEGIN)
    assert remaining.left(open, {}) == pytest.approx(rest.seconds, rel=0.15)


def test_each_kind_of_job_has_its_own_pace() -> None:
    def left(slow: str) -> float:
        remaining = fresh()
        trained = [key for key in KEYS if isinstance(PLAN.jobs[key], Train)]
        predicted = [key for key in KEYS if kind_of(PLAN.jobs[key]) == "predict"]
        for keys, kind in ((trained, "train"), (predicted[: len(predicted) // 2], "predict")):
            for key in keys:
                remaining.took(key, remaining.foreseen[key] * (20 if kind == slow else 1))
        found = remaining.left(predicted[len(predicted) // 2 :], {})
        assert found is not None
        return found

    assert left("predict") > 5 * left("train")  # only predictions are left


def test_a_running_job_tells_its_pace_but_not_what_it_had_before() -> None:
    first = next(key for key in KEYS if isinstance(PLAN.jobs[key], Train))
    remaining = fresh(())
    assert remaining.left(KEYS, {first: 0.9}) is None  # it went on from a checkpoint
    remaining = fresh(())
    assert remaining.left(KEYS, {first: 0.0}) is None
    time.sleep(0.05)
    told = None
    while told is None:
        told = remaining.left(KEYS, {first: 0.5})
    assert 0 < told < math.inf


@settings(max_examples=25, deadline=None)
@given(st.integers(1, len(KEYS) - 1), st.floats(0.1, 10), st.floats(1.1, 10))
def test_jobs_that_took_longer_leave_no_less(count: int, pace: float, more: float) -> None:
    def left(factor: float) -> float:
        remaining = fresh()
        for key in KEYS[:count]:
            remaining.took(key, factor * remaining.foreseen[key])
        found = remaining.left(KEYS[count:], {})
        assert found is not None
        return found

    assert left(pace * more) >= left(pace)
