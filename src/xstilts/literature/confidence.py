"""How sure a label is: the share of planted claims with the same ground whose label was right.

In: what a label rests on. Out: a number between 0 and 1, from ``confidence.csv``, which is what ``xstilts literature
verifier --fit`` makes of planted claims that were written after the rules. Those held out say how well the numbers
hold (docs/results/verifier.md).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, order=True)
class Ground:
    """A label and what it rests on: a number, words alone, a direction, a hedge."""

    label: str
    on: str


def confidence(ground: Ground) -> float:
    """The confidence of labels with this ground; one half where none was planted."""
    return table().get(ground, 0.5)


@cache
def table() -> Mapping[Ground, float]:
    """The fitted confidences."""
    text = files("xstilts.literature").joinpath("confidence.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return MappingProxyType({Ground(row["label"], row["on"]): float(row["confidence"]) for row in rows})


def fitted(outcomes: Iterable[tuple[Ground, bool]]) -> str:
    """``confidence.csv`` for these outcomes: grounds and whether the label was right. Half a right and half a wrong one
    are added to each (Jeffreys' prior), so that nothing is ever certain."""
    counts: dict[Ground, list[int]] = {}
    for ground, good in outcomes:
        row = counts.setdefault(ground, [0, 0])
        row[0] += good
        row[1] += 1
    lines = ["label,on,confidence,right,planted"]
    for ground, (right, total) in sorted(counts.items()):
        on = f'"{ground.on}"' if "," in ground.on else ground.on
        lines.append(f"{ground.label},{on},{(right + 0.5) / (total + 1):.3f},{right},{total}")
    return "\n".join(lines) + "\n"
