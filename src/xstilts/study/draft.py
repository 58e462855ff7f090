"""The plan as it grows: what is known so far, jobs that appear once, and what they are estimated to cost.

In: jobs, in an order in which they can run. Out: ``Draft``, from which ``plan`` takes the finished plan; the settings
of a training, which every phase resolves alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import UNTRAINED, Task
from xstilts.study.backbone_table import Backbone
from xstilts.study.cost import cost_of
from xstilts.study.identity import layers_of, longest_of
from xstilts.study.job import Job, Key, Merge, Phase, Settings, Share, Train, key_of
from xstilts.study.known import Known
from xstilts.study.manifest import Cell, Cost, Shown
from xstilts.study.needs import Need
from xstilts.study.settings import resolve, settings_table
from xstilts.study.spec import Study


@dataclass
class Draft:
    """Jobs with their labels and costs, and cells. ``baselines`` holds the scores of the arm that does nothing, by
    backbone, target, split, language, seed. ``needs``: what is predicted beside what is scored."""

    known: Known
    needs: tuple[Need, ...] = ()
    jobs: dict[Key, Job] = field(default_factory=dict)
    labels: dict[Key, str] = field(default_factory=dict)
    costs: dict[Key, Cost] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)
    baselines: dict[tuple[str, str, str, str, int], Key] = field(default_factory=dict)
    probes: list[Shown] = field(default_factory=list)

    @property
    def study(self) -> Study:
        """What is planned."""
        return self.known.study

    def add(self, job: Job, label: str, parameters: int) -> Key:
        """The job's key; a job that is there already keeps its first label."""
        key = key_of(job)
        if key not in self.jobs:
            self.jobs[key], self.labels[key], self.costs[key] = job, label, cost_of(job, parameters, self.known.tokens)
        return key

    def prune(self) -> None:
        """Leave out trainings that nothing starts from or predicts with, such as those for a search without targets."""
        needed: set[Key] = set()
        for key, job in reversed(list(self.jobs.items())):
            if isinstance(job, Train | Merge) and key not in needed:
                del self.jobs[key], self.labels[key], self.costs[key]
            else:
                needed.update(job.inputs)

    def settings(
        self,
        spec: Backbone,
        phase: Phase,
        tasks: Sequence[Task],
        shares: Sequence[Share],
        own: Sequence[Mapping[str, Any]],
        more: int = 0,
    ) -> Settings:
        """The settings of one training: the tables ``own`` lie over the study's; ``more`` updates come on top."""
        tables = self.study.settings
        table = settings_table(spec.kind, phase, tasks, tables.of_phase(), tables.of_task(), own, longest(spec))
        settings = resolve(table, shares, more)
        check_length(spec, settings.max_length)
        check_layers(spec, settings.freeze_layers)
        return settings


def check_trainable(task: Task) -> None:
    """Raises ``Problem`` for a task that has nothing to train on."""
    if task.type in UNTRAINED:
        raise Problem(f"'{task.name}' is a {task.type} task: nothing can be trained on it")


def longest(spec: Backbone) -> int | None:
    """Tokens that the encoder reads at once, where that is known."""
    return spec.architecture.positions - 2 if spec.architecture else longest_of(str(spec.path))


def check_length(spec: Backbone, length: int) -> None:
    """Raises ``Problem`` for more tokens than the encoder reads, where that is known."""
    most = longest(spec)
    if most is not None and length > most:
        counted = " (positions - 2)" if spec.architecture else ""
        raise Problem(f"max_length {length} is more than the encoder reads: it has places for {most} tokens{counted}")


def check_layers(spec: Backbone, frozen: int) -> None:
    """Raises ``Problem`` for more frozen layers than the encoder has, where that is known."""
    layers = spec.architecture.layers if spec.architecture else spec.layers
    layers = layers or (layers_of(str(spec.path)) if frozen else None)
    if layers is not None and frozen > layers:
        raise Problem(f"freeze_layers {frozen} is more than the encoder has (layers = {layers})")
