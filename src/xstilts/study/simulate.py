"""How long a plan takes on so many workers, before it is run.

In: a ``Plan``, what of it is done, how many seconds each job takes. Out: ``Simulated``: when the last job ends, how
busy the workers were, and the chain of jobs that no number of workers makes shorter. Groups are placed by ``place``, as
the runner places them; there is no other rule here.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection
from dataclasses import dataclass

from xstilts.study.footprint import Device, Shapes, hours
from xstilts.study.held import held_in
from xstilts.study.job import Key
from xstilts.study.manifest import Plan
from xstilts.study.place import Group, Placement, Room

Seconds = Callable[[Key, int], float]  # of a job with so many threads
# Seconds that a job takes beside its operations: reading rows, writing results; of a machine without a calibration.
BESIDE = 0.1


@dataclass(frozen=True)
class Simulated:
    """``seconds`` until the last job ends on so many ``workers``, ``work`` that they do, in seconds of one worker,
    ``processes`` that are started, and the ``critical`` path: the jobs of the longest chain and its ``chain`` of
    seconds."""

    workers: int
    seconds: float
    work: float
    processes: int
    critical: tuple[Key, ...]
    chain: float

    @property
    def efficiency(self) -> float:
        """The share of the workers' time in which they work."""
        return self.work / (self.workers * self.seconds) if self.seconds else 1.0

    @property
    def bound(self) -> float:
        """Seconds below which no order of the jobs can come."""
        return max(self.chain, self.work / self.workers)


def simulate(plan: Plan, done: Collection[Key], room: Room, seconds: Seconds, begin: float = 0.0) -> Simulated:
    """Run ``plan`` without doing anything. ``seconds`` of a job with so many threads; ``begin``: those that a process
    takes before its first job."""
    placement = Placement(plan)
    open = dict.fromkeys(key for key in plan.jobs if key not in done)
    missing = {key: sum(needed in open for needed in plan.needs(key)) for key in open}
    ready = {key: None for key in open if not missing[key]}
    running: dict[Group, None] = {}
    ends: list[tuple[float, int, Group]] = []
    now = work = 0.0
    count = 0
    took: dict[Key, float] = {}
    while open:
        for start in placement.next(ready, open, running, room):
            took |= {key: seconds(key, start.threads) for key in start.keys}
            lasts = begin + sum(took[key] for key in start.keys)
            count, work = count + 1, work + lasts
            running[start.keys] = None
            heapq.heappush(ends, (now + lasts, count, start.keys))
            for key in start.keys:
                ready.pop(key, None)
        now, _, keys = heapq.heappop(ends)
        del running[keys]
        for key in keys:
            del open[key]
            for user in placement.users[key]:
                if user in open:
                    missing[user] -= 1
                    if not missing[user]:
                        ready[user] = None
        for key in keys:
            ready.pop(key, None)
    critical, chain = _longest(plan, placement, took)
    return Simulated(room.slots, now, work, count, critical, chain)


def seconds_on(plan: Plan, device: Device, threads: float | None = None) -> Seconds:
    """Seconds of a job of ``plan`` on ``device``, as far as its operations tell; ``threads``: what the device's speed
    was measured with, None where a job has all of it."""
    shapes = Shapes(plan)
    beside = 0.0 if device.rates else BESIDE  # a calibration has it in the seconds of a job

    def seconds(key: Key, given: int) -> float:
        job = plan.jobs[key]
        share = given / threads if threads else 1.0
        return beside + 3600 * hours(job, plan.costs[key], shapes.of(job), device, held_in(plan, job)) / share

    return seconds


def _longest(plan: Plan, placement: Placement, took: dict[Key, float]) -> tuple[tuple[Key, ...], float]:
    """The jobs that follow from each other and take longest."""
    lasts: dict[Key, float] = {}
    after: dict[Key, Key | None] = {}
    for key in reversed(list(plan.jobs)):
        if key in took:
            users = [user for user in placement.users[key] if user in lasts]
            after[key] = max(users, key=lasts.__getitem__, default=None)
            lasts[key] = took[key] + max((lasts[user] for user in users), default=0.0)
    at: Key | None = max(lasts, key=lasts.__getitem__, default=None)
    chain = lasts[at] if at is not None else 0.0
    path: list[Key] = []
    while at is not None:
        path.append(at)
        at = after[at]
    return tuple(path), chain
