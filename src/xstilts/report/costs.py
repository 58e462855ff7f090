"""What a study cost: time, tokens and updates by phase.

In: a plan, the records of its finished jobs, how fast this machine was measured to be. Out: a ``Section``, which also
says how far off what was foreseen is.
"""

from __future__ import annotations

from xstilts.analysis.section import Section
from xstilts.report.method import Records
from xstilts.study.calibration import Rate
from xstilts.study.footprint import Device, work_of
from xstilts.study.job import Train, phase_of
from xstilts.study.manifest import Plan

ORDER = ("search", "pretraining", "intermediate", "target", "merge", "embed", "probe", "predict", "score")


def costs(plan: Plan, records: Records, rates: tuple[Rate, ...] = ()) -> Section:
    """One line a phase or kind of job; jobs that other studies of the store share count as this one's, too."""
    search = plan.of_search()
    found: dict[str, list[float]] = {}
    here = Device("here", 1.0, 1.0, 0.0, rates=rates)
    done: dict[str, list[str]] = {}
    for key, job in plan.jobs.items():
        kind = "search" if key in search else phase_of(job)
        line = found.setdefault(kind, [0.0] * 7)
        line[0] += 1
        line[5] += plan.costs[key].flops
        record = records.get(key)
        if record is None:
            continue
        line[1] += 1
        done.setdefault(kind, []).append(key)
        line[2] += float(record.get("seconds") or 0.0)
        if isinstance(job, Train):
            line[3] += job.settings.updates
            line[4] += int(record.get("tokens") or 0)
    for kind, keys in done.items() if rates else ():
        found[kind][6] = work_of(plan, keys, (here,))[-1].hours["here"]
    kinds = sorted(found, key=lambda kind: ORDER.index(kind) if kind in ORDER else len(ORDER))
    rows = [_line(kind, found[kind]) for kind in kinds]
    if len(rows) > 1:
        rows.append(_line("all", [sum(values) for values in zip(*found.values(), strict=True)]))
    columns: tuple[str, ...] = ("phase", "done", "of", "hours", "updates", "tokens", "tokens a second", "planned FLOPs")
    notes: tuple[str, ...] = (
        "hours: of single processes, from a job's start to its end, added up. updates, tokens: of trainings, as "
        "counted. FLOPs: 6 N T for training and 2 N T for prediction, with lengths guessed from characters. Jobs that "
        "several studies of the store share are counted in full.",
    )
    if rates:
        columns += ("foreseen", "off")
        notes += (
            "foreseen: hours of the finished jobs by the calibration of this machine (xstilts doctor --calibrate), "
            "with lengths guessed from characters; it says nothing of jobs that ran on another. off: foreseen over "
            "hours, less one.",
        )
    last = frozenset({len(rows) - 1}) if len(rows) > 1 else frozenset()
    return Section("Cost by phase", columns, tuple(row[: len(columns)] for row in rows), 1, notes, last)


def in_brief(cost: Section) -> str:
    """The hours of the whole study in a few words, with what was foreseen where that is known."""
    if not cost.rows:
        return ""
    last = dict(zip(cost.columns, cost.rows[-1], strict=True))
    foreseen = f", {last['foreseen']} foreseen ({last['off']})" if last.get("off") else ""
    return f"{last['hours']} hours of processes{foreseen}"


def _line(kind: str, values: list[float]) -> tuple[str, ...]:
    jobs, done, seconds, updates, tokens, flops, hours = values
    speed = f"{tokens / seconds:,.0f}" if tokens and seconds else ""
    told = (f"{updates:,.0f}", f"{tokens:,.0f}") if updates else ("", "")
    foreseen = (f"{hours:.3f}", f"{3600 * hours / seconds - 1:+.0%}" if seconds else "") if hours else ("", "")
    return kind, f"{done:,.0f}", f"{jobs:,.0f}", f"{seconds / 3600:.3f}", *told, speed, f"{flops:.2e}", *foreseen
