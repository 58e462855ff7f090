"""From the results table to curves: errors and gains of one arm at several sizes.

In: the long table. Out: ``Curve`` values, complete over languages, sizes and seeds. Arms are one curve when their names
share all before the first word that begins with a digit (``nli 300``, ``nli 1000``); how many intermediate examples
each had, the table says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from xstilts.analysis import gains
from xstilts.analysis.intervals import Numbers


@dataclass(frozen=True)
class Curve:
    """``sizes`` [n]; ``errors`` and ``baseline`` [languages, n, seeds] and [languages, seeds] are shares, 0 to 1,
    averaged over ``targets``; ``families`` names each language's. ``updates`` [n]: those of both phases, averaged
    over targets. ``left_out`` counts languages and seeds that lack a cell.
    """

    backbone: str
    name: str
    targets: tuple[str, ...]
    sizes: Numbers
    languages: tuple[str, ...]
    families: tuple[str, ...]
    errors: Numbers
    baseline: Numbers
    updates: Numbers
    left_out: int

    @property
    def same_updates(self) -> bool:
        """Whether every size was trained for as many updates, so that only the data differ."""
        return bool(np.ptp(self.updates) < 0.02 * self.updates.max())

    @property
    def gains(self) -> Numbers:
        """Gains in points [languages, n, seeds]."""
        return np.asarray(100 * (self.baseline[:, None, :] - self.errors), dtype=np.float64)

    def of(self, languages: Collection[str]) -> Curve | None:
        """The curve of some languages only; None where it has none of them."""
        kept = [i for i, code in enumerate(self.languages) if code in languages]
        if not kept:
            return None
        return replace(
            self,
            languages=tuple(self.languages[i] for i in kept),
            families=tuple(self.families[i] for i in kept),
            errors=self.errors[kept],
            baseline=self.baseline[kept],
        )

    def slopes(self) -> Numbers:
        """The slope of the gain, points a factor of ten, by least squares over the sizes: [families, seeds], families
        in the order in which they first appear.
        """
        log = np.log10(self.sizes)
        centred = log - log.mean()
        each = np.einsum("lns,n->ls", self.gains, centred) / float(centred @ centred)
        names = list(dict.fromkeys(self.families))
        member = np.array([[family == name for family in self.families] for name in names], dtype=np.float64)
        return np.asarray(member @ each / member.sum(axis=1, keepdims=True), dtype=np.float64)


def name_of(arm: str) -> str | None:
    """The curve that an arm belongs to by its name, or None."""
    words = arm.split()
    place = next((i for i, word in enumerate(words) if word[:1].isdigit()), 0)
    return " ".join(words[:place]) or None


def curves(frame: pl.DataFrame) -> Iterator[Curve]:
    """The curves of every backbone over zero-shot languages of clear targets without self-pairs, by backbone and
    name.
    """
    rows = gains.scored(gains.clear(frame), "zero-shot")
    rows = rows.filter(~pl.col("self_pair") & pl.col("gain").is_not_null() & (pl.col("arm") != gains.BASELINE))
    named = {arm: name for arm in rows["arm"].unique(maintain_order=True) if (name := name_of(arm))}
    rows = rows.filter(pl.col("arm").is_in(list(named))).with_columns(curve=pl.col("arm").replace_strict(named))
    for (backbone, name), group in rows.group_by(["backbone", "curve"], maintain_order=True):
        found = _curve(str(backbone), str(name), group)
        if found is not None:
            yield found


def _curve(backbone: str, name: str, rows: pl.DataFrame) -> Curve | None:
    """The mean over each language's targets, then a complete cube of languages, sizes and seeds: languages that lack a
    size under every seed leave first, then seeds that lack a cell.
    """
    sizes = sorted(rows["intermediate_examples"].unique().to_list())
    if len(sizes) < 2:
        return None
    cells = rows.group_by("language", "family", "intermediate_examples", "seed", "target").agg(
        pl.col("score").mean(), pl.col("baseline").mean(), pl.col("updates").mean()
    )
    targets = sorted(cells["target"].unique().to_list())
    asked = cells.group_by("language").agg((pl.col("target").n_unique() * len(sizes)).alias("asked"))
    whole = cells.group_by("language", "seed").agg(pl.struct("intermediate_examples", "target").n_unique().alias("has"))
    full = whole.join(asked, on="language").filter(pl.col("has") == pl.col("asked"))
    languages = sorted(full["language"].unique().to_list())
    by_seed = full.filter(pl.col("language").is_in(languages)).group_by("seed").len()
    seeds = sorted(by_seed.filter(pl.col("len") == len(languages))["seed"].to_list())
    if not languages or not seeds:
        return None
    kept = cells.filter(pl.col("language").is_in(languages) & pl.col("seed").is_in(seeds))
    means = kept.group_by("language", "family", "intermediate_examples", "seed").agg(
        pl.col("score").mean(), pl.col("baseline").mean()
    )
    at = {value: i for i, value in enumerate(languages)}
    size_at, seed_at = {value: i for i, value in enumerate(sizes)}, {value: i for i, value in enumerate(seeds)}
    errors = np.full((len(languages), len(sizes), len(seeds)), np.nan)
    baseline = np.full((len(languages), len(seeds)), np.nan)
    family = dict.fromkeys(languages, "")
    for language, its, size, seed, score, base in means.iter_rows():
        errors[at[language], size_at[size], seed_at[seed]] = 1 - score / 100
        baseline[at[language], seed_at[seed]] = 1 - base / 100
        family[language] = its
    if np.isnan(errors).any():
        return None
    updates = kept.group_by("intermediate_examples").agg(pl.col("updates").mean()).sort("intermediate_examples")
    left_out = rows["language"].n_unique() - len(languages) + rows["seed"].n_unique() - len(seeds)
    return Curve(
        backbone=backbone,
        name=name,
        targets=tuple(targets),
        sizes=np.array(sizes, dtype=np.float64),
        languages=tuple(languages),
        families=tuple(family[language] or language for language in languages),
        errors=errors,
        baseline=baseline,
        updates=updates["updates"].to_numpy().astype(np.float64),
        left_out=left_out,
    )
