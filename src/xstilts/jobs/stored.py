"""What a prediction job keeps, for those who read it: the file's name, and which rows it is about.

In and out: tables. Torch is not imported here, so that exports read predictions without it.
"""

from __future__ import annotations

import pyarrow as pa

PREDICTIONS = "predictions.parquet"
CHANGED = "changed"  # the column that says which rows a change of the texts made different


def first_rows(table: pa.Table, examples: int | None) -> pa.Table:
    """The first ``examples`` rows, all if None."""
    return table if examples is None else table.slice(0, examples)
