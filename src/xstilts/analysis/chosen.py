"""Which rows of the effects a rule of a claim is about.

In: the effects of a study or of the published table, and the arguments of a rule. Out: the rows with a gain that they
name, of one arm or of each, cell by cell. Raises ``Missing`` where there are none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from xstilts.analysis.arms import BEST

Arguments = Mapping[str, Any]
CELL = ["backbone", "target", "language", "split", "seed"]


class Missing(LookupError):
    """A quantity can not be computed; the text says what is not there."""


def chosen(effects: pl.DataFrame, asked: Arguments) -> pl.DataFrame:
    """The rows with a gain that ``asked`` names; controls with shuffled labels never count. Of a target that has a test
    split, only that."""
    rows = effects.filter(pl.col("gain").is_not_null() & ~pl.col("shuffled") & (pl.col("tasks") != BEST))
    tested = rows.filter(pl.col("split") == "test").select("target").unique()
    rows = rows.filter((pl.col("split") == "test") | ~pl.col("target").is_in(tested["target"].implode()))
    if targets := asked.get("targets"):
        named = rows.filter(pl.col("target").is_in(list(targets)))
        rows = rows if named.is_empty() and asked.get("else_all") else named
    languages = asked.get("languages", "all")
    if group := asked.get("group"):
        grouped = rows.filter(pl.col("group") == group)
        rows, languages = (rows, languages) if grouped.is_empty() else (grouped, "all")
    if languages == "zero-shot":
        rows = rows.filter(pl.col("side").is_in(["zero-shot", "all"]))
    elif not isinstance(languages, str):
        rows = rows.filter(pl.col("language").is_in(list(languages)))
    if not asked.get("retrieval", True):
        rows = rows.filter(~pl.col("retrieval"))
    if not asked.get("self_pairs", True):
        rows = rows.filter(~pl.col("self_pair"))
    if "arm" not in asked:
        rows = rows.filter(pl.col("mlm") == asked.get("mlm", False))
    if rows.is_empty():
        raise Missing(f"no scores{where(asked)}")
    return rows


def where(asked: Arguments) -> str:
    """What was asked for, in words."""
    said = [", ".join(asked["targets"])] if asked.get("targets") else []
    if not isinstance(asked.get("languages", ""), str):
        said.append("in " + " ".join(asked["languages"]))
    said += ["with MLM alongside"] if asked.get("mlm") else []
    return f" ({'; '.join(said)})" if said else ""


def of_arm(rows: pl.DataFrame, asked: Arguments) -> pl.DataFrame:
    """The rows of the arm that is named, or of the first of the intermediate tasks that was run. ``joint``: the arm of
    most tasks."""
    if name := asked.get("arm"):
        found = rows.filter(pl.col("arm") == name)
        if found.is_empty():
            raise Missing(f"no scores of an arm '{name}'")
        return found
    wanted = asked.get("intermediate")
    names = [wanted] if isinstance(wanted, str) else list(wanted or ())
    if names == ["joint"]:
        several = rows.filter(pl.col("tasks").str.contains(r"^[^ ]+\+[^ ]+$"))
        names = sorted(several["tasks"].unique().to_list(), key=lambda one: -one.count("+"))[:1]
        if not names:
            raise Missing("no arm trains on several intermediate tasks")
    if not names:
        raise Missing("no arm is named: say 'arm' or 'intermediate'")
    for name in names:
        found = rows.filter(pl.col("tasks") == name)
        if not found.is_empty():
            return of_most_examples(found)
    raise Missing(f"no arm with the intermediate task {' or '.join(names)}")


def of_most_examples(rows: pl.DataFrame) -> pl.DataFrame:
    """Of several arms with the same tasks that of most examples, and of these the one in fewest languages."""
    order = pl.struct(-pl.col("examples").fill_null(0), pl.col("sources").str.len_chars(), pl.col("arm"))
    first = rows.sort(order)["arm"][0]
    return rows.filter(pl.col("arm") == first)


def intermediates(rows: pl.DataFrame, joint: bool) -> dict[str, pl.DataFrame]:
    """The rows of each intermediate task by name; with ``joint`` also those of several together."""
    found = {str(name): part for (name,), part in rows.group_by(["tasks"], maintain_order=True) if name}
    return {name: of_most_examples(part) for name, part in found.items() if joint or not re.search(r"\+| > | & ", name)}


def whole(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of the seeds that hold every cell."""
    counts = rows.group_by("seed").agg(pl.struct("target", "language").n_unique().alias("cells"))
    return rows.filter(pl.col("seed").is_in(counts.filter(pl.col("cells") == pl.col("cells").max())["seed"].implode()))


def less(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """``first`` with the gains of the same cells of ``second`` taken off; cells that only one has are left out."""
    taken = second.select(*CELL, pl.col("gain").alias("_less"))
    joined = first.join(taken, on=CELL, how="inner", maintain_order="left")
    if joined.is_empty():
        raise Missing("the two arms have no cell in common")
    return joined.with_columns(gain=pl.col("gain") - pl.col("_less")).drop("_less")
