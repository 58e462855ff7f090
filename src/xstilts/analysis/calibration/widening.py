"""Whether intermediate training widens the calibration gap of other languages, and how that goes with size and
morphology.

In: rows of ``calibration.table``. Out: what an arm changes against the baseline, ``Gap`` values (the widening by
language, size and seed) and ``Interaction``: how the slope of the widening on log10 size depends on a trait of
languages.

With C a calibration error, change = C(arm) - C(baseline), and widening = change in a language - change in the labelled
one, of the same size and seed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from xstilts.analysis.gains import BASELINE
from xstilts.analysis.intervals import Numbers, crossed_variance, quantile_t

CELL = ("backbone", "target", "language", "split", "seed", "scaling")
BETWEEN, INSIDE = "families", "inside families"
LEAST = 2  # degrees of freedom


def against_baseline(rows: pl.DataFrame, way: str, measure: str) -> pl.DataFrame:
    """Rows of arms with ``change``, the measure less the baseline's, and ``widening``, that less the labelled
    language's."""
    chosen = rows.filter(pl.col("scaling") == way)
    base = chosen.filter(pl.col("arm") == BASELINE).select(*CELL, _base=pl.col(measure))
    arms = chosen.filter(pl.col("arm") != BASELINE).join(base, on=list(CELL), how="inner", maintain_order="left")
    arms = arms.with_columns(change=pl.col(measure) - pl.col("_base"))
    keys = ["backbone", "target", "arm", "split", "seed"]
    labelled = arms.filter(pl.col("side") == "labelled").group_by(keys).agg(_own=pl.col("change").mean())
    joined = arms.join(labelled, on=keys, how="left", maintain_order="left")
    return joined.with_columns(widening=pl.col("change") - pl.col("_own"))


@dataclass(frozen=True)
class Gap:
    """``values`` [languages, n, seeds]: the widening; ``sizes`` [n]: weights without embeddings. ``left_out`` counts
    languages and seeds without all cells."""

    languages: tuple[str, ...]
    families: tuple[str, ...]
    sizes: Numbers
    seeds: tuple[int, ...]
    values: Numbers
    left_out: int

    def slopes(self) -> Numbers:
        """The slope a factor of ten in size, by least squares: [languages, seeds]."""
        away = np.log10(self.sizes) - np.log10(self.sizes).mean()
        return np.asarray(np.einsum("lns,n->ls", self.values, away) / float(away @ away), dtype=np.float64)

    def of(self, codes: Mapping[str, float]) -> Gap:
        """Of those languages that ``codes`` has."""
        kept = [place for place, code in enumerate(self.languages) if code in codes]
        return Gap(
            tuple(self.languages[place] for place in kept),
            tuple(self.families[place] for place in kept),
            self.sizes,
            self.seeds,
            self.values[kept],
            self.left_out,
        )


def gap(rows: pl.DataFrame, column: str = "widening") -> Gap | None:
    """The cube of one arm's zero-shot ``rows``: languages that lack a size under every seed leave first, then seeds
    that lack a cell. Several targets are averaged. None with fewer than two sizes, or where nothing is whole."""
    kept = rows.filter((pl.col("side") == "zero-shot") & pl.col(column).is_not_null() & (pl.col("family") != ""))
    kept = kept.filter(pl.col("parameters_nonembedding").is_not_null())
    sizes = sorted(kept["parameters_nonembedding"].unique().to_list())
    if len(sizes) < 2:
        return None
    cells = kept.group_by("language", "family", "parameters_nonembedding", "seed").agg(pl.col(column).mean())
    has = cells.group_by("language", "seed").len().filter(pl.col("len") == len(sizes))
    names = sorted(has["language"].unique().to_list())
    by_seed = has.group_by("seed").len()
    seeds = sorted(by_seed.filter(pl.col("len") == len(names))["seed"].to_list())
    if not names or not seeds:
        return None
    at = {(code, size, seed): value for code, _, size, seed, value in cells.iter_rows()}
    families = dict(cells.select("language", "family").unique().iter_rows())
    values = np.array([[[at[code, size, seed] for seed in seeds] for size in sizes] for code in names])
    left_out = kept["language"].n_unique() - len(names) + kept["seed"].n_unique() - len(seeds)
    return Gap(
        tuple(names),
        tuple(families[code] for code in names),
        np.array(sizes, dtype=np.float64),
        tuple(seeds),
        values,
        left_out,
    )


@dataclass(frozen=True)
class Interaction:
    """``slope``: how much the slope of the widening on log10 size grows with one standard deviation of the trait;
    ``error`` and ``degrees`` of its t interval, None where there is no spread. ``low``, ``high``: the slope on size
    where the trait is one standard deviation below and above its mean. ``way``: over the means of families, or inside
    families."""

    slope: float
    error: float | None
    degrees: float | None
    low: float
    high: float
    way: str
    families: int
    languages: int
    seeds: int

    @property
    def ends(self) -> tuple[float, float] | None:
        """The 95 % interval; None where it is not known."""
        if not self.error or self.degrees is None or self.degrees < 1:
            return None
        half = self.error * quantile_t(self.degrees)
        return self.slope - half, self.slope + half

    @property
    def falls(self) -> float | None:
        """The probability that the true value is below 0, of the interval's own t distribution."""
        from scipy.special import stdtr

        return float(stdtr(self.degrees, -self.slope / self.error)) if self.error and self.degrees else None


def interaction(found: Gap, trait: Mapping[str, float]) -> Interaction | None:
    """The regression of ``found.slopes()`` on the standardised ``trait``, over the means of families, or inside
    families.

    Languages of a family are alike, so they are no replications of one another: either families are (their means, F - 2
    degrees), or languages inside families are (deviations from the family's mean, L - F - 1 degrees), which needs a
    trait that varies inside. The languages and traits decide which of the two is sharper, before any result: the one
    with the shorter interval if families differ as much as languages of a family do. None where neither has two
    degrees.
    """
    kept = found.of(trait)
    raw = np.array([trait[code] for code in kept.languages])
    if not len(raw) or np.ptp(raw) <= 0:
        return None
    z = (raw - raw.mean()) / raw.std()
    names = list(dict.fromkeys(kept.families))
    member = np.array([[family == name for family in kept.families] for name in names], dtype=np.float64)
    counts = member.sum(axis=1)
    mean_of = member / counts[:, None]
    slopes = kept.slopes()
    outside, means = mean_of @ z, mean_of @ slopes
    inside, rest = z - member.T @ outside, slopes - member.T @ means
    away = outside - outside.mean()
    ways = {
        BETWEEN: (means, away, len(names) - 2, float(away**2 @ (1 + 1 / counts)), float(away @ away) ** 2),
        INSIDE: (rest, inside, len(z) - len(names) - 1, float(inside @ inside), float(inside @ inside) ** 2),
    }
    able = {
        name: math.sqrt(spread / scale) * quantile_t(free)
        for name, (_, _, free, spread, scale) in ways.items()
        if free >= LEAST and scale > 1e-12
    }
    if not able:
        return None
    way = min(able, key=lambda name: able[name])
    table, m, free, _, _ = ways[way]
    value, error, degrees = regressed(table, m, free)
    level, middle = float(means.mean()), float(outside.mean())
    low, high = (level + value * (end - middle) for end in (-1.0, 1.0))
    shape = len(names), len(kept.languages), len(kept.seeds)
    return Interaction(value, error, degrees, low, high, way, *shape)


def regressed(table: Numbers, m: Numbers, free: int) -> tuple[float, float | None, float | None]:
    """Slope, standard error and degrees of freedom of the regression of ``table`` [units, seeds] on ``m`` [units],
    whose mean is 0, both units and seeds at random; ``free``: degrees that the units leave.

    The variance of the coefficient c = sum_u w_u b_u, w = m / (m m), has the parts of the balanced two-way table: V_U
    from the units' residuals of the mean line, V_S from the spread of c over seeds (S - 1 degrees), and V_E from what
    is left in both, which the two share (``crossed_variance``). With one seed only the units vary.
    """
    seeds = table.shape[1]
    weight = m / float(m @ m)
    each = weight @ table
    mean = table.mean(axis=1)
    rest = mean - mean.mean() - float(weight @ mean) * m
    by_units = float(rest @ rest) / free * float(weight @ weight)
    by_seeds = by_both = 0.0
    if seeds > 1:
        by_seeds = float(each.var(ddof=1)) / seeds
        left = table - mean[:, None]
        left = left - left.mean(axis=0) - np.outer(m, each - each.mean())
        by_both = float((left**2).sum()) / (free * (seeds - 1)) / seeds * float(weight @ weight)
    total, degrees = crossed_variance((by_units, free), (by_seeds, seeds - 1), by_both)
    return float(weight @ mean), None if degrees is None else math.sqrt(total), degrees


def adjusted(found: Gap, others: Mapping[str, Gap], trait: Mapping[str, float]) -> Gap:
    """``found`` at equal values of ``others`` (cubes of the same languages, sizes and seeds, such as the change of
    accuracy): less what a regression on them, beside size, trait and their product, gives them. The coefficients are
    taken as known, so intervals are a little too short."""
    kept = found.of(trait)
    raw = np.array([trait[code] for code in kept.languages])
    z = (raw - raw.mean()) / (raw.std() or 1.0)
    log = np.log10(kept.sizes) - np.log10(kept.sizes).mean()
    shape = kept.values.shape
    grid = np.broadcast_to(z[:, None, None], shape), np.broadcast_to(log[None, :, None], shape)
    beside = [other.of(trait).values for other in others.values()]
    columns = [np.ones(shape), *grid, grid[0] * grid[1], *beside]
    design = np.stack([column.ravel() for column in columns], 1)
    known = np.linalg.lstsq(design, kept.values.ravel(), rcond=None)[0]
    less = sum(weight * (part - part.mean()) for weight, part in zip(known[4:], beside, strict=True))
    return Gap(kept.languages, kept.families, kept.sizes, kept.seeds, kept.values - less, kept.left_out)
