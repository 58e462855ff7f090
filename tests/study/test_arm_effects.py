"""Arms of every kind as claims see them: what counts as the gain of an intermediate task, and what does not."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace

import polars as pl
from toy_world import TASKS, ToySource, find, identify

from xstilts.analysis.arms import of_study
from xstilts.analysis.quantities import MEASURES
from xstilts.analysis.scope import missing_controls
from xstilts.analysis.table import results
from xstilts.analysis.trials import trials
from xstilts.catalogue.task import Files, Task
from xstilts.study.manifest import Plan
from xstilts.study.plan import plan
from xstilts.study.spec import study_of

STUDY = """
question = "Does it help?"
targets = ["xnli"]
seeds = [0, 1]
[backbones.base]
path = "models/base"
[arms.baseline]
"""
VARIANT = 'target.translate_train = { tasks = { xnli = "xnli-de" }, languages = ["de"] }\n'
GERMAN = replace(TASKS["xnli"], name="xnli-de", languages=("de",), splits={"train": Files("other", ("de",), "train")})


def known(name: str, own: Mapping[str, Task]) -> Task:
    return GERMAN if name == "xnli-de" else find(name, own)


def planned(text: str) -> Plan:
    return plan(study_of(tomllib.loads(STUDY + text), "toy", "toy.toml"), ToySource(), known, identify)


def effects(found: Plan) -> pl.DataFrame:
    """Effects where every arm scores 70, the baseline 60 and floors 30."""
    scores = {cell.floor: 30.0 for cell in found.cells} | {cell.score: 70.0 for cell in found.cells}
    scores |= {cell.score: 60.0 for cell in found.cells if cell.arm == "baseline"}
    return of_study(found, results(found, lambda key: {"score": scores[key]} if key in scores else None))


def test_steps_one_after_another_are_not_the_gain_of_the_first_task() -> None:
    rows = effects(planned('[arms.steps]\nintermediate = ["nli"]\nthen = [{ intermediate = ["qa"] }]\n'))
    assert rows.filter(pl.col("arm") == "steps")["tasks"].unique().to_list() == ["nli > qa"]
    assert trials(rows) == []


def test_labels_in_other_languages_are_not_the_gain_of_the_intermediate_task() -> None:
    text = f'[arms.nli]\nintermediate = ["nli"]\n[arms.both]\nintermediate = ["nli"]\n{VARIANT}'
    rows = effects(planned(text))
    named = dict(rows.select("arm", "tasks").unique().iter_rows())
    assert named == {"baseline": "", "nli": "nli", "both": ""}
    assert rows.filter(pl.col("arm") == "both")["gain"].drop_nulls().unique().to_list() == [10.0]
    assert [trial.intermediate for trial in trials(rows)] == ["nli"]
    (part,) = MEASURES["mean_gain"](rows, {"intermediate": "nli", "over": "seeds"}).parts
    assert part[1].value == 10.0


def test_translations_are_no_control_of_compute() -> None:
    wanted = "an arm with matched compute (matched = ...)"
    assert wanted in missing_controls(planned(f"[arms.tt]\n{VARIANT}"), "base")
    assert wanted not in missing_controls(
        planned('[arms.nli]\nintermediate = ["nli"]\n[arms.longer]\nmatched = "nli"\n'), "base"
    )
