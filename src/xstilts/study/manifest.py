"""What a plan holds, as values and as JSON.

In: what ``plan`` resolved, or the manifest that an earlier run left in the store. Out: ``Plan``: jobs in an order in
which they can run, cells (one a score), estimated costs. Status and results are read from it without the study file
or data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from xstilts.study.job import Job, Key, Score, Train, from_json, key_of, phase_of, to_json
from xstilts.study.overlap import Overlap, overlap_from_json


@dataclass(frozen=True)
class Cost:
    """Estimated work of a job: tokens through the encoder, and floating-point operations.

    6 N T for training and 2 N T for prediction, N weights without embeddings, T tokens (Kaplan et al. 2020).
    """

    tokens: int
    flops: float

    @property
    def units(self) -> float:
        """What the order of jobs and the time left go by; a job that computes nothing still takes a moment."""
        return self.flops + 1e9


@dataclass(frozen=True)
class Cell:
    """One score of the results table: what it says and which jobs it comes from.

    ``intermediate`` names the tasks that were trained at once; of several steps it holds one text, ``a+b > c``, and of
    weights that were added ``a & b``.
    ``trainings`` are the keys of the intermediate and target phases behind it, ``updates`` their updates together.
    ``baseline`` is the key of the score to compare with. ``seen``: what the language had before: ``labels``, ``text``,
    ``labels+text``, ``nothing``, or ``unknown`` (a ready backbone's pretraining). ``intermediate_languages``: those of
    the labelled intermediate rows, ``en+de``.
    """

    backbone: str
    arm: str
    intermediate: tuple[str, ...]
    intermediate_examples: int
    subset_seed: int
    target: str
    task_type: str
    language: str
    split: str
    metric: str
    protocol: str
    seed: int
    examples: int
    updates: int
    score: Key
    floor: Key
    baseline: Key | None
    model: Key | None
    trainings: tuple[Key, ...]
    self_pair: bool
    seen: str
    intermediate_languages: str = ""


@dataclass(frozen=True)
class Shown:
    """A probe and what it is about: what it ``shows`` of a backbone after the ``arm`` (empty: before any), on the rows
    of a ``target`` (empty: of the arm's own task) in a ``language`` (empty: the one with labels)."""

    shows: str
    backbone: str
    arm: str
    target: str
    language: str
    key: Key


@dataclass(frozen=True)
class Shared:
    """A training that others start from: its label, and how many target trainings and scores build on it."""

    key: Key
    label: str
    trainings: int
    scores: int


@dataclass(frozen=True)
class Plan:
    """``jobs`` come after what they need. ``backbones`` maps the names inside keys to folders or hub names,
    ``predictions`` the checksums inside keys to files. ``tasks`` says of each task of the study what tables show beside
    its scores, ``languages`` what the catalogue does not know of the study's own. ``analyses`` names what its report
    tells beside its scores, ``groups`` sets of languages that these tell apart, ``evidence`` holds what differs from
    the defaults of ``evidence.Evidence``. ``overlaps``: what is both trained on and scored. ``probes``: what models
    are asked to show of tasks. ``held``: how trainings are held by devices, by what they begin with (``held.Held``).
    """

    study: str
    file: str
    level: str
    question: str
    jobs: Mapping[Key, Job]
    cells: tuple[Cell, ...]
    labels: Mapping[Key, str]
    costs: Mapping[Key, Cost]
    backbones: Mapping[str, str] = field(default_factory=dict)
    tasks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    languages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    predictions: Mapping[str, str] = field(default_factory=dict)
    analyses: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    overlaps: tuple[Overlap, ...] = ()
    probes: tuple[Shown, ...] = ()
    held: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """``study@level``, the manifest's name."""
        return f"{self.study}@{self.level}"

    def needs(self, key: Key) -> tuple[Key, ...]:
        """The jobs that must be done before."""
        return self.jobs[key].inputs

    def phase(self, key: Key) -> str:
        """The phase of a training, the kind of any other job."""
        return phase_of(self.jobs[key])

    def users(self) -> dict[Key, list[Key]]:
        """For each job, the jobs that need it."""
        found: dict[Key, list[Key]] = {key: [] for key in self.jobs}
        for key, job in self.jobs.items():
            for needed in job.inputs:
                found[needed].append(key)
        return found

    def after(self, keys: Iterable[Key]) -> set[Key]:
        """Every job that needs one of ``keys``, directly or not."""
        lost = set(keys)
        for key, job in self.jobs.items():
            if any(needed in lost for needed in job.inputs):
                lost.add(key)
        return lost - set(keys)

    def of_search(self) -> frozenset[Key]:
        """The jobs that serve the search for learning rates alone."""
        users: dict[Key, list[Key]] = {key: [] for key in self.jobs}
        tried: set[Key] = set()
        for key, job in self.jobs.items():
            rates = {one.score for one in job.candidates} if isinstance(job, Train) else set()
            tried |= rates
            for needed in set(job.inputs) - rates:
                users[needed].append(key)
        found: set[Key] = set()
        for key in reversed(list(self.jobs)):
            if (key in tried or users[key]) and all(user in found for user in users[key]):
                found.add(key)
        return frozenset(found)

    def shared(self) -> tuple[Shared, ...]:
        """Trainings that serve several others, the most used first."""
        found = []
        for key, job in self.jobs.items():
            if isinstance(job, Train) and job.phase != "target":
                later = [self.jobs[other] for other in self.after([key])]
                trainings = sum(isinstance(other, Train) and other.phase == "target" for other in later)
                found.append(Shared(key, self.labels[key], trainings, sum(isinstance(o, Score) for o in later)))
        return tuple(sorted(found, key=lambda item: (-item.scores, item.label)))

    def counts(self) -> dict[str, int]:
        """How many jobs of each kind: ``pretraining``, ``intermediate``, ``target``, ``merge``, ...."""
        counts: dict[str, int] = {}
        for job in self.jobs.values():
            kind = phase_of(job)
            counts[kind] = counts.get(kind, 0) + 1
        return counts

    def to_json(self) -> dict[str, Any]:
        """The manifest: all of the plan, as plain JSON."""
        return {
            **{name: getattr(self, name) for name in ("study", "file", "level", "question")},
            "jobs": [
                {
                    "key": key,
                    "label": self.labels[key],
                    "tokens": self.costs[key].tokens,
                    "flops": self.costs[key].flops,
                    "job": to_json(job),
                }
                for key, job in self.jobs.items()
            ],
            "cells": [asdict(cell) for cell in self.cells],
            "backbones": dict(self.backbones),
            "tasks": {name: dict(table) for name, table in self.tasks.items()},
            "notes": list(self.notes),
            "languages": {code: dict(table) for code, table in self.languages.items()},
            "predictions": dict(self.predictions),
            "analyses": list(self.analyses),
            "groups": {name: list(codes) for name, codes in self.groups.items()},
            "evidence": dict(self.evidence),
            "overlaps": [asdict(one) for one in self.overlaps],
            **({"probes": [asdict(one) for one in self.probes]} if self.probes else {}),
            **({"held": {name: dict(table) for name, table in self.held.items()}} if self.held else {}),
        }


def plan_from_json(value: Mapping[str, Any]) -> Plan:
    """The plan that ``Plan.to_json`` wrote. Raises ``TypeError`` or ``KeyError`` where it is none."""
    jobs = {item["key"]: from_json(item["job"]) for item in value["jobs"]}
    if any(key_of(job) != key for key, job in jobs.items()):
        raise TypeError("a job of the manifest has another key than it should")
    cells = tuple(
        Cell(**{**cell, "intermediate": tuple(cell["intermediate"]), "trainings": tuple(cell["trainings"])})
        for cell in value["cells"]
    )
    return Plan(
        **{name: value[name] for name in ("study", "file", "level", "question", "backbones", "tasks")},
        jobs=jobs,
        cells=cells,
        labels={item["key"]: item["label"] for item in value["jobs"]},
        costs={item["key"]: Cost(item["tokens"], item["flops"]) for item in value["jobs"]},
        notes=tuple(value["notes"]),
        languages=value.get("languages", {}),
        predictions=value.get("predictions", {}),
        analyses=tuple(value.get("analyses", ())),
        groups={name: tuple(codes) for name, codes in value.get("groups", {}).items()},
        evidence=value.get("evidence", {}),
        overlaps=tuple(map(overlap_from_json, value.get("overlaps", ()))),
        probes=tuple(Shown(**one) for one in value.get("probes", ())),
        held=value.get("held", {}),
    )
