"""What tests of named analyses share: a reader whose store is empty, sections as text."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from xstilts.analysis.section import Section


class Nothing:
    """A reader whose store is empty."""

    def predictions(self, score: str) -> pa.Table | None:
        return None

    counts = gold = predictions


def text(sections: Sequence[Section]) -> str:
    return "\n".join(" ".join([one.title, *(" ".join(row) for row in one.rows), *one.notes]) for one in sections)
