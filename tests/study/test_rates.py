"""The search for learning rates: equal for all arms, on rows that are not scored, chosen by the best score."""

from __future__ import annotations

import math
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_world import ToySource, find, identify

from xstilts.catalogue.errors import Problem
from xstilts.study.choice import chosen
from xstilts.study.job import Candidate, Predict, Score, Train
from xstilts.study.manifest import Plan, plan_from_json
from xstilts.study.overlap import numbers_in
from xstilts.study.plan import plan
from xstilts.study.spec import study_of

STUDY = """
question = "Does it help?"
targets = ["xnli", "words", "pairs"]
seeds = [0, 1]
[search]
learning_rate = [1e-5, 2e-5, 3e-5]
seed = 9
examples = 30
[backbones.base]
path = "models/base"
[arms.baseline]
[arms.nli]
intermediate = ["nli"]
[arms.longer]
matched = "nli"
"""


def planned(text: str = STUDY) -> Plan:
    return plan(study_of(tomllib.loads(text), "toy", "toy.toml"), ToySource(), find, identify)


def target(found: Plan, arm: str, target: str, seed: int = 0) -> Train:
    cell = next(one for one in found.cells if (one.arm, one.target, one.seed) == (arm, target, seed))
    job = found.jobs[str(cell.model)]
    assert isinstance(job, Train)
    return job


def trials(found: Plan, job: Train) -> list[tuple[Train, Predict, Score]]:
    """What stands behind the candidates of a training."""
    chains = []
    for one in job.candidates:
        score = found.jobs[one.score]
        assert isinstance(score, Score)
        predict = found.jobs[score.prediction]
        assert isinstance(predict, Predict)
        train = found.jobs[str(predict.model)]
        assert isinstance(train, Train) and train.settings.learning_rate == one.learning_rate
        chains.append((train, predict, score))
    return chains


def test_every_arm_tries_as_many_rates_on_its_own_start_with_a_seed_of_its_own() -> None:
    found = planned()
    starts = set()
    for arm in ("baseline", "nli", "longer"):
        for task in ("xnli", "words"):
            job = target(found, arm, task)
            assert [one.learning_rate for one in job.candidates] == [1e-5, 2e-5, 3e-5]
            assert target(found, arm, task, 1).candidates == job.candidates
            assert job.settings.learning_rate == 0
            for train, _, _ in trials(found, job):
                assert train.seed == 9 and (task == "words" or train.settings.updates == job.settings.updates)
                starts.add((arm, train.start.job))
                assert (train.start.job is None) == (job.start.job is None)
    assert {cell.seed for cell in found.cells} == {0, 1}
    seeds = [job.seed for job in found.jobs.values() if isinstance(job, Train) and job.phase == "intermediate"]
    assert sorted(seeds) == [0, 1, 9]
    assert len(starts) == 3


def test_rates_are_chosen_on_validation_rows_of_the_labelled_language() -> None:
    found = planned()
    job = target(found, "nli", "xnli")
    for train, predict, score in trials(found, job):
        assert (predict.data.split, predict.data.language, predict.examples) == ("validation", "en", 30)
        assert score.data == predict.data and score.examples == 30
        assert train.shares == job.shares


def test_without_another_set_the_last_training_rows_are_held_out_of_the_trials() -> None:
    scored = 'splits = ["validation"]\n' + STUDY.replace('["xnli", "words", "pairs"]', '["xnli"]')
    for name, found in (("words", planned()), ("xnli", planned(scored))):
        job = target(found, "nli", name)
        (whole,) = job.shares[0].data
        for train, predict, _ in trials(found, job):
            (rows,) = train.shares[0].data
            left, held = set(numbers_in(predict.data.without)), set(numbers_in(rows.without))
            assert left | held == set(range(whole.rows)) and not left & held
            assert len(held) == predict.data.rows == 30 and min(held) > max(left)
            assert rows.rows == whole.rows - 30 and whole.without == ""
        assert any("held-out training rows" in note and note.startswith(name) for note in found.notes)


def test_an_arm_may_take_the_rate_of_another_or_state_its_own() -> None:
    found = planned(
        STUDY
        + '[arms.same]\nintermediate = ["nli"]\ntarget.rate_of = "baseline"\n'
        + '[arms.own]\nintermediate = ["nli"]\ntarget.learning_rate = 7e-6\n'
    )
    same, own = target(found, "same", "xnli"), target(found, "own", "xnli")
    assert same.candidates == target(found, "baseline", "xnli").candidates
    assert same.start == target(found, "nli", "xnli").start
    assert (own.candidates, own.settings.learning_rate) == ((), 7e-6)
    assert "[arms.own] states its learning rate of the target phase: none is searched" in found.notes


def test_rates_may_be_factors_or_stand_by_target() -> None:
    factors = STUDY.replace("learning_rate = [1e-5, 2e-5, 3e-5]", "factors = [0.5, 1]")
    usual = target(planned(STUDY.split("[search]")[0] + BASE), "baseline", "xnli")
    tried = target(planned(factors), "baseline", "xnli").candidates
    assert [one.learning_rate for one in tried] == [usual.settings.learning_rate / 2, usual.settings.learning_rate]
    some = planned(STUDY.replace("= [1e-5, 2e-5, 3e-5]", "= { words = [1e-5, 2e-5] }"))
    assert len(target(some, "nli", "words").candidates) == 2
    assert target(some, "nli", "xnli").candidates == ()


BASE = '[backbones.base]\npath = "models/base"\n[arms.baseline]\n'


def test_the_plan_knows_what_the_search_costs_and_survives_json() -> None:
    found = planned()
    search = found.of_search()
    seeds = {job.seed for key, job in found.jobs.items() if key in search and isinstance(job, Train)}
    assert seeds == {9}
    assert {9} == {job.seed for job in found.jobs.values() if isinstance(job, Train)} - {0, 1}
    assert not any(cell.score in search or cell.floor in search for cell in found.cells)
    # One intermediate training, and for each of 3 arms, 2 targets, 3 rates: training, prediction, score.
    assert len(search) == 1 + 3 * 2 * 3 * 3
    assert plan_from_json(found.to_json()).jobs == found.jobs
    order = list(found.jobs)
    assert all(order.index(needed) < order.index(key) for key, job in found.jobs.items() for needed in job.inputs)


def test_nothing_is_trained_for_a_search_without_targets_that_learn() -> None:
    found = planned(STUDY.replace('["xnli", "words", "pairs"]', '["pairs"]'))
    assert {job.seed for job in found.jobs.values() if isinstance(job, Train)} == {0, 1}
    assert not found.of_search()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("seed = 9", "seed = 1", "[search] seed: 1 is one of 'seeds', whose results are reported"),
        ("learning_rate = [1e-5, 2e-5, 3e-5]", "", "say either 'learning_rate'"),
        ("[1e-5, 2e-5, 3e-5]", "[1e-5]", "needs 2 entries or more"),
        ("[1e-5, 2e-5, 3e-5]", "[1e-5, 1e-5]", "a rate stands twice"),
        ("[1e-5, 2e-5, 3e-5]", "[1e-5, -2e-5]", "must be above 0"),
        ("= [1e-5, 2e-5, 3e-5]", "= { wrods = [1e-5, 2e-5] }", "'wrods' is no target of this study: did you mean"),
        ('matched = "nli"', 'matched = "nli"\ntarget.rate_of = "nil"', "not an arm whose rate is searched"),
        ('matched = "nli"', 'matched = "nli"\ntarget.rate_of = "longer"', "not an arm whose rate is searched"),
        ('matched = "nli"', 'target.rate_of = "nli"\ntarget.learning_rate = 1e-5', "exclude each other"),
        ('intermediate = ["nli"]', 'intermediate = ["xnli"]\nlanguages = ["dd"]', "has no data in dd"),
    ],
)
def test_mistakes_are_named(old: str, new: str, told: str) -> None:
    with pytest.raises(Problem) as caught:
        planned(STUDY.replace(old, new, 1))
    assert any(told in line for line in caught.value.problems), caught.value.problems


def test_rate_of_needs_a_search() -> None:
    text = STUDY.split("[search]")[0] + BASE + "[arms.x]\ntarget.rate_of = 'baseline'\n"
    with pytest.raises(Problem, match="it needs \\[search\\]"):
        planned(text)


scores = st.none() | st.floats(0, 100) | st.just(math.nan)


@given(st.dictionaries(st.floats(1e-7, 1.0), scores, min_size=1))
def test_the_best_score_is_chosen_and_of_equal_ones_the_lowest_rate(tried: dict[float, float | None]) -> None:
    candidates = [Candidate(rate, str(number)) for number, rate in enumerate(tried)]
    known = {str(number): value for number, value in enumerate(tried.values())}
    usable = {rate: value for rate, value in tried.items() if value is not None and math.isfinite(value)}
    if not usable:
        with pytest.raises(Problem, match="none of the learning rates"):
            chosen(candidates, known.get)
        return
    best = chosen(candidates, known.get)
    assert usable[best] == max(usable.values())
    assert all(rate >= best for rate, value in usable.items() if value == usable[best])
