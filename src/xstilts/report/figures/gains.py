"""Gains by target and by language.

In: the long table of one backbone. Out: figures; none where there are no gains.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import polars as pl

from xstilts.analysis import gains
from xstilts.report.figures.draw import COLOURS, Look, label, looks, sheet, zero
from xstilts.report.note import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 60  # languages beyond which a heat map has no readable rows
ARMS = 24
TOGETHER = 6  # arms that one panel can tell apart
_AXIS = "gain over the baseline, zero-shot languages (points)"
REACH = 3.0  # times the largest gain, beyond which bars are cut off, so that gains can be told apart


def gain_figures(frame: pl.DataFrame, name: str, suffix: str = "") -> Iterator[Figure]:
    """Gains by target, then by language."""
    yield from _by_target(frame, f"{name}-by-target", suffix)
    yield from _by_language(frame, f"{name}-by-language", suffix)


def _by_target(frame: pl.DataFrame, name: str, suffix: str) -> Iterator[Figure]:
    lines = [one for one in gains.by_target(frame, "zero-shot") if one.gain.units]
    if not lines:
        return
    weak = set(gains.floors(frame).filter(~pl.col("clear"))["target"])
    drawn = (_together if len({one.values["arm"] for one in lines}) <= TOGETHER else _apart)(lines, name, weak)
    rows = tuple(
        (one.values["target"], one.values["arm"], one.gain.mean, one.gain.low, one.gain.high, one.gain.units)
        for one in lines
    )
    yield Figure(
        name,
        f"Gains by target{suffix}",
        ("target", "arm", "gain", "low", "high", "seeds"),
        rows,
        drawn,
        (
            "Means over zero-shot languages; bars: 95 % over seeds, for these languages; none: one seed. "
            "Bars may leave the figure.",
        ),
    )


def _together(lines: Sequence[gains.Summary], name: str, weak: Collection[str]) -> str:
    """Targets as rows of one panel, arms by colour and marker."""
    targets, arms = (list(dict.fromkeys(one.values[what] for one in lines)) for what in ("target", "arm"))
    style = looks(arms)
    with sheet(name, 1.2 + (0.13 * max(3, len(arms)) + 0.12) * len(targets) + 0.2 * (len(arms) // 4 + 1)) as made:
        panel = made.panels[0]
        for place, arm in enumerate(arms):
            own = [one for one in lines if one.values["arm"] == arm]
            step = (place - (len(arms) - 1) / 2) * 0.8 / max(len(arms), 3)
            _bars(panel, own, [targets.index(one.values["target"]) + step for one in own], style[arm], label(arm))
        _framed(panel, lines, [_target(target, weak) for target in targets])
        panel.set_xlabel(_AXIS)
        made.legend()
    return made.svg


def _apart(lines: Sequence[gains.Summary], name: str, weak: Collection[str]) -> str:
    """A panel a target, arms as its rows: with many arms no reader tells colours from a legend."""
    targets, arms = (list(dict.fromkeys(one.values[what] for one in lines)) for what in ("target", "arm"))
    across = min(3, len(targets))
    down = -(-len(targets) // across)
    look = Look(COLOURS[0], "o", "-")
    with sheet(name, 0.6 + down * (0.6 + 0.16 * len(arms)), across, down, sharey=True) as made:
        for target, panel in zip(targets, made.panels, strict=False):
            own = [one for one in lines if one.values["target"] == target]
            _bars(panel, own, [float(arms.index(one.values["arm"])) for one in own], look, "")
            _framed(panel, own, [label(arm) for arm in arms])
            panel.set_title(_target(target, weak))
        for panel in made.panels[len(targets) :]:
            panel.set_visible(False)
        made.drawing.supxlabel(_AXIS, fontsize=9)
    return made.svg


def _target(name: str, weak: Collection[str]) -> str:
    return label(name) + " (near floor)" * (name in weak)


def _bars(panel: Axes, own: Sequence[gains.Summary], heights: Sequence[float], look: Look, name: str) -> None:
    panel.errorbar(
        [one.gain.mean for one in own],
        heights,
        xerr=[one.gain.half or 0.0 for one in own],
        linestyle="none",
        marker=look.marker,
        color=look.colour,
        elinewidth=1,
        capsize=2,
        label=name or None,
    )


def _framed(panel: Axes, lines: Sequence[gains.Summary], rows: Sequence[str]) -> None:
    """Names of the rows, the line of no gain, and a width that lets gains be told apart."""
    zero(panel, across=False)
    far = REACH * max(max(abs(one.gain.mean) for one in lines), 1.0)
    low, high = panel.get_xlim()
    panel.set_xlim(max(low, -far), min(high, far))
    panel.set_yticks(range(len(rows)))
    panel.set_yticklabels(rows)
    panel.set_ylim(len(rows) - 0.5, -0.5)


def _by_language(frame: pl.DataFrame, name: str, suffix: str) -> Iterator[Figure]:
    lines = gains.by_group(frame, "language")
    languages = list(dict.fromkeys(one.values["language"] for one in lines))
    arms = list(dict.fromkeys(one.values["arm"] for one in lines))
    if len(languages) < 2 or len(languages) > MOST or len(arms) > ARMS:
        return
    found = {(one.values["language"], one.values["arm"]): one.gain for one in lines}
    means = {
        code: sum(gain.mean for (where, _), gain in found.items() if where == code)
        / sum(where == code for where, _ in found)
        for code in languages
    }
    languages.sort(key=lambda code: -means[code])
    largest = max(max(abs(gain.mean) for gain in found.values()), 1e-9)
    grid = [[found[code, arm].mean if (code, arm) in found else float("nan") for arm in arms] for code in languages]
    with sheet(name, 1.1 + 0.21 * len(languages)) as made:
        panel = made.panels[0]
        panel.grid(False)
        # From orange to blue; in grey both ends are dark, so every cell says its number with its sign.
        panel.pcolormesh(grid, cmap="PuOr", vmin=-largest, vmax=largest, edgecolors="none")
        for row, code in enumerate(languages):
            for column, arm in enumerate(arms):
                if (code, arm) in found:
                    value = found[code, arm].mean
                    dark = abs(value) > 0.62 * largest
                    panel.text(
                        column + 0.5,
                        row + 0.5,
                        f"{value:+.1f}",
                        ha="center",
                        va="center",
                        fontsize=7,
                        color="#ffffff" if dark else "#000000",
                    )
        panel.set_xticks([place + 0.5 for place in range(len(arms))])
        panel.set_xticklabels(
            [label(arm, 18) for arm in arms],
            rotation=30 if len(arms) > 4 else 0,
            ha="right" if len(arms) > 4 else "center",
        )
        panel.set_yticks([place + 0.5 for place in range(len(languages))])
        panel.set_yticklabels(languages)
        panel.invert_yaxis()
    rows = tuple(
        (code, arm, found[code, arm].mean, found[code, arm].low, found[code, arm].high, found[code, arm].units)
        for code in languages
        for arm in arms
        if (code, arm) in found
    )
    yield Figure(
        name,
        f"Gains by language{suffix}",
        ("language", "arm", "gain", "low", "high", "seeds"),
        rows,
        made.svg,
        ("Zero-shot languages of learned targets, no self-pairs; targets weigh alike. By the mean of all arms.",),
    )
