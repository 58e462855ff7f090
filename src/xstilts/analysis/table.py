"""The results table: one row a score, with every column that a reader needs to judge it.

In: a study's plan and the store. Out: a polars frame with exactly ``COLUMNS``. Cells without a score stay in the table
with their status, so that nothing that is missing looks as if it had never been asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from xstilts.analysis.gains import paired
from xstilts.catalogue.language import languages

COLUMNS: Mapping[str, Any] = {
    "study": pl.String,
    "backbone": pl.String,
    "parameters_total": pl.Int64,
    "parameters_nonembedding": pl.Int64,
    "arm": pl.String,
    "intermediate": pl.String,
    "intermediate_examples": pl.Int64,
    "updates": pl.Int64,
    "tokens": pl.Int64,
    "target": pl.String,
    "task_type": pl.String,
    "language": pl.String,
    "family": pl.String,
    "script": pl.String,
    "split": pl.String,
    "metric": pl.String,
    "protocol": pl.String,
    "score": pl.Float64,
    "floor": pl.Float64,
    "baseline": pl.Float64,
    "gain": pl.Float64,
    "examples": pl.Int64,
    "seed": pl.Int64,
    "subset_seed": pl.Int64,
    "status": pl.String,
    "self_pair": pl.Boolean,
    "seen": pl.String,
    "job": pl.String,
}


def frame(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """The table of ``rows``: columns in order, family and script from the catalogue, baseline and gain computed."""
    known = languages()
    filled = []
    for row in rows:
        language = known.get(row["language"])
        place = {"family": language.family, "script": language.script} if language else {"family": "", "script": ""}
        filled.append({name: ({**place, **row}).get(name) for name in COLUMNS})
    return paired(pl.DataFrame(filled, schema=dict(COLUMNS))).select(*COLUMNS)


def with_traits(table: pl.DataFrame) -> pl.DataFrame:
    """``table`` with further columns from the catalogue: ``morphology``, ``word_order``, ``genus``; empty where not known."""
    known = languages()
    codes = table["language"].unique().to_list()
    traits = pl.DataFrame(
        {
            "language": codes,
            **{
                name: [getattr(known[code], name) if code in known else "" for code in codes]
                for name in ("morphology", "word_order", "genus")
            },
        },
        schema_overrides={name: pl.String for name in ("language", "morphology", "word_order", "genus")},
    )
    return table.join(traits, on="language", how="left", maintain_order="left")
