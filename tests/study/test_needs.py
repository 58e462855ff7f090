"""Predictions that an analysis needs beside the scored ones: added to a plan, and to nothing else in it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace

from toy_world import TASKS, ToySource, find, identify

from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.study.job import Predict, Score
from xstilts.study.manifest import Plan, plan_from_json
from xstilts.study.needs import Need
from xstilts.study.plan import plan
from xstilts.study.spec import study_of

TINY = """
question = "Is it sure of the right things?"
targets = ["xnli", "words", "pairs"]
seeds = [0, 1]
[backbones.base]
path = "models/base"
[arms.baseline]
[arms.nli]
intermediate = ["nli"]
"""
DEV = Need((TaskType.CLASSIFICATION, TaskType.TOKEN_CLASSIFICATION), "validation")


def planned(text: str, *needs: Need, source: ToySource | None = None) -> Plan:
    study = study_of(tomllib.loads(text), "toy", "toy.toml")
    return plan(study, source or ToySource(), find, identify, needs)


def test_every_model_predicts_the_labelled_languages_development_rows_once() -> None:
    plain, more = planned(TINY), planned(TINY, DEV)
    added = [more.jobs[key] for key in more.jobs if key not in plain.jobs]
    assert all(isinstance(job, Predict) for job in added)
    assert {(job.task, job.data.split, job.data.language) for job in added} == {("xnli", "validation", "en")}
    models = {cell.model for cell in plain.cells if cell.target == "xnli"}
    assert len(models) == len(added) == 4  # 2 arms x 2 seeds
    assert {job.model for job in added} == models


def test_nothing_else_of_the_plan_changes() -> None:
    plain, more = planned(TINY), planned(TINY, DEV)
    assert plain.cells == more.cells
    assert set(plain.jobs) < set(more.jobs)
    assert plan_from_json(more.to_json()).jobs == more.jobs


def test_scored_development_rows_are_not_predicted_twice() -> None:
    text = TINY.replace('targets = ["xnli", "words", "pairs"]', 'targets = ["xnli"]\nsplits = ["validation"]')
    assert set(planned(text).jobs) == set(planned(text, DEV).jobs)


def test_a_cap_on_scored_rows_holds_for_development_rows() -> None:
    text = TINY.replace("seeds = [0, 1]", "seeds = [0]\nevaluation_examples = 20")
    dev = [
        job for job in planned(text, DEV).jobs.values() if isinstance(job, Predict) and job.data.split == "validation"
    ]
    assert [job.examples for job in dev] == [20, 20]


def test_development_rows_that_are_not_there_are_noted() -> None:
    found = planned(TINY, DEV, source=ToySource(("xnli", "validation", "en")))
    assert set(found.jobs) == set(planned(TINY).jobs)
    assert any("xnli, baseline: nothing to rescale confidences by" in note for note in found.notes)
    assert any(
        "words, baseline: nothing to rescale confidences by: no data for 'words' (validation)" in n for n in found.notes
    )


def test_scores_come_right_after_their_predictions_still() -> None:
    found = planned(TINY, DEV)
    seen: set[str] = set()
    for key, job in found.jobs.items():
        assert set(job.inputs) <= seen
        seen.add(key)
    scored = {job.prediction for job in found.jobs.values() if isinstance(job, Score)}
    beside = [key for key, job in found.jobs.items() if isinstance(job, Predict) and key not in scored]
    assert len(beside) == 4


ROBUST = Need((TaskType.CLASSIFICATION,), "", ("exchanged", "shuffled"), ("mixed",), ("dictionary",), paraphrase=True)


def test_only_paraphrases_are_predicted_after_changes_and_words_come_from_the_dictionary() -> None:
    files = Files("toy", ("{language}",), "train", languages=("de",))
    more = {
        "same": replace(TASKS["xnli"], name="same", paraphrase=True),
        "dictionary": Task("dictionary", "d", TaskType.RANKING, "", ("de",), {"train": files}),
    }

    def known(name: str, own: Mapping[str, Task]) -> Task:
        return find(name, {**more, **own})

    text = TINY.replace('"xnli", "words", "pairs"', '"same", "xnli"').replace("seeds = [0, 1]", "seeds = [0]")
    study = study_of(tomllib.loads(text), "toy", "toy.toml")
    plain, found = (plan(study, ToySource(), known, identify, needs) for needs in ((), (ROBUST,)))
    added = [found.jobs[key] for key in found.jobs if key not in plain.jobs]
    assert found.cells == plain.cells
    assert all(isinstance(job, Predict) and job.change for job in added)
    made = {(job.task, job.data.language, job.change.name) for job in added}  # type: ignore[union-attr]
    names = {("same", code, change) for code in ("en", "de", "sw") for change in ("exchanged", "shuffled")}
    assert made == names | {("same", "de", "mixed")}
    (words,) = {job.change.dictionary for job in added if job.change.name == "mixed"}  # type: ignore[union-attr]
    assert (words.task, words.language) == ("dictionary", "de")
    assert plan_from_json(found.to_json()).jobs == found.jobs


def test_each_model_of_an_arm_with_translations_predicts_development_rows() -> None:
    german = replace(
        TASKS["xnli"], name="xnli-de", languages=("de",), splits={"train": Files("other", ("de",), "train")}
    )
    text = (
        TINY.replace("seeds = [0, 1]", "seeds = [0]")
        + '[arms.tt.target.translate_train]\ntasks = { xnli = "xnli-de" }\n'
    )
    text += 'languages = ["de"]\n'

    def known(name: str, own: Mapping[str, Task]) -> Task:
        return german if name == "xnli-de" else find(name, own)

    study = study_of(tomllib.loads(text), "toy", "toy.toml")
    found = plan(study, ToySource(), known, identify, (DEV,))
    scored = {cell.model for cell in found.cells if cell.target == "xnli" and cell.arm == "tt"}
    added = {key: job for key, job in found.jobs.items() if isinstance(job, Predict) and job.data.split == "validation"}
    assert len(scored) == 2  # German's own, and the baseline's for all others
    assert scored < {job.model for job in added.values()}
    assert len(added) == 3  # of the baseline, of the arm with an intermediate phase, of German's
    assert sum("model for de" in found.labels[key] for key in added) == 1
