"""Gains by the amount of intermediate data with the curves that were fitted, and by the size of the model.

In: the curves and ladders of ``analysis``. Out: figures. Fits are those of the analysis ``scaling``: one that was
chosen is drawn through, those between which nothing was chosen are dashed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from xstilts.analysis.intervals import Interval, Numbers, crossed
from xstilts.analysis.model_size import Ladder, ladders
from xstilts.analysis.scaling.choose import Candidate, candidates, chosen
from xstilts.analysis.scaling.curves import Curve, curves
from xstilts.analysis.scaling.fit import Fit
from xstilts.analysis.scaling.forms import FORMS
from xstilts.report.figures.draw import label, logarithmic, looks, sheet, zero
from xstilts.report.note import Figure, Value


def scaling_figures(frame: pl.DataFrame) -> Iterator[Figure]:
    """One figure a backbone: gains of every curve by size."""
    found = list(curves(frame))
    several = len({curve.backbone for curve in found}) > 1
    for number, backbone in enumerate(dict.fromkeys(curve.backbone for curve in found)):
        own = [curve for curve in found if curve.backbone == backbone]
        title = "Gains by intermediate data" + (f" ({backbone})" if several else "")
        yield _by_data(own, "scaling" + (f"-{number + 1}" if several else ""), title)


def _by_data(found: Sequence[Curve], name: str, title: str) -> Figure:
    style = looks([curve.name for curve in found])
    rows: list[tuple[Value, ...]] = []
    with sheet(name, 3.8) as made:
        panel = made.panels[0]
        logarithmic(panel)
        zero(panel)
        for curve in found:
            look = style[curve.name]
            points = [crossed(table) for table in _by_family(curve)]
            means = [point.mean for point in points]
            halves = [point.half if _known(point) else None for point in points]
            panel.errorbar(
                curve.sizes,
                means,
                yerr=[half or 0.0 for half in halves],
                linestyle="none",
                marker=look.marker,
                color=look.colour,
                elinewidth=1,
                capsize=2,
                label=label(curve.name),
            )
            told = zip(curve.sizes.tolist(), points, halves, strict=True)
            rows += [(curve.name, "measured", size, point.mean, *_ends(point, half)) for size, point, half in told]
            for fit, through in _fits(curve):
                grid = np.geomspace(curve.sizes[0], curve.sizes[-1], 40)
                gain = 100 * (float(curve.baseline.mean()) - fit.error_at(grid))
                panel.plot(
                    grid, gain, color=look.colour, linestyle="-" if through else "--", linewidth=1.5 if through else 0.8
                )
                what = f"fit: {fit.form.name}" + ("" if through else " (not chosen)")
                rows += [(curve.name, what, float(x), float(y), None, None) for x, y in zip(grid, gain, strict=True)]
        panel.set_xlabel("intermediate examples")
        panel.set_ylabel("gain (points)")
        made.legend()
    return Figure(
        name,
        title,
        ("curve", "what", "examples", "gain", "low", "high"),
        tuple(rows),
        made.svg,
        (
            "Zero-shot languages of learned targets, without self-pairs. Bars: 95 % over families and seeds, families "
            "alike; none where they can not be known.",
            "Lines: fits to the errors, over languages alike. Solid: the form that was chosen; dashed: forms between "
            "which nothing was chosen.",
        ),
    )


def _by_family(curve: Curve) -> list[Numbers]:
    """Gains [families, seeds] at each size."""
    names = list(dict.fromkeys(curve.families))
    member = np.array([[family == name for family in curve.families] for name in names], dtype=np.float64)
    member /= member.sum(axis=1, keepdims=True)
    gains = np.einsum("fl,lns->nfs", member, curve.gains)
    return [gains[place] for place in range(len(curve.sizes))]


def _fits(curve: Curve) -> Iterator[tuple[Fit, bool]]:
    """The fit that was chosen, or all that could be made; with whether it was chosen."""
    forms = [form for form in FORMS.values() if form.factors == 1 and len(curve.sizes) >= form.least]
    if not forms:
        return
    by_seed = curve.errors.mean(axis=0)
    seeds = by_seed.shape[1]
    errors = by_seed.std(axis=1, ddof=1) / math.sqrt(seeds) if seeds > 2 else None
    tried: list[Candidate] = candidates(
        forms, curve.sizes, curve.errors.mean(axis=(0, 2)), None if errors is None or (errors <= 0).any() else errors
    )
    best, _ = chosen(tried)
    for one in [best] if best else tried:
        if isinstance(one.fit, Fit):
            yield one.fit, best is not None


def size_figures(frame: pl.DataFrame) -> Iterator[Figure]:
    """Gains by weights without embeddings, with the lines that the analysis ``model_size`` judges."""
    found = list(ladders(frame))
    if not found:
        return
    style = looks([one.arm for one in found])
    rows: list[tuple[Value, ...]] = []
    with sheet("model-size", 3.8) as made:
        panel = made.panels[0]
        logarithmic(panel)
        zero(panel)
        for one in found:
            rows += _ladder(panel, one, style[one.arm])
        panel.set_xlabel("weights without embeddings")
        panel.set_ylabel("gain (points)")
        made.legend()
    yield Figure(
        "model-size",
        "Gains by the size of the model",
        ("arm", "what", "weights", "gain", "low", "high"),
        tuple(rows),
        made.svg,
        (
            "Zero-shot languages of targets that every size learned. Bars: 95 % over families and seeds, families "
            "alike; none where they can not be known. Lines: least squares on the logarithm of the weights.",
        ),
    )


def _ladder(panel: object, one: Ladder, look: object) -> list[tuple[Value, ...]]:
    from matplotlib.axes import Axes

    from xstilts.report.figures.draw import Look

    assert isinstance(panel, Axes) and isinstance(look, Look)
    points = one.scores - one.baselines
    found = [crossed(points[:, place]) for place in range(len(one.sizes))]
    halves = [each.half if _known(each) else None for each in found]
    panel.errorbar(
        one.sizes,
        [each.mean for each in found],
        yerr=[half or 0.0 for half in halves],
        linestyle="none",
        marker=look.marker,
        color=look.colour,
        elinewidth=1,
        capsize=2,
        label=label(one.arm),
    )
    log = np.log10(one.sizes)
    line = float(points.mean()) + (log - log.mean()) * float(one.slopes(points).mean())
    panel.plot(one.sizes, line, color=look.colour, linestyle=look.line, linewidth=1)
    told = zip(one.sizes.tolist(), found, halves, strict=True)
    rows: list[tuple[Value, ...]] = [
        (one.arm, "measured", size, each.mean, *_ends(each, half)) for size, each, half in told
    ]
    return rows + [(one.arm, "line", float(x), float(y), None, None) for x, y in zip(one.sizes, line, strict=True)]


def _known(found: Interval) -> bool:
    return bool(found.half) and found.degrees is not None and found.degrees >= 1


def _ends(found: Interval, half: float | None) -> tuple[float | None, float | None]:
    return (None, None) if half is None else (found.mean - half, found.mean + half)
