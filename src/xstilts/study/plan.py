"""From a study to its plan: resolve names and rows, check everything, produce each job once.

In: a ``Study``, a ``Source``, how to find a task by name and how to identify a backbone. Out: a ``Plan``, or one
``Problem`` with every mistake. The phases behind a score are one chain of ``Train`` jobs; chains that begin alike share
their beginning because equal jobs have equal keys. ``encoders`` decides what every arm begins with, ``arms`` what comes
before the target phase, ``targets`` the target phase, ``cells`` what is scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.find import get_task
from xstilts.catalogue.task import UNTRAINED, Task
from xstilts.study.answering import answering
from xstilts.study.arm_table import Arm
from xstilts.study.arms import Prepared, check_steps, prepared
from xstilts.study.cells import (
    At,
    add_beside,
    add_cell,
    add_given,
    cap_of,
    check_languages,
    evaluated,
    fits,
    reading,
    scored_rows,
    search_of,
    splits_of,
)
from xstilts.study.draft import Draft
from xstilts.study.encoders import Encoder, encoder
from xstilts.study.held import held_of
from xstilts.study.identity import identify as identify_files
from xstilts.study.job import Candidate
from xstilts.study.known import Find, Identify, Known
from xstilts.study.manifest import Plan
from xstilts.study.needs import Need, Probing
from xstilts.study.probing import add_probes
from xstilts.study.protocols import Places, Source
from xstilts.study.rates import trial_rows, tried
from xstilts.study.spec import Study
from xstilts.study.targets import Course, Model

Arms = Mapping[str, Mapping[int, Prepared]]


def plan(
    study: Study,
    source: Source,
    find: Find = get_task,
    identify: Identify = identify_files,
    needs: Sequence[Need | Probing] = (),
) -> Plan:
    """The jobs and cells of ``study``. ``find`` looks up a task by its name, first among the study's own tasks;
    ``needs``: what is predicted beside what is scored.

    Raises ``Problem`` with every mistake that was found.
    """
    known = Known(study, source, find, identify)
    draft = Draft(known, tuple(need for need in needs if isinstance(need, Need)))
    targets = [task for name in study.targets if (task := known.task(name, "targets"))]
    targets = [task for task in targets if fits(draft, task)]
    check_languages(draft, targets)
    if study.exclude_overlap != "nothing":
        known.scored = tuple(scored_rows(draft, targets))
    for name, arm in study.arms.items():
        check_steps(draft, name, arm)
    encoders = [encoder(draft, name, spec) for name, spec in study.backbones.items()]
    for one in filter(None, encoders):
        arms = prepared(draft, one)
        for task in targets:
            with known.collect(f"target {task.name}"):
                _target(draft, one, arms, task)
        for need in (need for need in needs if isinstance(need, Probing)):
            with known.collect(f"probes of {one.name}"):
                add_probes(draft, need, one, arms, targets)
    if known.wrong:
        raise Problem(*known.wrong)
    draft.prune()
    planned = Plan(
        study=study.name,
        file=study.file,
        level=study.level,
        question=study.question,
        jobs=draft.jobs,
        cells=tuple(draft.cells),
        labels=draft.labels,
        costs=draft.costs,
        backbones=known.backbones,
        tasks={task.name: _shown(task) for task in known.tasks.values() if task},
        notes=(*known.notes, *known.stand_ins(), *known.sizes()),
        languages=study.own_languages,
        predictions=known.predictions,
        analyses=study.analyses,
        groups=study.groups,
        evidence=study.evidence.model_dump(exclude_defaults=True),
        probes=tuple(draft.probes),
    )
    return replace(planned, held=held_of(study, planned))


def places_of(study: Study, plan: Plan, data: str | None = None) -> Places:
    """Where the jobs of ``plan`` find what they name."""
    own = study.own_languages
    return Places(
        data, study.world, study.tasks, plan.backbones, languages=own, predictions=plan.predictions, held=plan.held
    )


def _target(draft: Draft, encoder: Encoder, arms: Arms, task: Task) -> None:
    """Everything of one backbone and one target: trainings, predictions, scores, cells; the baseline first."""
    study, how, search = draft.study, reading(draft, encoder.spec, task), search_of(draft, encoder, task)
    decided = answering(study.no_answer_threshold, draft.known.source, task)
    asked = [(split, language) for split in splits_of(draft, task) for language in evaluated(draft, task, split)]
    plain: dict[int, Mapping[str, Model]] = {}
    trials = _trials(draft, encoder, arms, task, how)
    for arm, seed in product(sorted(arms, key=lambda name: name != study.baseline), study.seeds):
        spec = study.arms[arm]
        if spec.predictions is not None:
            _given(draft, encoder, arm, spec, [At(task, *place, seed, search) for place in asked])
            continue
        course = _course(draft, encoder, arms, arm, task, seed)
        models = _models(replace(course, candidates=trials.get(spec.target.rate_of or arm, ())), asked)
        if arm == study.baseline:
            plain[seed] = models
        elif spec.target.variants and models == plain.get(seed):
            draft.known.notes[f"[arms.{arm}]: {task.name} is left out: it would repeat the baseline"] = None
            continue
        for split, language in asked if models else ():
            model, before = models[language], arms[arm][seed]
            draft.known.check_apart((*before.shares, *model.shares), task, split, language)
            add_cell(draft, encoder, arm, At(task, split, language, seed, search, decided), before, model, how)
        add_beside(draft, encoder, arm, task, seed, arms[arm][seed], models, how)


def _trials(
    draft: Draft, encoder: Encoder, arms: Arms, task: Task, how: Mapping[str, Any]
) -> Mapping[str, tuple[Candidate, ...]]:
    """The learning rates that each arm tries for the target; nothing where the study searches for none."""
    study, search = draft.study, draft.study.search
    if search is None or task.type in UNTRAINED:
        return {}
    rows = trial_rows(draft, task, splits_of(draft, task), search.examples)
    if rows is None:
        return {}
    found: dict[str, tuple[Candidate, ...]] = {}
    for arm in arms:
        if study.arms[arm].target.learning_rate is not None:
            draft.known.notes[f"[arms.{arm}] states its learning rate of the target phase: none is searched"] = None
        elif study.arms[arm].searched:
            with draft.known.collect(f"[arms.{arm}], target {task.name}, search"):
                found[arm] = tried(_course(draft, encoder, arms, arm, task, search.seed), search, rows, how)
    return found


def _course(draft: Draft, encoder: Encoder, arms: Arms, arm: str, task: Task, seed: int) -> Course:
    matched = draft.study.arms[arm].matched
    more = arms[matched][seed].updates if matched and matched in arms else 0
    return Course(draft, encoder, arm, arms[arm][seed], task, seed, more)


def _models(course: Course, asked: Sequence[tuple[str, str]]) -> Mapping[str, Model]:
    """What predicts the target in each language; nothing where something is wrong."""
    languages = tuple(dict.fromkeys(language for _, language in asked))
    with course.draft.known.collect(f"[arms.{course.arm}], target {course.task.name}"):
        return course.models(languages)
    return {}


def _given(draft: Draft, encoder: Encoder, arm: str, spec: Arm, asked: Sequence[At]) -> None:
    """The cells of an arm whose predictions lie in a folder; every mistake of every file is collected."""
    for at in asked:
        if spec.targets is not None and at.task.name not in spec.targets:
            continue
        with draft.known.collect(f"[arms.{arm}] predictions"):
            folder = str(spec.predictions).format(seed=at.seed, backbone=encoder.name)
            rows = draft.known.rows(at.task, at.split, at.language)
            add_given(draft, encoder, arm, at, draft.known.given(folder, rows, cap_of(draft, at)))


def _shown(task: Task) -> dict[str, Any]:
    names = ("title", "metric", "protocol", "train_language", "evaluation_split", "lineage", "licence", "notes")
    return {"type": str(task.type), **{name: getattr(task, name) for name in (*names, "in_place_of")}}
