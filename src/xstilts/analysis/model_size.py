"""How a gain changes with the size of the model, on four scales.

In: the long table of a study whose backbones differ in size, all of one family. Out: ``Ladder`` values, one an arm:
gains by family of languages, size and seed on every scale, and their slopes on log10 of the weights without embeddings.

A gain in points must shrink as models grow, even where the arm is worth the same factor of size everywhere: the error
that is left shrinks. So four scales stand side by side: points; the share of the baseline's errors that is avoided; log
odds, which have no ceiling; and log10 of the factor by which a larger model would gain as much.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from xstilts.analysis import gains
from xstilts.analysis.effects import error_reduction, logit_gain
from xstilts.analysis.intervals import Interval, Numbers, crossed
from xstilts.analysis.scaling.choose import multiplier
from xstilts.analysis.scaling.fit import Fit, fit
from xstilts.analysis.scaling.forms import FORMS, LOGARITHMIC

POINTS, ERRORS, ODDS, FACTOR = "points", "errors less", "log odds", "larger by"
SCALES = (POINTS, ERRORS, ODDS, FACTOR)
REACH = 3.0  # nothing is said beyond so many times the largest size


@dataclass(frozen=True)
class Ladder:
    """``sizes`` [n]: weights without embeddings. ``scores``, ``baselines`` [families, n, seeds] in points, the mean
    over the family's languages and then over ``targets``. ``self_pairs``: whether targets train on the arm's own data.
    ``left_out`` counts families and seeds without all sizes."""

    arm: str
    targets: tuple[str, ...]
    self_pairs: bool
    sizes: Numbers
    families: tuple[str, ...]
    seeds: tuple[int, ...]
    scores: Numbers
    baselines: Numbers
    left_out: int

    def gains(self) -> Mapping[str, Numbers | None]:
        """Gains [families, n, seeds] by scale; None where a scale is not defined in some cell: a score of 0 or 100, or
        no larger model that would gain as much."""
        return {
            POINTS: self.scores - self.baselines,
            ERRORS: self._each(error_reduction),
            ODDS: self._each(logit_gain),
            FACTOR: self._factors(),
        }

    def _each(self, scale: object) -> Numbers | None:
        values = [
            scale(float(arm), float(base))  # type: ignore[operator]
            for arm, base in zip(self.scores.ravel(), self.baselines.ravel(), strict=True)
        ]
        return None if None in values else np.array(values, dtype=np.float64).reshape(self.scores.shape)

    def base_curve(self) -> Fit | None:
        """The baseline's error by size, families alike: a line in the logarithm below seven sizes, a saturating curve
        from there on."""
        form = FORMS["saturating"] if len(self.sizes) >= FORMS["saturating"].least else FORMS[LOGARITHMIC]
        found = fit(form, self.sizes, 1 - self.baselines.mean(axis=(0, 2)) / 100)
        return found if isinstance(found, Fit) else None

    def _factors(self) -> Numbers | None:
        """log10 m with base(m N) = base(N) - gain, on the curve that all families share."""
        base = self.base_curve()
        if base is None:
            return None
        at = base.error_at(self.sizes)
        found = np.empty_like(self.scores)
        for place in np.ndindex(found.shape):
            gain = (self.scores[place] - self.baselines[place]) / 100
            factor = multiplier(base, float(self.sizes[place[1]]), float(at[place[1]] - gain))
            if factor is None or factor <= 0:
                return None
            found[place] = np.log10(factor)
        return found

    def slopes(self, values: Numbers) -> Numbers:
        """The slope of ``values`` [families, n, seeds] a factor of ten in size, by least squares: [families, seeds]."""
        log = np.log10(self.sizes)
        away = log - log.mean()
        return np.asarray(np.einsum("fns,n->fs", values, away) / float(away @ away), dtype=np.float64)

    def ahead(self, size: float) -> Interval:
        """The gain in points that the lines of families and seeds foretell at ``size``. Raises ``ValueError`` beyond
        three times the largest size that was run."""
        if size > REACH * float(self.sizes.max()) * (1 + 1e-9):
            raise ValueError(f"nothing is said beyond {REACH:g} times the largest size")
        points = self.scores - self.baselines
        away = np.log10(size) - np.log10(self.sizes).mean()
        return crossed(points.mean(axis=1) + away * self.slopes(points))


def ladders(frame: pl.DataFrame) -> Iterator[Ladder]:
    """One of each arm over zero-shot languages of clear targets: without self-pairs, or of these alone where an arm has
    no others. Nothing for arms with fewer than two sizes."""
    rows = frame.filter(pl.col("parameters_nonembedding").is_not_null())
    if rows["parameters_nonembedding"].n_unique() < 2:
        return
    rows = gains.scored(gains.clear(rows), "zero-shot")
    rows = rows.filter(pl.col("gain").is_not_null() & (pl.col("family") != ""))
    for (arm,), its in rows.group_by(["arm"], maintain_order=True):
        apart = its.filter(~pl.col("self_pair"))
        found = ladder(str(arm), its if apart.is_empty() else apart)
        if found is not None:
            yield found


def ladder(arm: str, rows: pl.DataFrame) -> Ladder | None:
    """The ladder of one arm's ``rows``. Only targets and languages that every size has count; then families and seeds
    that have all of their cells."""
    sizes = sorted(rows["parameters_nonembedding"].unique().to_list())
    if len(sizes) < 2:
        return None
    everywhere = rows.group_by("target", "language").agg(pl.col("parameters_nonembedding").n_unique().alias("_sizes"))
    everywhere = everywhere.filter(pl.col("_sizes") == len(sizes))
    shared = rows.join(everywhere, on=["target", "language"], how="semi", maintain_order="left")
    cells = shared.group_by("family", "target", "parameters_nonembedding", "seed").agg(
        pl.col("score", "baseline").mean(), pl.len().alias("languages")
    )
    wanted = cells.group_by("family", "target").agg(pl.col("languages").max())
    cells = cells.join(wanted, on=["family", "target", "languages"], how="semi")
    asked = wanted.group_by("family").agg((pl.len() * len(sizes)).alias("asked"))
    have = cells.group_by("family", "seed").len().join(asked, on="family")
    full = have.filter(pl.col("len") == pl.col("asked")).group_by("seed").agg(pl.col("family"))
    if full.is_empty():
        return None
    most = max(len(found) for found in full["family"])
    whole = {seed: set(found) for seed, found in full.iter_rows() if len(found) == most}
    families = sorted(set.intersection(*whole.values()))
    seeds = sorted(whole)
    if not families:
        return None
    means = cells.group_by("family", "parameters_nonembedding", "seed").agg(pl.col("score", "baseline").mean())
    at = {(family, size, seed): (score, base) for family, size, seed, score, base in means.iter_rows()}
    values = np.array([[[at[family, size, seed] for seed in seeds] for size in sizes] for family in families])
    return Ladder(
        arm=arm,
        targets=tuple(sorted(shared["target"].unique().to_list())),
        self_pairs=bool(rows["self_pair"].any()),
        sizes=np.array(sizes, dtype=np.float64),
        families=tuple(families),
        seeds=tuple(seeds),
        scores=values[..., 0],
        baselines=values[..., 1],
        left_out=rows["family"].n_unique() - len(families) + rows["seed"].n_unique() - len(seeds),
    )
