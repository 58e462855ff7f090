"""Two factors at once: which law of model size and data size the errors follow.

In: the long table of a study that varies both. Out: ``Grid`` values, and every two-factor form fitted to all cells but
the largest, which it has to foretell. That is the test that counts: a law is wanted for what was not run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from xstilts.analysis import gains
from xstilts.analysis.intervals import Numbers
from xstilts.analysis.scaling.choose import Candidate, candidates
from xstilts.analysis.scaling.curves import name_of
from xstilts.analysis.scaling.forms import FORMS


@dataclass(frozen=True)
class Grid:
    """``cells`` [n, 2]: weights without embeddings, intermediate examples. ``errors`` [n]: shares, means over seeds of
    the means over languages and targets; ``spread`` [n]: their standard errors, None with fewer than three seeds.
    ``seeds`` have every cell."""

    name: str
    targets: tuple[str, ...]
    cells: Numbers
    errors: Numbers
    spread: Numbers | None
    seeds: int

    def tried(self) -> list[Candidate]:
        """Every form of two factors that has enough cells, with how far it misses the largest one."""
        forms = [form for form in FORMS.values() if form.factors == 2 and len(self.cells) >= form.least]
        return candidates(forms, self.cells, self.errors, self.spread)


def grids(frame: pl.DataFrame) -> Iterator[Grid]:
    """One of each curve of arms (named alike but for a word that begins with a digit) that stands at two or more sizes
    of model and of data, in full: zero-shot languages of clear targets without self-pairs."""
    rows = gains.scored(gains.clear(frame.filter(pl.col("parameters_nonembedding").is_not_null())), "zero-shot")
    rows = rows.filter(~pl.col("self_pair") & (pl.col("intermediate_examples") > 0))
    named = {arm: name for arm in rows["arm"].unique(maintain_order=True) if (name := name_of(str(arm)))}
    rows = rows.filter(pl.col("arm").is_in(list(named))).with_columns(
        curve=pl.col("arm").replace_strict(named, return_dtype=pl.String)
    )
    for (name,), its in rows.group_by(["curve"], maintain_order=True):
        if found := _grid(str(name), its):
            yield found


def _grid(name: str, rows: pl.DataFrame) -> Grid | None:
    keys = ["parameters_nonembedding", "intermediate_examples"]
    if min(rows[key].n_unique() for key in keys) < 2:
        return None
    count = rows.select(keys).unique().height
    shared = rows.group_by("target", "language").agg(pl.struct(keys).n_unique().alias("_cells"))
    shared = shared.filter(pl.col("_cells") == count)
    rows = rows.join(shared, on=["target", "language"], how="semi", maintain_order="left")
    if rows.is_empty():
        return None
    per = rows.group_by(*keys, "seed", "target").agg(pl.col("score").mean(), pl.len().alias("languages"))
    whole = per.group_by("seed").agg(pl.len().alias("cells"), pl.col("languages").sum())
    seeds = whole.filter(pl.col("languages") == whole["languages"].max())["seed"]
    per = per.filter(pl.col("seed").is_in(seeds.implode()))
    each = per.group_by(*keys, "seed").agg(error=1 - pl.col("score").mean() / 100)
    means = each.group_by(keys).agg(pl.col("error").mean(), pl.col("error").std().alias("spread"), pl.len()).sort(keys)
    errors = means["error"].to_numpy()
    spread = means["spread"].to_numpy() / np.sqrt(len(seeds)) if len(seeds) > 2 else None
    if spread is not None and not (spread > 0).all():
        spread = None
    return Grid(
        name=name,
        targets=tuple(sorted(rows["target"].unique().to_list())),
        cells=means.select(keys).to_numpy().astype(np.float64),
        errors=errors,
        spread=spread,
        seeds=len(seeds),
    )
