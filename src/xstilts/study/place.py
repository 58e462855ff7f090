"""Which jobs start next, together in which process, and with how many threads.

In: a ``Plan``, what is open and what is running. Out: groups of jobs. The runner and the simulation of a plan ask the
same functions. What shares a model shares a process, so that it is loaded once; the longest chain goes first; as many
groups run side by side as there are slots and as their estimated memory allows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from xstilts.study.footprint import Shapes, memory
from xstilts.study.held import held_in
from xstilts.study.job import Embed, Key, Merge, Predict, Probe, Score, Train
from xstilts.study.manifest import Plan

Group = tuple[Key, ...]
# Operations of an update from which several threads are worth their waiting for each other.
WORTH_THREADS = 2e10


@dataclass(frozen=True)
class Room:
    """What there is for jobs: so many processes side by side, and the processor ``cores`` that they share or the
    ``threads`` that each has. ``memory``: bytes for all of them together, None where somebody else sees to it."""

    slots: int
    cores: int = 1
    threads: int | None = None
    memory: float | None = None


@dataclass(frozen=True)
class Start:
    """A group to be started, with so many threads; ``memory``: the most that one of its jobs holds, in bytes."""

    keys: Group
    threads: int
    memory: float


@dataclass(frozen=True)
class Placement:
    """How the jobs of ``plan`` are placed."""

    plan: Plan

    @cached_property
    def users(self) -> Mapping[Key, list[Key]]:
        """For each job, those that need it."""
        return self.plan.users()

    @cached_property
    def chains(self) -> Mapping[Key, float]:
        """The estimated work of the longest chain of jobs that begins with each."""
        found: dict[Key, float] = {}
        for key in reversed(list(self.plan.jobs)):
            after = max((found[user] for user in self.users[key]), default=0.0)
            found[key] = self.plan.costs[key].units + after
        return found

    @cached_property
    def sizes(self) -> Mapping[Key, float]:
        """Bytes that each job is estimated to hold at most."""
        shapes = Shapes(self.plan)
        found: dict[Key, float] = {}
        for key, job in self.plan.jobs.items():
            held = held_in(self.plan, job)
            found[key] = memory(job, shapes.of(job), held) * held.shards
        return found

    def next(self, ready: Iterable[Key], open: Collection[Key], running: Collection[Group], room: Room) -> list[Start]:
        """The groups to be started now. ``ready``: open jobs whose inputs are done and that nobody is doing; ``open``:
        all that is not done.

        The longest chain goes first. One that finds too little memory waits until there is enough, and everything
        behind it waits too, or it might wait for ever; where nothing runs it starts all the same.
        """
        heads = self._heads(ready)
        heavy = sum(self._threaded(keys[0]) for keys in [*heads, *running])
        taken = sum(self.size(keys) for keys in running)
        busy = {key for keys in running for key in keys}
        found: list[Start] = []
        for head in heads[: max(0, room.slots - len(running))]:
            keys = self._followed(head, open, busy)
            size = self.size(keys)
            if room.memory is not None and taken + size > room.memory and (running or found):
                break
            share = min(heavy, room.slots) if self._threaded(keys[0]) else room.slots
            found.append(Start(keys, room.threads or max(1, room.cores // max(1, share)), size))
            taken += size
            busy.update(keys)
        return found

    def size(self, keys: Group) -> float:
        """Bytes that a process which does ``keys`` one after another holds at most."""
        return max(self.sizes[key] for key in keys)

    def _heads(self, ready: Iterable[Key]) -> list[Group]:
        """Jobs that begin a process together, the longest chain first."""
        groups: dict[str, list[Key]] = {}
        for key in ready:
            groups.setdefault(self._models[key], []).append(key)
        return sorted(map(tuple, groups.values()), key=lambda keys: -max(self.chains[key] for key in keys))

    @cached_property
    def _models(self) -> Mapping[Key, str]:
        return {key: self._model_of(key) for key in self.plan.jobs}

    def _model_of(self, key: Key) -> str:
        """Predictions with the same model share a process; scores whose predictions are done share another."""
        job = self.plan.jobs[key]
        if isinstance(job, Embed):
            return job.model
        if isinstance(job, Probe):
            return job.model or repr(job.start)
        if isinstance(job, Predict):
            return job.model or (repr(job.start) if job.start else "floors")
        return "scores" if isinstance(job, Score) else key

    def _followed(self, head: Group, open: Collection[Key], busy: Collection[Key]) -> Group:
        """``head``, each job of it followed by what can be done with its result at once in the same process.

        A training that others wait for is followed by nothing, so that they need not wait for its predictions.
        """
        found = dict.fromkeys(head)

        def follow(key: Key) -> None:
            if isinstance(self.plan.jobs[key], Train | Merge) and any(map(self._trains, self.users[key])):
                return
            for user in self.users[key]:
                waits = any(needed in open and needed not in found for needed in self.plan.needs(user))
                if user in open and user not in found and user not in busy and not waits and not self._trains(user):
                    found[user] = None
                    follow(user)

        ordered: list[Key] = []
        for key in head:
            before = len(found)
            follow(key)
            ordered += [key, *list(found)[before:]]
        return tuple(ordered)

    def _trains(self, key: Key) -> bool:
        return isinstance(self.plan.jobs[key], Train | Merge)

    def _threaded(self, key: Key) -> bool:
        """Whether this is a first phase that is big enough for several threads."""
        job = self.plan.jobs[key]
        if not isinstance(job, Train) or job.phase != "pretraining":
            return False
        return self.plan.costs[key].flops >= WORTH_THREADS * job.settings.updates
