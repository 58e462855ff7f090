"""One file of a data folder, written piece by piece.

In: rows, where they go. Out: a Parquet file that appears whole, however many rows it has.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.catalogue.errors import Problem

PIECE = 20_000  # rows in memory at once


@dataclass(frozen=True)
class Written:
    """A file of the data folder, its rows, and what is to be said of it."""

    path: Path
    rows: int
    note: str = ""


def write(rows: Iterator[dict[str, Any]], schema: pa.Schema, path: Path) -> int:
    """Write ``rows`` to ``path`` and give their number; nothing is left behind where a row can not be read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside, count = path.with_name(f".{path.name}.{os.getpid()}"), 0
    try:
        with pq.ParquetWriter(aside, schema, compression="zstd") as writer:
            while piece := list(islice(rows, PIECE)):
                writer.write_table(_table(piece, schema, path, count))
                count += len(piece)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return count


def _table(rows: list[dict[str, Any]], schema: pa.Schema, path: Path, before: int) -> pa.Table:
    """``rows``, of which ``before`` came earlier. Raises ``Problem`` that names the first one of another form."""
    try:
        return pa.Table.from_pylist(rows, schema)
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        for number, row in enumerate(rows if len(rows) > 1 else (), start=before):
            _table([row], schema, path, number)
        raise Problem(
            f"row {before + 1} for {path} is not in the publishers' form ({error}): fetch their files again"
        ) from error
