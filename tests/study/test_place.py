"""Which jobs start next, together, with how many threads; and the same decisions without doing anything."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_world import toy_plan_of

from xstilts.study.job import Key, Predict, Score, Train
from xstilts.study.manifest import Plan
from xstilts.study.place import Group, Placement, Room
from xstilts.study.simulate import simulate

GIB = 2.0**30
PLAN = toy_plan_of(64)
PLACEMENT = Placement(PLAN)


def ready(done: set[Key]) -> list[Key]:
    return [key for key in PLAN.jobs if key not in done and done.issuperset(PLAN.needs(key))]


def phase(key: Key) -> str:
    job = PLAN.jobs[key]
    return job.phase if isinstance(job, Train) else type(job).__name__


def started(done: set[Key], room: Room, running: tuple[Group, ...] = ()) -> list[Group]:
    open = dict.fromkeys(key for key in PLAN.jobs if key not in done)
    free = [key for key in ready(done) if not any(key in keys for keys in running)]
    return [start.keys for start in PLACEMENT.next(free, open, running, room)]


def test_the_longest_chain_goes_first_and_others_wait_for_no_predictions() -> None:
    first, second = started(set(), Room(slots=2))
    assert [phase(key) for key in first] == ["pretraining"]  # though baseline predictions of it are open, too
    assert {phase(key) for key in second} == {"Predict", "Score"}  # floors


def test_a_training_that_none_waits_for_is_followed_by_its_predictions_and_scores() -> None:
    trained = {key for key in PLAN.jobs if phase(key) in ("pretraining", "intermediate")}
    groups = started(trained, Room(slots=99))
    targets = [keys for keys in groups if phase(keys[0]) == "target"]
    assert len(targets) == 4
    for keys in targets:
        rest = [PLAN.jobs[key] for key in keys[1:]]
        assert [type(job) for job in rest] == [Predict, Score] * 3
        assert all(job.model == keys[0] for job in rest if isinstance(job, Predict))
    flat = list(itertools.chain(*groups))
    assert len(flat) == len(set(flat))


def test_what_is_done_or_running_elsewhere_does_not_follow() -> None:
    trained = {key for key in PLAN.jobs if phase(key) in ("pretraining", "intermediate")}
    (keys, *_) = [keys for keys in started(trained, Room(slots=99)) if phase(keys[0]) == "target"]
    without = [group for group in started(trained, Room(slots=99), ((keys[1], keys[2]),)) if group[0] == keys[0]]
    assert without == [(keys[0], *keys[3:])]


@pytest.mark.parametrize("memory, groups", [(0.1, 1), (2.2, 2), (3.3, 3), (None, 9)])
def test_as_many_run_side_by_side_as_their_estimated_memory_allows(memory: float | None, groups: int) -> None:
    """Each is estimated at about as much as the largest, of which there is room for ``memory``."""
    largest = max(PLACEMENT.sizes.values())
    trained = {key for key in PLAN.jobs if phase(key) in ("pretraining", "intermediate")}
    room = Room(slots=9, memory=None if memory is None else memory * largest)
    found = started(trained, room)
    assert len(found) == min(groups, len(started(trained, Room(slots=9))))
    assert found == started(trained, Room(slots=9))[: len(found)]  # nothing overtakes what waits for memory


def test_what_runs_takes_slots_and_memory() -> None:
    trained = {key for key in PLAN.jobs if phase(key) in ("pretraining", "intermediate")}
    (one, *rest) = started(trained, Room(slots=4))
    assert started(trained, Room(slots=4), (one,)) == rest
    assert started(trained, Room(slots=4, memory=0.6 * GIB), (one,)) == []


def test_a_backend_says_the_threads_or_the_cores_are_shared_out() -> None:
    open = dict.fromkeys(PLAN.jobs)
    assert {one.threads for one in PLACEMENT.next(ready(set()), open, (), Room(2, cores=8))} == {4}
    assert {one.threads for one in PLACEMENT.next(ready(set()), open, (), Room(2, cores=8, threads=3))} == {3}


def seconds(key: Key, threads: int) -> float:
    return {"pretraining": 50.0, "intermediate": 20.0, "target": 10.0, "Predict": 1.0, "Score": 0.5}[phase(key)]


def test_one_worker_takes_the_sum_and_many_the_longest_chain() -> None:
    total = sum(seconds(key, 1) for key in PLAN.jobs)
    alone = simulate(PLAN, (), Room(1), seconds)
    assert alone.seconds == pytest.approx(total) and alone.efficiency == pytest.approx(1.0)
    many = simulate(PLAN, (), Room(99), seconds)
    assert many.chain == pytest.approx(50 + 20 + 10 + 1 + 0.5)
    assert [phase(key) for key in many.critical] == ["pretraining", "intermediate", "target", "Predict", "Score"]
    assert many.seconds == pytest.approx(50 + 20 + 10 + 3 * 1.5)  # predictions of one model share a process


def test_processes_take_a_moment_to_begin() -> None:
    plain, slow = simulate(PLAN, (), Room(1), seconds), simulate(PLAN, (), Room(1), seconds, begin=2.0)
    assert slow.seconds == pytest.approx(plain.seconds + 2.0 * plain.processes)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 12),
    st.lists(st.floats(0.01, 100.0), min_size=len(PLAN.jobs), max_size=len(PLAN.jobs)),
    st.sets(st.sampled_from(list(PLAN.jobs))),
)
def test_no_number_of_workers_beats_the_bound(workers: int, lasts: list[float], asked: set[Key]) -> None:
    plan: Plan = PLAN
    done = asked  # even where what a result was made from is gone
    table = dict(zip(plan.jobs, lasts, strict=True))
    found = simulate(plan, done, Room(workers), lambda key, threads: table[key])
    assert found.work == pytest.approx(sum(table[key] for key in plan.jobs if key not in done))
    assert found.bound <= found.seconds * (1 + 1e-9)
    assert found.seconds <= found.work + 1e-6
    assert found.efficiency <= 1 + 1e-9
    if workers == 1:
        assert found.seconds == pytest.approx(found.work)
