"""How long what is left of a study will take, from what its jobs have taken so far.

In: a ``Plan``, the speeds of this machine, the seconds of jobs that ended. Out: ``Remaining``, which tells the seconds
that are left. What was foreseen of a job is corrected by those of its kind that ended, and by all jobs as long as few
of its kind have; then the jobs are placed on workers as the runner places them (``simulate``).
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from xstilts.study.calibration import USUAL, Rate, seconds
from xstilts.study.footprint import Shapes
from xstilts.study.job import Key
from xstilts.study.manifest import Plan
from xstilts.study.place import Room
from xstilts.study.simulate import simulate

# Of all that was foreseen, the share that must have ended to count as much as what was foreseen.
WEIGHT = 0.005
BEGIN = 0.3  # seconds until a forked process does its first job
SELDOM = 50  # the estimate itself takes at most one of so many seconds


@dataclass
class Remaining:
    """The jobs of ``plan`` on the workers of ``room``; ``rates``: the calibration of this machine. Without one only the
    ratios of what is foreseen mean anything."""

    plan: Plan
    rates: Sequence[Rate]
    room: Room
    _ended: dict[str, tuple[float, float]] = field(default_factory=dict)  # by kind, seconds foreseen and taken
    _first: dict[Key, tuple[float, float]] = field(default_factory=dict)  # share done of a running job, and when
    _told: tuple[float, float, float | None] = (0.0, 0.0, None)  # when, how long it holds, what

    @cached_property
    def foreseen(self) -> Mapping[Key, float]:
        """Seconds of every job, before any has run."""
        shapes = Shapes(self.plan)
        costs = self.plan.costs
        return {
            key: seconds(job, costs[key], shapes.of(job), self.rates or USUAL) for key, job in self.plan.jobs.items()
        }

    def took(self, key: Key, taken: float) -> None:
        """A job has ended after ``taken`` seconds."""
        self._ended[self.plan.phase(key)] = self._with(self._ended, key, 1.0, taken)

    def left(self, open: Collection[Key], begun: Mapping[Key, float]) -> float | None:
        """Seconds until all ``open`` jobs will have ended, None before anything is known. ``begun``: the share that is
        done of those that are running and say so."""
        if not open:
            return 0.0
        now = time.monotonic()
        when, holds, told = self._told
        if now >= when + holds:
            told = self._estimated(open, begun, now)
            self._told = now, SELDOM * (time.monotonic() - now), told
            return told
        return None if told is None else max(0.0, told - (now - when))

    def _estimated(self, open: Collection[Key], begun: Mapping[Key, float], now: float) -> float | None:
        ended = dict(self._ended)
        for key, share in begun.items():
            before, since = self._first.get(key, (share, now))
            if before >= share:  # just begun, or begun again from its last checkpoint
                self._first[key] = share, now
            else:
                ended[self.plan.phase(key)] = self._with(ended, key, share - before, now - since)
        weight = WEIGHT * sum(self.foreseen.values())
        if not self.rates and sum(foreseen for foreseen, _ in ended.values()) < weight:
            return None
        # What a kind says of the others: its own error may be its own, so what was measured counts like one kind more.
        sure = {kind: foreseen / (foreseen + weight) for kind, (foreseen, _) in ended.items() if foreseen}
        error = {kind: math.log(ended[kind][1] / ended[kind][0]) for kind in sure if ended[kind][1]}
        every = sum(sure[kind] for kind in error) + (1.0 if self.rates else 0.0)
        common = math.exp(sum(sure[kind] * error[kind] for kind in error) / every) if every else 1.0
        factors = {kind: (taken + weight * common) / (foreseen + weight) for kind, (foreseen, taken) in ended.items()}

        def expected(key: Key, threads: int) -> float:
            return self.foreseen[key] * factors.get(self.plan.phase(key), common) * (1.0 - begun.get(key, 0.0))

        done = self.plan.jobs.keys() - set(open)
        return simulate(self.plan, done, self.room, expected, BEGIN).seconds

    def _with(
        self, ended: Mapping[str, tuple[float, float]], key: Key, share: float, more: float
    ) -> tuple[float, float]:
        foreseen, taken = ended.get(self.plan.phase(key), (0.0, 0.0))
        return foreseen + share * self.foreseen[key], taken + more
