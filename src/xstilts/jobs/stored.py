"""What a prediction job keeps, for those who read it: the file's name, and which rows it is about.

In: jobs and sources. Out: the rows that are scored, and what candidates of a ranking are called. Torch is not imported
here, so that exports read predictions without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import pyarrow as pa

from xstilts.jobs.sources import AllSources
from xstilts.study.job import Rows, Score

PREDICTIONS = "predictions.parquet"
CHANGED = "changed"  # the column that says which rows a change of the texts made different


def first_rows(table: pa.Table, examples: int | None) -> pa.Table:
    """The first ``examples`` rows, all if None."""
    return table if examples is None else table.slice(0, examples)


def gold_of(work: Score, source: AllSources) -> pa.Table:
    """The rows that ``work`` scores; of a ranking with ``targets``, the names of all right candidates of its pool.

    A query that has none in the pool is given what it matches, which no candidate is called: it counts as not found.
    """
    gold = first_rows(source.read(work.data), work.examples)
    if not work.pool:
        return gold
    right = _right(work.pool, source)
    targets = [
        list(dict.fromkeys(name for one in matches for name in right.get(one, ()))) or matches
        for matches in gold["matches"].to_pylist()
    ]
    return gold.append_column("targets", pa.array(targets, pa.list_(pa.string())))


@lru_cache(maxsize=1)
def _right(pool: tuple[Rows, ...], source: AllSources) -> Mapping[str, list[str]]:
    """The names of the candidates that match something, by what they match."""
    found: dict[str, list[str]] = {}
    for rows in pool:
        table = source.read(rows)
        names = names_in(pool, rows, table["id"].to_pylist())
        for name, matches in zip(names, table["matches"].to_pylist(), strict=True):
            for one in matches:
                found.setdefault(one, []).append(name)
    return found


def names_in(pool: Sequence[Rows], rows: Rows, ids: Iterable[str]) -> Iterable[str]:
    """What the candidates ``ids`` of ``rows`` are called: where the pool has several languages, with their code."""
    return (f"{rows.language}_{name}" for name in ids) if len(pool) > 1 else ids
