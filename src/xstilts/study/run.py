"""Runs a plan: starts what is missing and ready, keeps going after failures, stops cleanly.

In: a ``Plan``, a ``Store``, a ``Backend``. Out: finished jobs in the store, events for whoever watches, a ``Summary``.
What starts next, and together in one process, is decided by ``place``.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from xstilts.study.calibration import Rate
from xstilts.study.job import Key
from xstilts.study.manifest import Plan
from xstilts.study.place import Placement, Room
from xstilts.study.protocols import Backend, Outcome, Places
from xstilts.study.remaining import Remaining
from xstilts.study.store import Store

Kind = Literal["planned", "started", "done", "failed", "note", "progress", "stopping", "ended"]
POLL = 0.5
ATTEMPTS = 3
# Seconds without a sign of life (an update, a finished job) after which a process counts as hanging.
PATIENCE = 3600.0


@dataclass(frozen=True)
class Running:
    """A job that is being done. ``done`` of ``total`` are updates, None where it does not say."""

    key: Key
    label: str
    done: int | None = None
    total: int | None = None
    tokens_per_second: float | None = None


@dataclass(frozen=True)
class Event:
    """What just happened (``kind``, ``key``, ``message``) and where the study stands. ``seconds_left`` is an estimate
    from the work done so far, None before there is any."""

    kind: Kind
    key: Key | None
    message: str
    done: int
    total: int
    failed: int
    running: tuple[Running, ...]
    seconds: float
    seconds_left: float | None


@dataclass(frozen=True)
class Summary:
    """How a run ended: ``reused`` jobs were there before, ``done`` are new, ``failed`` have reasons, ``blocked`` need a
    failed one, ``left`` were not reached."""

    reused: int
    done: int
    failed: dict[Key, str]
    blocked: tuple[Key, ...]
    left: int
    stopped: bool
    seconds: float

    @property
    def exit_code(self) -> int:
        """0: all done, or stopped in time; 1: something failed."""
        return 1 if self.failed else 0


def run(
    plan: Plan,
    store: Store,
    backend: Backend,
    places: Places,
    *,
    until: float | None = None,
    report: Callable[[Event], None] = lambda event: None,
    cores: int | None = None,
    patience: float = PATIENCE,
    rates: Sequence[Rate] = (),
) -> Summary:
    """Do every job of ``plan`` that the store lacks. ``until``: seconds after which to stop with checkpoints saved.

    A keyboard interrupt stops in the same way and is raised again. ``cores``: processor cores to share out.
    ``patience``: seconds without a sign of life after which a process is ended and its job tried again. ``rates``: how
    fast a process of this machine is, if that was measured; the time left is foreseen with them.
    """
    state = _Run(plan, store, backend, places, report, cores or available_cores(), patience, rates)
    store.remember(plan)
    state.begin()
    try:
        while state.open or state.groups:
            if until is not None and state.seconds() >= until:
                state.stop()
                break
            state.start_ready()
            state.wait(until)
    except BaseException:
        state.stop()
        raise
    return state.summary()


def available_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class _Run:
    plan: Plan
    store: Store
    backend: Backend
    places: Places
    report: Callable[[Event], None]
    cores: int
    patience: float
    rates: Sequence[Rate]
    begun: float = field(default_factory=time.monotonic)
    open: dict[Key, None] = field(default_factory=dict)
    before: set[Key] = field(default_factory=set)
    failed: dict[Key, str] = field(default_factory=dict)
    lost: set[Key] = field(default_factory=set)
    groups: dict[tuple[Key, ...], float] = field(default_factory=dict)
    attempts: dict[Key, int] = field(default_factory=dict)
    signs: dict[tuple[Key, ...], tuple[object, float]] = field(default_factory=dict)
    stopped: bool = False
    told: float = 0.0

    def __post_init__(self) -> None:
        self.placement = Placement(self.plan)
        self.remaining = Remaining(self.plan, self.rates, self.room())

    def room(self) -> Room:
        return Room(self.backend.slots, self.cores, self.backend.threads, self.backend.memory)

    def seconds(self) -> float:
        return time.monotonic() - self.begun

    def begin(self) -> None:
        plan = self.plan
        self.open = dict.fromkeys(key for key in plan.jobs if not self.store.has(key))
        for key in reversed(list(plan.jobs)):
            if key in self.open:
                for needed in plan.needs(key):
                    if needed not in self.open and self.store.pruned(needed):
                        self.store.drop(needed)
                        self.open[needed] = None
        self.before = set(plan.jobs) - set(self.open)
        for key in self.open:
            self.store.submit(plan.jobs[key], self.places)
            if not self.store.held(key):
                self.store.clear_failure(key)
        self.tell("planned", None, f"{len(plan.jobs)} jobs, {len(self.before)} of them done")

    # Starting.

    def start_ready(self) -> None:
        """Fill the free slots. What another run is doing is left to it, what it has done is taken from the store."""
        room = self.room()
        if room.slots <= len(self.groups):
            return
        while elsewhere := self.store.records(key for key in self.ready() if self.store.stored(key)):
            for key, record in elsewhere.items():
                self.note_done(key, record)
        for start in self.placement.next(self.ready(), self.open, self.groups, room):
            keys = start.keys
            self.groups[keys] = time.monotonic()
            self.backend.start(keys, start.threads, start.memory)
            more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
            self.tell("started", keys[0], self.plan.labels[keys[0]] + more)

    def ready(self) -> Iterator[Key]:
        """Jobs whose inputs are done and that nobody is doing."""
        busy = {key for keys in self.groups for key in keys}
        for key in self.open:
            waits = any(needed in self.open or needed in self.lost for needed in self.plan.needs(key))
            if not waits and key not in busy and not self.store.held(key):
                yield key

    # Waiting.

    def wait(self, until: float | None) -> None:
        """Take what has ended; report at least every few moments."""
        moment = POLL if until is None else max(0.0, min(POLL, until - self.seconds()))
        ended = self.backend.finished(moment)
        if not self.groups:
            time.sleep(moment)
        for outcome in ended:
            self.take(outcome)
        if time.monotonic() - self.told > POLL:
            self.tell("progress", None, "")
            self.end_hanging()

    def end_hanging(self) -> None:
        """End processes that have shown no sign of life for too long; their jobs are tried again as after a kill."""
        now = time.monotonic()
        for keys in self.groups:
            key = self.current(keys)
            sign = (key, self.store.progress(key))
            # What nobody holds has not begun: it may stand in a scheduler's queue for days.
            if self.signs.get(keys, (None, now))[0] != sign or not self.store.held(key):
                self.signs[keys] = (sign, now)
            elif now - self.signs[keys][1] > self.patience:
                self.signs[keys] = (None, now)
                self.tell("note", key, f"{self.plan.labels[key]}: no sign of life, ended and tried again")
                self.backend.end(keys)

    def take(self, outcome: Outcome) -> None:
        """A group has ended: what is in the store is done, what has a reason has failed, the rest is still to do."""
        keys = outcome.keys
        del self.groups[keys]
        self.signs.pop(keys, None)
        for key in keys:
            if key in self.open and (record := self.store.finished(key)) is not None:
                self.note_done(key, record)
        mine = [key for key in keys if key in self.open and not self.store.held(key)]
        reasons = {key: self.store.failure(key) for key in mine}
        if outcome.failure is not None and not outcome.killed and mine and not any(reasons.values()):
            reasons[mine[0]] = outcome.failure
            self.keep_reason(mine[0], outcome.failure)
        for key, reason in reasons.items():
            if key in self.lost:  # it failed because what it needs has
                self.store.clear_failure(key)
            elif reason is not None and not self.mended(key):
                self.fail(key, f"{reason} (log: {self.store.log(keys[0])})")
        rest = [key for key in mine if key in self.open]
        if rest and not self.stopped:
            self.unexplained(rest[0], outcome)

    def note_done(self, key: Key, record: Mapping[str, Any]) -> None:
        del self.open[key]
        self.remaining.took(key, record["seconds"])
        self.tell("done", key, self.plan.labels[key])

    def mended(self, key: Key) -> bool:
        """Whether ``key`` failed because what it needs was found damaged; that is done again first."""
        gone = [needed for needed in self.plan.needs(key) if needed not in self.lost and not self.store.has(needed)]
        if not gone or self.tried(key):
            return False
        for needed in gone:
            if needed not in self.open:  # another that needs it may have found it before
                self.open[needed] = None
                self.before.discard(needed)
                self.store.submit(self.plan.jobs[needed], self.places)
                self.tell("note", needed, f"{self.plan.labels[needed]} was damaged and is done again")
        self.store.clear_failure(key)
        return True

    def tried(self, key: Key) -> bool:
        """Count one more try at ``key``; whether that was the last."""
        self.attempts[key] = self.attempts.get(key, 0) + 1
        return self.attempts[key] >= ATTEMPTS

    def unexplained(self, key: Key, outcome: Outcome) -> None:
        """A process that had its turn at ``key`` left neither result nor reason: try again, but not for ever."""
        if any(needed in self.open for needed in self.plan.needs(key)) or self.mended(key):
            return
        if not self.tried(key):
            if outcome.killed:
                self.tell("note", key, f"{self.plan.labels[key]}: its process was {outcome.failure}; tried again")
            return
        log = self.store.log(outcome.keys[0])
        reason = f"its process ended {ATTEMPTS} times without a result or a reason"
        if outcome.killed:
            reason = (
                f"its process was {outcome.failure}, {ATTEMPTS} times; signal 9 often means that memory ran out: take "
                f"fewer --workers, a smaller batch or shorter texts (log: {log})"
            )
        self.keep_reason(key, reason)
        self.fail(key, reason)

    def keep_reason(self, key: Key, reason: str) -> None:
        """For other commands. A disk on which there is no room for it does not end the run, which tells it anyway."""
        with contextlib.suppress(OSError):
            self.store.fail(key, reason)

    def fail(self, key: Key, reason: str) -> None:
        after = self.plan.after([key])
        self.failed[key] = reason
        self.lost |= {key, *after}
        for lost in (key, *after):
            self.open.pop(lost, None)
        self.tell("failed", key, f"{self.plan.labels[key]}: {reason}")

    # Ending and telling.

    def stop(self) -> None:
        """Let running groups save their checkpoints and end."""
        self.stopped = True
        self.tell("stopping", None, "saving checkpoints")
        self.backend.stop()
        for outcome in self.backend.finished(0.0):
            explained = any(map(self.store.failure, outcome.keys))
            self.take(outcome if explained else Outcome(outcome.keys, None))

    def summary(self) -> Summary:
        self.tell("ended", None, "")
        blocked = tuple(key for key in self.plan.jobs if key in self.lost and key not in self.failed)
        reused = len(self.before)
        left, done = len(self.open), self.done() - reused
        return Summary(reused, done, dict(self.failed), blocked, left, self.stopped, self.seconds())

    def done(self) -> int:
        return len(self.plan.jobs) - len(self.open) - len(self.lost)

    def running(self) -> tuple[Running, ...]:
        """The job that each running group is at, and what it says of itself."""
        found = []
        for keys in self.groups:
            key = self.current(keys)
            said = self.store.progress(key) or {}
            values = (said.get("done"), said.get("total"), said.get("tokens_per_second"))
            found.append(Running(key, self.plan.labels[key], *values))
        return tuple(found)

    def current(self, keys: tuple[Key, ...]) -> Key:
        """The job that a group is at: the first that is not in the store."""
        return next((key for key in keys if not self.store.stored(key)), keys[-1])

    def tell(self, kind: Kind, key: Key | None, message: str) -> None:
        self.told = time.monotonic()
        running = self.running()
        counts = (self.done(), len(self.plan.jobs), len(self.failed))
        begun = {item.key: item.done / item.total for item in running if item.done and item.total}
        left = self.remaining.left(self.open, begun)
        self.report(Event(kind, key, message, *counts, running, self.seconds(), left))
