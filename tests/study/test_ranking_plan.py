"""The candidates of a ranking are embedded once a model, in all languages, whatever languages are asked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping

import pytest
from toy_world import TINY, ToySource, identify
from toy_world import find as find_toy

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import CANDIDATES, Files, Task, TaskType
from xstilts.study.job import Embed, Predict, Score, Train
from xstilts.study.manifest import Plan, plan_from_json
from xstilts.study.plan import plan
from xstilts.study.spec import study_of

STUDY = f"""
question = "Does it help?"
targets = ["search"]
languages = ["de"]
seeds = [0, 1]
{TINY}"""
LANGUAGES = ("en", "de", "sw")
_FILES = Files("toy", ("{language}",), "test")
SEARCH = Task(
    "search",
    "search",
    TaskType.RANKING,
    "mean_average_precision",
    LANGUAGES,
    {"train": Files("toy", ("en",), "train", languages=("en",)), "test": _FILES, CANDIDATES: _FILES},
    lineage="search",
)


def find(name: str, own: Mapping[str, Task]) -> Task:
    return SEARCH if name == "search" else find_toy(name, own)


def planned(*missing: tuple[str, str, str]) -> Plan:
    return plan(study_of(tomllib.loads(STUDY), "toy", "toy.toml"), ToySource(*missing), find, identify)


def test_candidates_of_all_languages_are_embedded_once_a_model() -> None:
    found = planned()
    embeds = {key: job for key, job in found.jobs.items() if isinstance(job, Embed)}
    models = {key for key, job in found.jobs.items() if isinstance(job, Train) and job.phase == "target"}
    assert {(job.model, job.data.language) for job in embeds.values()} == {
        (model, language) for model in models for language in LANGUAGES
    }
    assert len(embeds) == len(models) * 3 == 12 == found.counts()["embed"]
    predictions = [job for job in found.jobs.values() if isinstance(job, Predict)]
    assert len([job for job in predictions if job.model]) == 4 * 2  # German, and English, which it trains on
    for job in predictions:
        if job.model is None:  # the floor needs no vectors
            assert not job.vectors and not job.pool
            continue
        assert [embeds[key].data for key in job.vectors] == list(job.pool)
        assert {embeds[key].model for key in job.vectors} == {job.model}
        assert [rows.language for rows in job.pool] == list(LANGUAGES)
        assert set(job.vectors) < set(job.inputs)
    scores = [job for job in found.jobs.values() if isinstance(job, Score)]
    assert len({job.pool for job in scores}) == 1 and len(scores[0].pool) == 3
    assert plan_from_json(found.to_json()) == found
    assert not any("pool" in note for note in found.notes)


def test_a_smaller_pool_is_said_and_is_another_prediction() -> None:
    found = planned(("search", CANDIDATES, "sw"))
    assert any("search (candidates): none here in sw" in note for note in found.notes)
    keys, others = (
        {key for key, job in plan.jobs.items() if isinstance(job, Predict) and job.model} for plan in (found, planned())
    )
    assert not keys & others


def test_without_candidates_there_is_nothing_to_look_in() -> None:
    with pytest.raises(Problem, match=r"no data for 'search' \(candidates\)"):
        planned(*(("search", CANDIDATES, language) for language in LANGUAGES))
