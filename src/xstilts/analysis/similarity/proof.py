"""How often the verdicts on measures of similarity are right where gains follow a planted one.

In: how many studies to plant, a generator. Out: a table of coverage and verdicts, beside the usual regression.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from xstilts.analysis.intervals import quantile_t
from xstilts.analysis.lines import breaks
from xstilts.analysis.mixed import Unfit
from xstilts.analysis.named.similarity import judge
from xstilts.analysis.planted import TRUTHS
from xstilts.analysis.section import Section
from xstilts.analysis.similarity.planted import NOISE, TRUE, Pairs, planted
from xstilts.analysis.similarity.predicts import SURE, depends, predicts, slope
from xstilts.analysis.similarity.table import Matrix
from xstilts.study.evidence import Evidence

Numbers = npt.NDArray[np.float64]

DRAWS = 400  # permutations of a planted study
DESIGN = Pairs(0.0, 0.0)
CASES = ((0.0, 0.0), (0.1, 0.1), (0.1, 0.5), (1.0, 0.0), (1.0, 0.5))


def similarities(replicates: int, evidence: Evidence, generator: np.random.Generator) -> Section:
    """Coverage of the slope and what is said of it, of its spread over families, and of measures that say nothing."""
    lines: list[tuple[str, ...]] = []
    for truth in (TRUTHS[0], TRUTHS[4]):
        for mean, spread in CASES:
            held = naive = supported = families = chance = unfit = 0
            for _ in range(replicates):
                found = planted(truth, Pairs(mean, spread), generator)
                one = slope(found, found.measures[TRUE], evidence, confirm=False)
                judged = judge(found, False, DRAWS)
                at = judged[TRUE]
                unfit += isinstance(one, Unfit)
                held += not isinstance(one, Unfit) and abs(one.mean - mean) <= one.half
                supported += predicts(one, at.margin, at.p, found.seeds, evidence).word == "supported"
                families += depends(one, found.seeds, evidence).word == "supported"
                chance += min(judged[name].p for name in NOISE) < SURE
                low, high = _every_gain(found)
                naive += low <= mean <= high
            counts = (held, naive, supported, families, chance, unfit)
            edge = " (edge)" if mean == evidence.similarity else ""
            lines.append((truth.name, f"{mean:g}{edge}", f"{spread:g}", *(_share(one, replicates) for one in counts)))
    return Section(
        "Does a measure of similarity predict gains, and does that depend on the family?",
        (
            "planted",
            "true slope",
            "spread",
            "coverage",
            "coverage, every gain a replication",
            "predicts: supported",
            "by family: supported",
            "noise below .05",
            "no fit",
        ),
        tuple(lines),
        3,
        (
            f"{replicates:,} studies each: {DESIGN.tasks} intermediate tasks before {DESIGN.targets} targets; gains "
            f"vary by {DESIGN.task:g} points between tasks and {DESIGN.pair:g} between pairs beside what is planted; "
            "slopes in points a standard deviation of the measure, spread: between families.",
            f"predicts is false at a true slope of 0 and on the edge ({evidence.similarity:g}), by family at a "
            "spread of 0 and .1: wanted at most .05. noise: the best of three measures that say nothing has p below "
            ".05, wanted at most .05.",
        ),
        breaks(lines),
    )


def _share(hits: int, total: int) -> str:
    share = hits / total
    return f"{share:.3f} ± {math.sqrt(share * (1 - share) / total):.3f}"


def _every_gain(found: Matrix) -> tuple[float, float]:
    """The usual regression of all gains on the measure, as if each were independent."""
    x, y = found.measures[TRUE].ravel(), (found.gains - found.gains.mean(axis=1, keepdims=True)).ravel()
    steep = float(x @ y / (x @ x))
    rest = y - steep * x
    error = math.sqrt(float(rest @ rest) / (len(y) - 1) / float(x @ x))
    half = quantile_t(len(y) - 1) * error
    return steep - half, steep + half
