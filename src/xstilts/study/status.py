"""Where a study stands, read from the store alone.

In: a ``Plan`` and a ``Store``. Out: the state of every job: ``done``, ``running`` (somebody alive holds it),
``failed``, ``blocked`` (it needs a failed one) or ``open``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from xstilts.study.job import Key
from xstilts.study.manifest import Plan
from xstilts.study.store import Store

State = Literal["done", "running", "failed", "blocked", "open"]


@dataclass(frozen=True)
class Status:
    """``states`` of all jobs, ``records`` of done ones, reasons of ``failures``, what running jobs say about
    themselves, and the running jobs of each process, which does them one after another."""

    states: dict[Key, State]
    records: dict[Key, dict[str, Any]]
    failures: dict[Key, str]
    progress: dict[Key, dict[str, Any]]
    holders: dict[str, list[Key]]

    def counts(self) -> dict[State, int]:
        """How many jobs are in each state; all five are there."""
        counts: dict[State, int] = {"done": 0, "running": 0, "failed": 0, "blocked": 0, "open": 0}
        for state in self.states.values():
            counts[state] += 1
        return counts


def status(plan: Plan, store: Store) -> Status:
    """The state of every job of ``plan``, in the plan's order."""
    states: dict[Key, State] = {}
    records: dict[Key, dict[str, Any]] = {}
    failures: dict[Key, str] = {}
    progress: dict[Key, dict[str, Any]] = {}
    holders: dict[str, list[Key]] = {}
    for key in plan.jobs:
        if (record := store.finished(key)) is not None:
            states[key], records[key] = "done", record
        elif (holder := store.holder(key)) and all(states[needed] == "done" for needed in plan.needs(key)):
            states[key] = "running"
            holders.setdefault(holder, []).append(key)
            progress[key] = store.progress(key) or {}
        elif (reason := store.failure(key)) is not None:
            states[key], failures[key] = "failed", reason
        elif any(states[needed] in ("failed", "blocked") for needed in plan.needs(key)):
            states[key] = "blocked"
        else:
            states[key] = "open"
    return Status(states, records, failures, progress, holders)
