"""Gains by target and by language.

In: the long table of one backbone. Out: figures; none where there are no gains.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from xstilts.analysis import gains
from xstilts.report.figures.draw import label, looks, sheet, zero
from xstilts.report.note import Figure

MOST = 60  # languages beyond which a heat map has no readable rows
ARMS = 24
REACH = 3.0  # times the largest gain, beyond which bars are cut off, so that gains can be told apart


def gain_figures(frame: pl.DataFrame, name: str, suffix: str = "") -> Iterator[Figure]:
    """Gains by target, then by language."""
    yield from _by_target(frame, f"{name}-by-target", suffix)
    yield from _by_language(frame, f"{name}-by-language", suffix)


def _by_target(frame: pl.DataFrame, name: str, suffix: str) -> Iterator[Figure]:
    lines = [one for one in gains.by_target(frame, "zero-shot") if one.gain.units]
    if not lines:
        return
    targets = list(dict.fromkeys(one.values["target"] for one in lines))
    arms = list(dict.fromkeys(one.values["arm"] for one in lines))
    weak = set(gains.floors(frame).filter(~pl.col("clear"))["target"])
    style = looks(arms)
    room = 0.13 * max(3, len(arms)) + 0.12
    with sheet(name, 1.2 + room * len(targets) + 0.2 * (len(arms) // 4 + 1)) as made:
        panel = made.panels[0]
        for place, arm in enumerate(arms):
            own = [one for one in lines if one.values["arm"] == arm]
            step = (place - (len(arms) - 1) / 2) * 0.8 / max(len(arms), 3)
            heights = [targets.index(one.values["target"]) + step for one in own]
            look = style[arm]
            panel.errorbar(
                [one.gain.mean for one in own],
                heights,
                xerr=[one.gain.half or 0.0 for one in own],
                linestyle="none",
                marker=look.marker,
                color=look.colour,
                elinewidth=1,
                capsize=2,
                label=label(arm),
            )
        zero(panel, across=False)
        far = REACH * max(max(abs(one.gain.mean) for one in lines), 1.0)
        low, high = panel.get_xlim()
        panel.set_xlim(max(low, -far), min(high, far))
        panel.set_yticks(range(len(targets)))
        panel.set_yticklabels([label(target) + (" (near floor)" * (target in weak)) for target in targets])
        panel.set_ylim(len(targets) - 0.5, -0.5)
        panel.set_xlabel("gain over the baseline, zero-shot languages (points)")
        made.legend()
    rows = tuple(
        (one.values["target"], one.values["arm"], one.gain.mean, one.gain.low, one.gain.high, one.gain.units)
        for one in lines
    )
    yield Figure(
        name,
        f"Gains by target{suffix}",
        ("target", "arm", "gain", "low", "high", "seeds"),
        rows,
        made.svg,
        (
            "Means over zero-shot languages; bars: 95 % over seeds, for these languages; none: one seed. "
            "Bars may leave the figure.",
        ),
    )


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
