"""Why a table that is summed up by one column has no line left.

In: the long table, the column. Out: a sentence. Targets near the floor and self-pairs leave every average
(``analysis.gains.grouped``), which may be all that a small study has.
"""

from __future__ import annotations

import polars as pl

from xstilts.analysis.arms import unlearned


def nothing_left(frame: pl.DataFrame, column: str) -> str:
    """The sentence."""
    if not frame["score"].count():
        return "Nothing is left: there is no score yet."
    weak = unlearned(frame)
    pairs = frame.filter(pl.col("self_pair"))["target"].unique(maintain_order=True).to_list()
    said = [f"near the floor: {', '.join(weak)}"] if weak else []
    said += [f"with self-pairs: {', '.join(pairs)}"] if pairs else []
    other = "" if column == "target" else "; with all targets: --group target"
    return f"Nothing is left ({'; '.join(said) or f'no score says its {column}'}){other}."
