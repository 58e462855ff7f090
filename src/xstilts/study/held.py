"""How the devices of a machine hold the trainings of a backbone. Never part of a key: the results are the same.

In: what a study says of its backbones. Out: ``Held``, for plans and jobs, found by what a training began with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from xstilts.study.canonical import canonical
from xstilts.study.job import Job, Key, Start, Train
from xstilts.study.manifest import Plan
from xstilts.study.shape import root
from xstilts.study.spec import Study


@dataclass(frozen=True)
class Held:
    """``shards``: processes, each with a device, that hold one training together. ``recompute``: the inner values of a
    block are computed again on the way back, instead of kept."""

    shards: int = 1
    recompute: bool = False


def held_of(study: Study, plan: Plan) -> dict[str, dict[str, Any]]:
    """What ``study`` says of the encoders with which the trainings of ``plan`` begin, by their names; the most of it,
    where several of its backbones begin with the same one."""
    found: dict[str, Held] = {}
    for cell in plan.cells:
        spec = study.backbones[cell.backbone]
        own = Held(spec.shards, spec.recompute)
        for start in {root(plan.jobs, plan.jobs[key]) for key in cell.trainings} if own != Held() else ():
            if start is not None:
                other = found.get(_name(start), own)
                found[_name(start)] = Held(max(own.shards, other.shards), own.recompute or other.recompute)
    return {name: asdict(held) for name, held in found.items()}


def held_by(jobs: Mapping[Key, Job], job: Job, said: Mapping[str, Mapping[str, Any]]) -> Held:
    """How ``job`` is held, by what ``held_of`` said; ``jobs`` has those that it started from."""
    start = root(jobs, job) if said else None
    return Held(**said.get(_name(start), {})) if start is not None else Held()


def held_in(plan: Plan, job: Job) -> Held:
    """How ``job`` of ``plan`` is held; only trainings are held by several."""
    return held_by(plan.jobs, job, plan.held) if isinstance(job, Train) else Held()


def _name(start: Start) -> str:
    return start.backbone or json.dumps(canonical(start.architecture), sort_keys=True)
