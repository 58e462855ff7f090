"""Learning curves: the training loss by update.

In: a plan and the ``losses.csv`` of its trainings in the store. Out: a figure a phase. What a training noted is drawn
as at most ``POINTS`` means of as many updates each; fewer than three values are no curve.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from xstilts.analysis.intervals import Numbers
from xstilts.analysis.section import counted
from xstilts.analysis.table import baseline_of
from xstilts.report.curve import curve_of
from xstilts.report.figures.draw import label, looks, sheet
from xstilts.report.note import Figure, Value
from xstilts.study.job import Key, Train
from xstilts.study.manifest import Plan
from xstilts.study.store import Store

POINTS = 50  # of a curve
PANELS = 6  # of a figure

# Panel, line, seed: updates and losses.
Curves = dict[tuple[str, str, int], tuple[Numbers, Numbers]]


def loss_figures(plan: Plan, store: Store) -> Iterator[Figure]:
    """Pretraining, intermediate and target phases, as far as their curves are there."""
    phases, silent = _curves(plan, store)
    for phase, curves in phases.items():
        panels = list(dict.fromkeys(panel for panel, _, _ in curves))
        for first in range(0, len(panels), PANELS):
            part = panels[first : first + PANELS]
            kept = {at: curve for at, curve in curves.items() if at[0] in part}
            yield _figure(phase, first // PANELS, part, kept, silent.get(phase, 0))


def silent_note(count: int) -> str:
    """What is said of trainings that have no curve."""
    return f"{counted(count, 'training')} left fewer than three values, and no curve."


def _curves(plan: Plan, store: Store) -> tuple[dict[str, Curves], dict[str, int]]:
    arms: dict[Key, tuple[str, str]] = {}
    nothing = baseline_of(plan)
    several = len({cell.backbone for cell in plan.cells}) > 1
    for cell in plan.cells:
        for key in cell.trainings:
            job = plan.jobs[key]
            if isinstance(job, Train):
                where = cell.target if job.phase == "target" else ""
                arm = "baseline" if cell.arm == nothing else cell.arm
                panel = ", ".join(part for part in (where, cell.backbone if several else "") if part)
                arms.setdefault(key, (panel, arm))
    search = plan.of_search()
    phases: dict[str, Curves] = {}
    silent: dict[str, int] = {}
    for key, job in plan.jobs.items():
        if not isinstance(job, Train) or key in search or not store.has(key):
            continue
        panel, line = arms.get(key, ("", plan.labels[key].removeprefix(f"{job.phase} ")))
        found = _thinned(curve_of(store, key))
        if len(found) < 3:
            silent[job.phase] = silent.get(job.phase, 0) + 1
            continue
        at = (panel, line, job.seed)
        phases.setdefault(job.phase, {})[at] = (found[:, 0], found[:, 1])
    return phases, silent


def _thinned(found: Numbers) -> Numbers:
    """A curve as at most ``POINTS`` means."""
    if len(found) <= POINTS:
        return found
    return np.array([(part[-1, 0], part[:, 1].mean()) for part in np.array_split(found, POINTS)])


def _figure(phase: str, number: int, panels: list[str], curves: Curves, silent: int) -> Figure:
    name = f"learning-{phase}" + (f"-{number + 1}" if number else "")
    lines = list(dict.fromkeys(line for _, line, _ in curves))
    style = looks(lines)
    across = min(3, len(panels))
    down = math.ceil(len(panels) / across)
    rows: list[tuple[Value, ...]] = []
    with sheet(name, 0.8 + 2.0 * down + 0.2 * (len(lines) // 4 + 1), across, down) as made:
        for panel, axes in zip(panels, made.panels, strict=False):
            axes.set_title(label(panel, 60 // across))
            axes.set_xlabel("update")
            for line in lines:
                own = [curve for (where, which, _), curve in curves.items() if (where, which) == (panel, line)]
                if not own:
                    continue
                grid, values = _common(own)
                mean, low, high = values.mean(axis=0), values.min(axis=0), values.max(axis=0)
                look = style[line]
                axes.plot(grid, mean, color=look.colour, linestyle=look.line, label=label(line))
                if len(own) > 1:
                    axes.fill_between(grid, low, high, color=look.colour, alpha=0.15, linewidth=0)
                told = zip(grid.tolist(), mean.tolist(), low.tolist(), high.tolist(), strict=True)
                rows += [(panel, line, *each, len(own)) for each in told]
        for axes in made.panels[len(panels) :]:
            axes.set_visible(False)
        made.panels[0].set_ylabel("training loss")
        made.legend()
    notes = ["The mean loss on the rows of the updates before, over seeds; band: from the lowest to the highest seed."]
    return Figure(
        name,
        f"Learning curves, {phase} phase",
        ("panel", "arm", "update", "loss", "lowest", "highest", "seeds"),
        tuple(rows),
        made.svg,
        (*notes, *([silent_note(silent)] if silent else [])),
    )


def _common(curves: list[tuple[Numbers, Numbers]]) -> tuple[Numbers, Numbers]:
    """Updates that all curves span, and their losses there [curves, updates], by lines between what was noted."""
    start, end = max(float(x[0]) for x, _ in curves), min(float(x[-1]) for x, _ in curves)
    grid = np.linspace(start, max(start, end), POINTS)
    return grid, np.array([np.interp(grid, x, y) for x, y in curves])
