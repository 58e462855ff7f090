"""Similarity of two tasks and the gain of one before the other.

In: the matrix of the analysis ``similarity``. Out: figures, one panel a measure, one point a pair of tasks, with its
name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from xstilts.analysis.similarity.table import Matrix
from xstilts.report.figures.draw import INK, label, looks, sheet, zero
from xstilts.report.note import Figure, Value

PANELS = 4  # of a figure
NAMED = 40  # points of a panel, beyond which names would cover one another


def similarity_figures(found: Matrix | None) -> Iterator[Figure]:
    """All measures that tell pairs apart, four a figure; nothing where there is no matrix."""
    if found is None:
        return
    pairs = _pairs(found)
    known = [name for name, values in found.measures.items() if np.isfinite(values).any() and np.nanstd(values) > 0]
    for first in range(0, len(known), PANELS):
        number = first // PANELS
        yield _figure(found, pairs, known[first : first + PANELS], "similarity" + (f"-{number + 1}" if number else ""))


def _pairs(found: Matrix) -> list[tuple[str, str, int, list[int]]]:
    """Backbone, target, place of the intermediate task, rows of its languages."""
    at = dict.fromkeys(one[:2] for one in found.rankings)
    return [
        (backbone, target, place, [row for row, one in enumerate(found.rankings) if one[:2] == (backbone, target)])
        for backbone, target in at
        for place in range(len(found.tasks))
    ]


def _figure(
    found: Matrix, pairs: Sequence[tuple[str, str, int, list[int]]], measures: Sequence[str], name: str
) -> Figure:
    style = looks([target for _, target, _, _ in pairs])
    rows: list[tuple[Value, ...]] = []
    across = min(2, len(measures))
    down = -(-len(measures) // across)
    with sheet(name, 0.8 + 2.9 * down, across, down, sharey=True) as made:
        for measure, panel in zip(measures, made.panels, strict=False):
            values = found.measures[measure]
            zero(panel)
            for backbone, target, place, lines in pairs:
                its = values[lines, place]
                if not np.isfinite(its).any():
                    continue
                x, y = float(np.nanmean(its)), float(found.gains[lines, place].mean())
                own = bool(found.self_pairs[lines[0], place])
                look = style[target]
                panel.plot(
                    [x],
                    [y],
                    linestyle="none",
                    marker=look.marker,
                    color=look.colour,
                    markerfacecolor="none" if own else look.colour,
                    label=label(target),
                )
                if len(pairs) <= NAMED:
                    up = len(rows) % 2 == 0  # half of the names below their points: fewer cover one another
                    panel.annotate(
                        label(found.tasks[place].rsplit("/", 1)[-1], 14),
                        (x, y),
                        (0, 4 if up else -4),
                        textcoords="offset points",
                        ha="center",
                        va="bottom" if up else "top",
                        fontsize=6,
                        color=INK,
                    )
                rows.append((measure, backbone, found.tasks[place], target, x, y, own, len(lines)))
            panel.set_xlabel(label(measure, 40))
            panel.margins(0.15)
        for panel in made.panels[:: max(1, across)]:
            panel.set_ylabel("gain (points)")
        for panel in made.panels[len(measures) :]:
            panel.set_visible(False)
        made.legend()
    return Figure(
        name,
        f"Similarity and gain: {', '.join(measures)}",
        ("measure", "backbone", "intermediate", "target", "similarity", "gain", "self-pair", "languages"),
        tuple(rows),
        made.svg,
        ("Pairs of tasks, named by the intermediate one; means over zero-shot languages; hollow: self-pairs.",),
    )
