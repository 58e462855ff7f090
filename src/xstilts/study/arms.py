"""What an arm does before the target phase: nothing, a ready checkpoint, one training, or several in a row.

In: an ``[arms.NAME]`` table and an ``Encoder``. Out: ``Prepared`` for every seed, with its ``Train`` jobs in the draft;
mistakes are collected.
"""

from __future__ import annotations

from dataclasses import dataclass

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import Task, TaskType
from xstilts.study.arm_table import Arm, Step
from xstilts.study.draft import Draft, check_trainable
from xstilts.study.encoders import Encoder
from xstilts.study.job import Key, Share, Start, Train, Translations


@dataclass(frozen=True)
class Prepared:
    """A backbone after an arm: where target trainings start, and what the intermediate phase was."""

    start: Start
    trainings: tuple[Key, ...] = ()
    shares: tuple[Share, ...] = ()
    updates: int = 0


def said(arm: Arm) -> tuple[str, ...]:
    """The tasks of the intermediate phase as tables show them (see ``manifest.Cell``)."""
    if len(arm.steps) < 2:
        return tuple(task for step in arm.steps for task in step.intermediate)
    return (" > ".join("+".join(step.intermediate) for step in arm.steps),)


def step_shares(draft: Draft, place: str, step: Step) -> list[tuple[Task, Share]]:
    """The tasks of one step with their rows; those with a mistake are missing."""
    known = draft.known
    found = []
    for name in step.intermediate:
        if (task := known.task(name, place)) is None:
            continue
        with known.collect(place):
            check_trainable(task)
            mlm = task.type == TaskType.MLM
            wanted = step.languages_of(name) if not mlm or isinstance(step.languages, dict) else None
            languages = known.languages(task, "train", wanted or ("all" if mlm else (task.train_language,)))
            caps = [cap for cap in (step.examples, draft.study.cap("train_examples", name)) if cap and not mlm]
            weight = step.weights.get(name, 1.0) if step.sampling == "given" else 1.0
            shuffled = step.labels == "shuffled" and not mlm
            how: Translations = step.translations or "" if not mlm else ""
            share = known.share(task, languages, min(caps, default=None), weight, step.subset_seed, shuffled, how)
            found.append((task, share))
    return found


def check_steps(draft: Draft, name: str, arm: Arm) -> None:
    """Note every mistake in the rows of the arm's steps."""
    for number, step in enumerate(arm.steps):
        step_shares(draft, _place(name, arm, number), step)


def prepared(draft: Draft, encoder: Encoder, name: str, arm: Arm) -> dict[int, Prepared] | None:
    """The starting points of the target phase, by seed; None where something is wrong."""
    known = draft.known
    start: Start | None = None
    with known.collect(f"[arms.{name}] start"):
        start = _beginning(draft, encoder, arm)
    steps = []
    for number, step in enumerate(arm.steps):
        pairs = step_shares(draft, _place(name, arm, number), step)
        if len(pairs) < len(step.intermediate):
            continue
        tasks, shares = [task for task, _ in pairs], tuple(share for _, share in pairs)
        with known.collect(f"[arms.{name}]"):
            steps.append((shares, draft.settings(encoder.spec, "intermediate", tasks, shares, [step.settings()])))
    if start is None or len(steps) < len(arm.steps):
        return None
    found: dict[int, Prepared] = {}
    for seed in draft.study.seeds:
        at = Prepared(start)
        for number, (shares, settings) in enumerate(steps, 1):
            which = f" (step {number} of {len(steps)})" if len(steps) > 1 else ""
            job = Train("intermediate", at.start, shares, settings, seed)
            key = draft.add(job, f"intermediate {name}{which}, {encoder.name}, seed {seed}", encoder.parameters)
            at = Prepared(Start(job=key), (*at.trainings, key), (*at.shares, *shares), at.updates + settings.updates)
        found[seed] = at
    return found


def _beginning(draft: Draft, encoder: Encoder, arm: Arm) -> Start:
    """The ready checkpoint that the arm names for this backbone, else the backbone itself."""
    if not arm.start:
        return encoder.start
    path = arm.start.get(encoder.name) if isinstance(arm.start, dict) else arm.start
    if path is None:
        raise Problem(f"no checkpoint for the backbone '{encoder.name}'")
    return draft.known.ready(path)


def _place(name: str, arm: Arm, number: int) -> str:
    """How a step is named in messages: the arm's own table, or which of those in ``then``."""
    after = number - bool(arm.intermediate)
    return f"[arms.{name}] intermediate" if after < 0 else f"[arms.{name}] then, step {after + 1}, intermediate"
