"""Where a study stands: done, running, left, and for how long.

In: the plan and the store, read again and again. Out: ``Standing`` values and lines of text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xstilts.cli.machine import cores, rates

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

RECENT = 3600.0  # what jobs took longer ago, beside other programs or on another machine, says little


@dataclass(frozen=True)
class Standing:
    """Where a study stands: ``counts`` of jobs by kind and state, what is running, what failed and why.

    ``share`` is the share of the foreseen time that is done, ``left`` an estimate in seconds, None before anything can
    be known. ``finished``: nothing is left that could still be done.
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


def standing(plan: Plan, store: Store) -> Standing:
    """Where ``plan`` stands in ``store``."""
    from xstilts.study.place import Room
    from xstilts.study.remaining import Remaining
    from xstilts.study.status import status

    found = status(plan, store)
    counts: dict[str, Counter[str]] = {}
    for key, state in found.states.items():
        counts.setdefault(plan.phase(key), Counter())[state] += 1
    open = [key for key, state in found.states.items() if state in ("open", "running")]
    begun = {
        key: said["done"] / said["total"]
        for key, said in found.progress.items()
        if said.get("done") and said.get("total")
    }
    workers = len(found.holders) or cores()
    remaining = Remaining(plan, rates(), Room(workers, cores()))
    foreseen = remaining.foreseen
    newest = max((record["finished"] for record in found.records.values()), default=0.0)
    for key, record in found.records.items():
        if record["finished"] > newest - RECENT:
            remaining.took(key, record["seconds"])
    behind = sum(foreseen[key] for key in found.records) + sum(foreseen[key] * share for key, share in begun.items())
    return Standing(
        counts=counts,
        running=tuple(_at(plan, keys, found.progress) for keys in found.holders.values()),
        failures=tuple((plan.labels[key], reason) for key, reason in found.failures.items()),
        share=behind / (sum(foreseen.values()) or 1.0),
        left=remaining.left(open, begun),
        finished=not open,
    )


def _at(plan: Plan, keys: Sequence[str], progress: Mapping[str, Mapping[str, Any]]) -> str:
    """What a process is at, and how many jobs it has next."""
    at = next((key for key in keys if progress[key]), keys[0])
    said = progress[at]
    more = f", {len(keys) - 1} more to follow" if len(keys) > 1 else ""
    return job_line(plan.labels[at], said.get("done"), said.get("total"), said.get("tokens_per_second")) + more


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
