"""Gains side by side: arms by targets, languages, families and whatever else tells languages apart.

In: the long table of one backbone. Out: ``Section`` values in which every gain whose interval excludes 0 is shaded by
its size; no other is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from xstilts.analysis import gains
from xstilts.analysis.intervals import Interval
from xstilts.analysis.section import Section, signed
from xstilts.analysis.table import with_own_trait, with_traits
from xstilts.catalogue.language import languages

CLASSES = 12  # values of a trait, beyond which it is no class
_HALF = "± half of the 95 % t interval over seeds, for these languages only; without it: one seed."
_SHADES = f"{_HALF} Shaded, or bold: the interval excludes 0; the stronger, the larger the gain."


def arms_by_targets(frame: pl.DataFrame) -> Section:
    """The main table: the gain of every arm on every target that was learned, the baseline's score and the floor."""
    lines = gains.by_target(gains.clear(frame), "zero-shot")
    targets = list(dict.fromkeys(one.values["target"] for one in lines))
    found = {(one.values["arm"], one.values["target"]): one for one in lines}
    pairs = {
        (arm, target) for arm, target in frame.filter(pl.col("self_pair")).select("arm", "target").unique().iter_rows()
    }
    arms = [str(arm) for arm in frame["arm"].unique(maintain_order=True) if arm != gains.BASELINE]
    base = [found.get((gains.BASELINE, target)) for target in targets]
    rows = [
        ("floor", *(_points(one.floor if one else None) for one in base)),
        ("baseline (score)", *(_points(one.score if one else None) for one in base)),
        *(
            (
                arm,
                *(_gain(found.get((arm, target)), "self-pair" if (arm, target) in pairs else "") for target in targets),
            )
            for arm in arms
        ),
    ]
    if not any(one and one.gain.units for (arm, _), one in found.items() if arm != gains.BASELINE):
        rows = rows[:2] if targets else []
    weak = gains.floors(frame).filter(~pl.col("clear"))["target"].to_list()
    apart = f"Not here, since the baseline does not clearly beat the floor: {', '.join(weak)}." if weak else ""
    seeds = sorted({one.seeds for one in lines})
    said = (
        "floor and baseline: scores from 0 to 100; arms: gains. Means over languages without labels (zero-shot); "
        f"seeds: {', '.join(map(str, seeds))}. Self-pair: intermediate and target have data in common.",
        _SHADES,
    )
    return Section(
        "Gains over the baseline, arms by targets (points)",
        ("arm", *targets),
        tuple(rows),
        1,
        (*(said if rows else ("No target with gains in languages without labels.",)), *([apart] if apart else [])),
        frozenset({2}) if len(rows) > 2 else frozenset(),
        pinned=min(2, len(rows)),
        shades=_shades(
            {
                (row + 2, column + 1): found[arm, target].gain
                for row, arm in enumerate(arms)
                for column, target in enumerate(targets)
                if (arm, target) in found
            }
        )
        if len(rows) > 2
        else {},
    )


def by_language(frame: pl.DataFrame) -> Section:
    """Languages by arms, with what is known of each language."""
    lines = gains.by_group(frame, "language")
    codes = list(dict.fromkeys(one.values["language"] for one in lines))
    place = {
        str(code): (str(a or ""), str(b or ""))
        for code, a, b in frame.select("language", "family", "script").iter_rows()
    }
    known = languages()
    told = {code: (known[code].name if code in known else "", *place.get(code, ("", ""))) for code in codes}
    return _crossed(
        "Gains by language (points)", "language", frame, lines, ("name", "family", "script"), told, with_base=True
    )


def by_classes(
    frame: pl.DataFrame, groups: Mapping[str, Sequence[str]], traits: Mapping[str, Mapping[str, str]]
) -> Iterator[Section]:
    """By family, script and morphology, the study's own groups (such as languages with little text), and by every class
    that the user's table of traits tells apart."""
    marked = with_traits(frame)
    for column in ("family", "script", "morphology"):
        yield _by(marked, column, f"Gains by {column} (points)")
    if groups:
        values = {code: name for name, codes in reversed(list(groups.items())) for code in codes}
        yield _by(with_own_trait(frame, "group", values), "group", "Gains by the study's groups of languages (points)")
    for name in dict.fromkeys(name for values in traits.values() for name in values):
        values = {code: its.get(name, "") for code, its in traits.items()}
        there = {values.get(code, "") for code in frame["language"].unique().to_list()} - {""}
        if 1 < len(there) <= CLASSES:
            yield _by(with_own_trait(frame, "_trait", values), "_trait", f"Gains by {name} (points)", name)


def _by(frame: pl.DataFrame, column: str, title: str, shown: str = "") -> Section:
    lines = gains.by_group(frame, column) if column in frame.columns else []
    values = list(dict.fromkeys(one.values[column] for one in lines))
    if len(values) < 2:
        return Section(title, (column,), (), 1)
    counts = gains.scored(frame, "zero-shot").group_by(column).agg(pl.col("language").n_unique())
    many = {str(value): (str(count),) for value, count in counts.iter_rows()}
    return _crossed(title, column, frame, lines, ("languages",), many, shown=shown)


def _crossed(
    title: str,
    column: str,
    frame: pl.DataFrame,
    lines: Sequence[gains.Summary],
    more: tuple[str, ...],
    told: Mapping[str, tuple[str, ...]],
    *,
    with_base: bool = False,
    shown: str = "",
) -> Section:
    values = list(dict.fromkeys(one.values[column] for one in lines))
    arms = [str(arm) for arm in frame["arm"].unique(maintain_order=True) if arm != gains.BASELINE]
    arms = [arm for arm in arms if any(one.values["arm"] == arm for one in lines)]
    found = {(one.values[column], one.values["arm"]): one for one in lines}
    base = _baselines(frame) if with_base else {}
    before = 1 + len(more) + with_base
    rows = tuple(
        (
            value,
            *told.get(value, ("",) * len(more)),
            *((_points(base.get(value)),) if with_base else ()),
            *(_gain(found.get((value, arm))) for arm in arms),
        )
        for value in values
    )
    gained = {
        (row, before + place): found[value, arm].gain
        for row, value in enumerate(values)
        for place, arm in enumerate(arms)
        if (value, arm) in found
    }
    return Section(
        title,
        (shown or column, *more, *(("baseline (score)",) if with_base else ()), *arms),
        rows,
        1 + (len(more) if with_base else 0),
        (
            "Languages without labels, learned targets, no self-pairs; targets weigh alike.",
            _SHADES if with_base else _HALF,
        ),
        shades=_shades(gained),
    )


def _baselines(frame: pl.DataFrame) -> dict[str, float]:
    found = gains.grouped(frame, "language").filter((pl.col("arm") == gains.BASELINE) & (pl.col("side") == "zero-shot"))
    return {str(code): float(score) for code, score in found.select("language", "score").iter_rows()}


def _shades(found: Mapping[tuple[int, int], Interval]) -> dict[tuple[int, int], float]:
    sure = {at: one.mean for at, one in found.items() if one.units and one.half and abs(one.mean) > one.half}
    largest = max((abs(value) for value in sure.values()), default=0.0)
    return {at: value / largest for at, value in sure.items() if largest}


def _gain(one: gains.Summary | None, mark: str = "") -> str:
    if one is None or not one.gain.units:
        return ""
    half = f" ± {one.gain.half:.1f}" if one.gain.half is not None else ""
    return f"{signed(one.gain.mean, 1)}{half}" + (f" {mark}" if mark else "")


def _points(value: float | None) -> str:
    return "" if value is None or value != value else f"{value:.1f}"
