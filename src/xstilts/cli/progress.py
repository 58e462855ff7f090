"""Where a study stands: done, running, left, and for how long.

In: the plan and the store, read again and again. Out: ``Standing`` values and lines of text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xstilts.study.manifest import Plan
    from xstilts.study.store import Store

KINDS = {
    "pretraining": "pretraining",
    "intermediate": "intermediate training",
    "target": "target training",
    "merge": "merged weights",
    "embed": "candidate vectors",
    "probe": "probes of models",
    "predict": "prediction",
    "score": "score",
}


@dataclass(frozen=True)
class Standing:
    """Where a study stands: ``counts`` of jobs by kind and state, what is running, what failed and why.

    ``share`` is the share of the estimated work that is done, ``left`` an estimate in seconds, None before anything
    can be known. ``finished``: nothing is left that could still be done.
    """

    counts: Mapping[str, Counter[str]]
    running: tuple[str, ...]
    failures: tuple[tuple[str, str], ...]
    share: float
    left: float | None
    finished: bool

    def total(self, state: str) -> int:
        """Jobs in ``state``, of all kinds."""
        return sum(counts[state] for counts in self.counts.values())


def kind(plan: Plan, key: str) -> str:
    """The job's phase, else its kind: a key of ``KINDS``."""
    from xstilts.study.job import Train, kind_of

    job = plan.jobs[key]
    return job.phase if isinstance(job, Train) else kind_of(job)


def standing(plan: Plan, store: Store) -> Standing:
    """Where ``plan`` stands in ``store``."""
    from xstilts.study.status import status

    found = status(plan, store)
    counts: dict[str, Counter[str]] = {}
    units = dict.fromkeys(("done", "running", "failed", "blocked", "open"), 0.0)
    for key, state in found.states.items():
        counts.setdefault(kind(plan, key), Counter())[state] += 1
        units[state] += plan.costs[key].units
    running = []
    for key, said in found.progress.items():
        done, total = int(said.get("done") or 0), int(said.get("total") or 0)
        running.append(job_line(plan.labels[key], done, total, said.get("tokens_per_second")))
        part = plan.costs[key].units * done / total if total else 0.0
        units["done"] += part
        units["running"] -= part
    done_keys = [key for key, state in found.states.items() if state == "done"]
    return Standing(
        counts=counts,
        running=tuple(running),
        failures=tuple((plan.labels[key], reason) for key, reason in found.failures.items()),
        share=units["done"] / (sum(units.values()) or 1.0),
        left=_left(plan, store, done_keys, units["open"] + units["running"], max(1, len(running))),
        finished=not any(state in ("open", "running") for state in found.states.values()),
    )


def _left(plan: Plan, store: Store, done: Iterable[str], units: float, slots: int) -> float | None:
    """Seconds left: the work left over the speed of what is in the store, ``slots`` jobs at a time."""
    if not units:
        return 0.0
    seconds = work = 0.0
    for key in done:
        if plan.costs[key].tokens:
            seconds += float(store.record(key).get("seconds") or 0.0)
            work += plan.costs[key].units
    return units / (work / seconds) / slots if work and seconds else None


def duration(seconds: float | None) -> str:
    """``95`` as ``1 min 35 s``."""
    if seconds is None:
        return "unknown"
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {whole % 60:02d} s" if minutes else f"{whole} s"


def failure_lines(failures: Iterable[tuple[str, str]]) -> list[str]:
    """Failed jobs (label, reason), those with one reason together."""
    reasons: dict[str, list[str]] = {}
    for label, reason in failures:
        reasons.setdefault(reason, []).append(label)
    return [
        line
        for reason, labels in reasons.items()
        for line in (f"failed: {reason}", *(f"  {label}" for label in labels))
    ]


def job_line(label: str, done: int | None, total: int | None, speed: float | None) -> str:
    """One running job: its label, updates done of how many, tokens a second."""
    share = f" {done or 0}/{total}" if total else ""
    return f"{label}{share}" + (f", {speed:,.0f} tokens/s" if speed else "")
