"""What an arm does before the target phase: nothing, a ready checkpoint, one training, several in a row, or weights of
several trainings put together.

In: an ``[arms.NAME]`` table and an ``Encoder``. Out: ``Prepared`` for every seed, with its ``Train`` jobs in the draft;
mistakes are collected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import Task, TaskType
from xstilts.study.arm_table import Arm, Step
from xstilts.study.draft import Draft, check_trainable
from xstilts.study.encoders import Encoder
from xstilts.study.job import Key, Merge, Part, Settings, Share, Start, Train, Translations
from xstilts.study.spec import Study

RUNS_APART = 1_000_000  # between the seeds of the runs of one arm, so that no study's own seeds meet them


@dataclass(frozen=True)
class Prepared:
    """A backbone after an arm: where target trainings start, and what the intermediate phase was."""

    start: Start
    trainings: tuple[Key, ...] = ()
    shares: tuple[Share, ...] = ()
    updates: int = 0


def said(study: Study, arm: Arm) -> tuple[str, ...]:
    """The tasks of the intermediate phase as tables show them (see ``manifest.Cell``)."""
    if arm.add:
        added = [" > ".join("+".join(step.intermediate) for step in study.arms[name].steps) for name in arm.add]
        return (" > ".join([" & ".join(added), *("+".join(step.intermediate) for step in arm.steps)]),)
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
            kept = draft.study.cap("train_examples", name)
            caps = [cap for cap in (step.examples, kept) if cap and not mlm]
            if step.examples and min(caps, default=step.examples) < step.examples:
                known.notes[f"{place}: examples = {step.examples:,}, but train_examples keeps {kept:,} of {name}"] = (
                    None
                )
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


def prepared(draft: Draft, encoder: Encoder) -> dict[str, dict[int, Prepared]]:
    """The starting points of the target phase, by arm and seed; arms with a mistake are missing."""
    arms = draft.study.arms
    found: dict[str, dict[int, Prepared]] = {}
    for name in sorted(arms, key=lambda name: bool(arms[name].add)):  # after those that they add
        if (one := _prepared(draft, encoder, name, arms[name], found)) is not None:
            found[name] = one
    return {name: found[name] for name in arms if name in found}


def _prepared(
    draft: Draft, encoder: Encoder, name: str, arm: Arm, others: Mapping[str, Mapping[int, Prepared]]
) -> dict[int, Prepared] | None:
    """One arm, by seed; None where something is wrong. ``others``: the arms that it may add."""
    known, wrong = draft.known, len(draft.known.wrong)
    start = encoder.start
    with known.collect(f"[arms.{name}]"):
        if (arm.add or arm.runs > 1) and start.architecture is not None:
            raise Problem("weights of encoders that begin at random have no common ground: give the backbone a 'path'")
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
    if len(known.wrong) > wrong or len(steps) < len(arm.steps) or any(other not in others for other in arm.add):
        return None
    found: dict[int, Prepared] = {}
    for seed in draft.study.trained_seeds:
        at = Prepared(start)
        if arm.add:
            parts = [(others[other][seed], scale) for other, scale in arm.add.items()]
            at = _merged(draft, f"add {name}, {encoder.name}, seed {seed}", parts, start)
        runs = [_trained(draft, encoder, name, steps, at, seed + RUNS_APART * run) for run in range(arm.runs)]
        if len(runs) > 1:
            label = f"mean of {len(runs)} runs, {name}, {encoder.name}, seed {seed}"
            runs = [_merged(draft, label, [(run, 1 / len(runs)) for run in runs])]
        found[seed] = runs[0]
    return found


def _trained(
    draft: Draft,
    encoder: Encoder,
    name: str,
    steps: Sequence[tuple[tuple[Share, ...], Settings]],
    at: Prepared,
    seed: int,
) -> Prepared:
    """The backbone after the steps of an arm, one after the other."""
    for number, (shares, settings) in enumerate(steps, 1):
        which = f" (step {number} of {len(steps)})" if len(steps) > 1 else ""
        job = Train("intermediate", at.start, shares, settings, seed)
        key = draft.add(job, f"intermediate {name}{which}, {encoder.name}, seed {seed}", encoder.parameters)
        at = Prepared(Start(job=key), (*at.trainings, key), (*at.shares, *shares), at.updates + settings.updates)
    return at


def _merged(draft: Draft, label: str, parts: Sequence[tuple[Prepared, float]], base: Start | None = None) -> Prepared:
    """The weighted sum of ``parts``; to ``base``, where there is one, what they changed in it is added."""
    starts = [Part(part.start, weight) for part, weight in parts]
    if base is not None:
        starts = [Part(base, 1 - sum(weight for _, weight in parts)), *starts]
    key = draft.add(Merge(tuple(starts)), label, 0)
    trainings = dict.fromkeys(training for part, _ in parts for training in part.trainings)
    shares = dict.fromkeys(share for part, _ in parts for share in part.shares)
    updates = sum(part.updates for part, _ in parts)
    return Prepared(Start(job=key), (*trainings, key), tuple(shares), updates)


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
