"""Advice on planted gains: effects that were put in are found, doubt is honest, and what is known beats what is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from xstilts.analysis.advice import Advice, Trial, advise, leave_one_out, measure_first
from xstilts.analysis.arms import of_published
from xstilts.analysis.trials import candidates, trials

FORMS = {"a": "classification", "b": "span_extraction", "c": "token_classification", "d": "multiple_choice"}
TARGETS = {"t1": "classification", "t2": "span_extraction", "t3": "token_classification", "t4": "classification"}


def planted(effects: dict[str, float], noise: float, seed: int = 0, same_form: float = 0.0) -> list[Trial]:
    draws = np.random.default_rng(seed)
    return [
        Trial(
            name,
            FORMS[name],
            target,
            form,
            "encoder",
            10_000,
            frozenset([name]),
            gain=effect + same_form * (FORMS[name] == form) + draws.normal(0, noise),
            score=70.0,
        )
        for target, form in TARGETS.items()
        for name, effect in effects.items()
    ]


def blank(target: str, form: str) -> list[Trial]:
    return [Trial(name, kind, target, form, "encoder", 10_000, frozenset([name])) for name, kind in FORMS.items()]


def test_a_task_that_always_helps_is_advised_for_a_new_target() -> None:
    found = advise(planted({"a": 0.0, "b": 4.0, "c": -2.0, "d": 0.5}, 0.3), blank("new", "multiple_choice"))
    assert [one.candidate.intermediate for one in found] == ["b", "d", "a", "c"]
    assert found[0].gain == pytest.approx(4.0, abs=0.6) and found[0].above(0) > 0.95 and found[0].trials == 4
    assert found[-1].above(0) < 0.1


def test_what_a_shared_form_does_carries_over() -> None:
    found = advise(planted({"a": 0.0, "b": 0.0, "c": 0.0}, 0.2, same_form=5.0), blank("new", "span_extraction"))
    told = {one.candidate.intermediate: one.gain for one in found}
    assert told["b"] > 2.5 and told["a"] < 1.5 and told["c"] < 1.5


def test_a_task_without_trials_is_most_in_doubt() -> None:
    found = {
        one.candidate.intermediate: one for one in advise(planted({"a": 1.0, "b": -1.0, "c": 0.0}, 0.3), blank("t", ""))
    }
    assert found["d"].trials == 0
    assert found["d"].deviation > max(found[name].deviation for name in "abc")


def test_related_tasks_inform_one_another_through_their_data() -> None:
    known = planted({"a": 0.0, "b": 6.0, "c": 0.0}, 0.3)
    relative = replace(blank("new", "")[3], data=frozenset(["b"]))
    stranger = replace(blank("new", "")[3], intermediate="e", data=frozenset(["e"]))
    found = {one.candidate.intermediate: one.gain for one in advise(known, [relative, stranger])}
    assert found["d"] > found["e"] + 0.5


def test_the_intervals_of_new_targets_hold_about_what_they_say() -> None:
    inside = []
    for seed in range(30):
        draws = np.random.default_rng(100 + seed)
        effects = {name: float(draws.normal(0, 2)) for name in FORMS}
        for one in advise(planted(effects, 0.7, seed), blank("new", "")):
            truth = effects[one.candidate.intermediate] + draws.normal(0, 0.7)
            inside.append(abs(truth - one.gain) < one.half)
    assert 0.93 <= np.mean(inside) <= 1.0


def test_retrieval_says_nothing_about_trained_targets() -> None:
    known = planted({"a": 0.0, "b": 1.0, "c": 0.5}, 0.2)
    far = [replace(one, target="find", target_form="retrieval", gain=40.0) for one in known[:3]]
    before, after = (advise(part, blank("new", "")) for part in (known, known + far))
    assert [one.gain for one in before] == pytest.approx([one.gain for one in after])
    with pytest.raises(ValueError, match="three comparable trials"):
        advise(known, blank("find", "retrieval"))


def test_the_worth_of_measuring_is_the_expected_better_choice() -> None:
    one = Advice(blank("t", "")[0], 0.4, 1.5, 3, 3)
    draws = stats.norm(0.4, 1.5).rvs(400_000, random_state=1)
    assert one.worth_measuring(0.9) == pytest.approx(np.maximum(draws, 0.9).mean() - 0.9, abs=0.01)
    assert one.worth_measuring(-0.2) == pytest.approx(np.maximum(draws, -0.2).mean() - 0.4, abs=0.01)


def test_of_experiments_that_tell_alike_the_cheaper_comes_first() -> None:
    cheap, dear = blank("t", "")[0], replace(blank("t", "")[1], examples=1_000_000)
    sure = Advice(blank("t", "")[2], 0.3, 0.01, 3, 9)
    found = measure_first([Advice(dear, 0.3, 1.0, 3, 1), Advice(cheap, 0.29, 1.0, 3, 1), sure])
    assert found is not None and found[0].candidate.intermediate == "a" and found[1] > 0
    assert measure_first([Advice(replace(cheap, shared=True), 1.0, 1.0, 3, 1)]) is None


def test_a_left_out_target_is_not_seen() -> None:
    """Advice about a left-out target stays the same whatever its own gains are, and so for targets of the same data."""
    known = planted({"a": 0.0, "b": 2.0, "c": -1.0}, 0.2)
    other = [replace(one, gain=-one.gain, score=70 - one.gain) if one.target == "t1" else one for one in known]
    for way in ("advise", "best average", "size"):
        lines = [
            next(line for line in leave_one_out({"m": part}) if line.target == "t1" and line.way == way)
            for part in (known, other)
        ]
        assert lines[0].ndcg != lines[1].ndcg or way == "size"
    shared = [replace(one, target_data=frozenset(["x"])) if one.target in ("t1", "t4") else one for one in known]
    twisted = [replace(one, gain=99.0) if one.target == "t4" else one for one in shared]
    first, second = (
        [line.numbers for line in leave_one_out({"m": part}) if line.target == "t1"] for part in (shared, twisted)
    )
    assert first == second


def test_the_published_table_has_trials_of_every_task_and_advice_beats_chance_on_it() -> None:
    known = trials(of_published())
    assert len(known) == 63 and sum(one.shared for one in known) == 3
    names = {one.intermediate for one in candidates("xquad", "span_extraction", "xlm-roberta-large", known)}
    assert {"mnli", "squad_v2", "ccg"} <= names
    lines = [line for line in leave_one_out({"published": known}) if line.kind == "trained"]
    means = {way: np.mean([line.ndcg for line in lines if line.way == way]) for way in ("advise", "random", "size")}
    assert means["advise"] > means["random"] and means["advise"] > means["size"]
