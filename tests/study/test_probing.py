"""Probes that an analysis needs: of single intermediate tasks, targets and their pairs; nothing else moves."""

from __future__ import annotations

import tomllib

from toy_world import ToySource, find, identify

from xstilts.study.job import Probe
from xstilts.study.manifest import Plan, plan_from_json
from xstilts.study.needs import Probing
from xstilts.study.plan import plan
from xstilts.study.spec import study_of

TINY = """
question = "Do alike tasks help?"
targets = ["xnli", "words", "pairs"]
seeds = [3, 4]
train_examples = 300
[backbones.base]
path = "models/base"
[arms.nothing]
[arms.first]
intermediate = ["nli"]
[arms.again]
intermediate = ["nli"]
examples = 10
[arms.mixed]
intermediate = ["nli", "qa"]
[arms.shuffled]
intermediate = ["words"]
labels = "shuffled"
[arms.questions]
intermediate = ["qa"]
"""
NEED = Probing(examples=200, learning=50, texts=20, parallel=("words", "text"))


def planned(text: str, *needs: Probing) -> Plan:
    return plan(study_of(tomllib.loads(text), "toy", "toy.toml"), ToySource(), find, identify, needs)


def test_only_probes_are_added_and_nothing_else_changes() -> None:
    plain, more = planned(TINY), planned(TINY, NEED)
    assert plain.cells == more.cells and not plain.probes and "probes" not in plain.to_json()
    added = [key for key in more.jobs if key not in plain.jobs]
    assert added and all(isinstance(more.jobs[key], Probe) for key in added)
    again = plan_from_json(more.to_json())
    assert again.jobs == more.jobs and again.probes == more.probes
    seen: set[str] = set()
    for key, job in more.jobs.items():
        assert set(job.inputs) <= seen
        seen.add(key)


def test_each_task_and_pair_is_probed_once_with_the_first_seed() -> None:
    found = planned(TINY, NEED)
    shown = {(one.shows, one.arm, one.target, one.language) for one in found.probes}
    own = {(shows, arm, "", "") for shows in ("text", "fisher", "gradient", "change") for arm in ("first", "questions")}
    targets = {
        (shows, "baseline", target, "")
        for shows in ("text", "fisher", "gradient", "change", "features")
        for target in ("xnli", "words")
    }
    pairs = {("features", arm, target, "") for arm in ("first", "questions") for target in ("xnli", "words")}
    text = {("text", "", target, code) for target in ("xnli", "words", "pairs") for code in ("en", "de", "sw")}
    sides = {("pairs", arm, "pairs", code) for arm in ("first", "questions") for code in ("en", "de", "sw")}
    assert shown == own | targets | pairs | text | sides
    jobs = [found.jobs[one.key] for one in found.probes]
    trained = {job.model for job in jobs if isinstance(job, Probe) and job.model}
    assert trained <= {key for key in found.jobs if "seed 3" in found.labels[key]}


def test_probes_see_as_many_rows_as_are_asked_for_and_heads_only_classes_of_their_type() -> None:
    found = planned(TINY, NEED)
    jobs = {(one.shows, one.arm, one.target, one.language): found.jobs[one.key] for one in found.probes}

    def probe(*about: str) -> Probe:
        job = jobs[about[0], about[1], about[2], about[3] if len(about) > 3 else ""]
        assert isinstance(job, Probe)
        return job

    rows = {about: probe(*about).share for about in jobs}
    assert rows["text", "first", "", ""].examples == 200  # type: ignore[union-attr]
    assert rows["fisher", "first", "", ""].examples == 50  # type: ignore[union-attr]
    assert rows["text", "", "xnli", "de"].examples == 20  # type: ignore[union-attr]
    assert rows["change", "first", "", ""] is None
    assert probe("features", "first", "xnli").head == "nli"
    assert probe("features", "first", "words").head == probe("features", "questions", "xnli").head == ""
    assert probe("gradient", "first", "").start == probe("text", "first", "").start


def test_a_study_with_one_intermediate_task_has_nothing_to_compare() -> None:
    text = TINY.partition("[arms.mixed]")[0]
    assert not planned(text, NEED).probes


def test_probes_read_no_more_rows_than_the_largest_training() -> None:
    found = planned(TINY.replace("train_examples = 300", "train_examples = 12"), NEED)
    asked = [job.share.examples for one in found.probes if isinstance(job := found.jobs[one.key], Probe) and job.share]
    assert asked and max(count or 0 for count in asked) == 12 and None not in asked
