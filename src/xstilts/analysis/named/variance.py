"""What an arm's gain varies with: families, languages, tasks, seeds.

In: the long table. Out: for each arm a mixed model of its single gains, or why there is none.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from xstilts.analysis import gains
from xstilts.analysis.material import Analysis, Material
from xstilts.analysis.mixed import Mixed, Unfit, fit, interval
from xstilts.analysis.section import Section, between, signed

UNEQUAL = 1.2  # test sets differ in size from this ratio on, and runs are weighted


def run(material: Material) -> list[Section]:
    """One line an arm."""
    frame = material.frame
    lines: list[tuple[str, ...]] = []
    notes: list[str] = []
    several = frame["backbone"].n_unique() > 1
    for backbone in frame["backbone"].unique(maintain_order=True):
        for arm in frame["arm"].unique(maintain_order=True):
            rows = gains.averaged(frame, str(arm), str(backbone))
            if arm == gains.BASELINE or rows.is_empty():
                continue
            name = f"{arm} ({backbone})" if several else str(arm)
            found, between_ends = modelled(rows)
            if isinstance(found, Unfit):
                lines.append((name, str(rows.height), "undecided", "", "", "", "", "", "", ""))
                notes.append(f"{name}: undecided, since {found.reason}.")
                continue
            parts = [
                found.deviations.get(part) for part in ("family", "language", "target", "seed", "language x target")
            ]
            lines.append(
                (
                    name,
                    str(rows.height),
                    signed(float(found.effects[0])),
                    between(*between_ends, 1) if between_ends else "undecided",
                    *("" if part is None else f"{part:.2f}" for part in parts),
                    f"{found.residual:.2f}",
                )
            )
            notes += [f"{name}: no deviation for {part}: {why}." for part, why in found.left_out.items()]
    return [
        Section(
            "What the gain of a single run varies with (standard deviations, points)",
            ("arm", "runs", "gain", "95 %", "family", "language", "target", "seed", "language x target", "rest"),
            tuple(lines),
            1,
            (
                "A mixed model of each arm's gains by language, target and seed, by restricted maximum "
                "likelihood; 95 % by the parametric bootstrap where a grouping has fewer than ten levels.",
                "Its mean weighs by what the model thinks of each part, so it differs from the primary "
                "interval (gains).",
                *notes,
            ),
        )
    ]


def modelled(rows: pl.DataFrame) -> tuple[Mixed | Unfit, tuple[float, float] | None]:
    """The mixed model of the gains in ``rows`` and the interval of its mean."""
    groups = {name: rows[name].cast(pl.String).to_list() for name in ("family", "language", "target", "seed")}
    pairs = zip(groups["family"], groups["language"], strict=True)
    groups["family"] = [family or language for family, language in pairs]
    groups["language x target"] = [f"{a} {b}" for a, b in zip(groups["language"], groups["target"], strict=True)]
    examples = rows["examples"].cast(pl.Float64).to_numpy()
    weights = examples / examples.mean() if examples.max() > UNEQUAL * examples.min() else None
    values, ones = rows["gain"].to_numpy(), np.ones((rows.height, 1))
    found = fit(values, ones, groups, weights)
    if isinstance(found, Unfit):
        return found, None
    return found, interval(found, ones, groups, 0, np.random.default_rng(0), weights=weights)


ANALYSIS = Analysis("variance", "how much of a gain goes with family, language, task and seed (mixed model)", run)
