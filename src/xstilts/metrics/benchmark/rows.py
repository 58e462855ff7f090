"""What a reader hands to a metric: gold rows and predictions of one language."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Rows:
    """The arguments of ``Metric.count``, and how many examples there are."""

    gold: pa.Table
    predicted: pa.Table
    labels: tuple[str, ...]

    @property
    def examples(self) -> int:
        """Gold rows: lines, sentences, pairs, questions or queries."""
        return int(self.gold.num_rows)
