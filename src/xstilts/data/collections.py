"""Two collections of sentences and the pairs they share, as rows: what a mining reads.

In: files with a sentence or a pair a row, with two lists and the numbers of their pairs, or with parallel sentences.
Out: rows of ``data.rows.SCHEMAS[MINING]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xstilts.catalogue.errors import Problem
from xstilts.data.rows import SIDES

Array = np.ndarray[Any, np.dtype[Any]]


def unfolded(columns: Mapping[str, pa.ChunkedArray], path: Path) -> pa.Table:
    """A file of one row: ``source`` and ``target`` are lists of texts, ``pairs`` a list of pairs of their numbers,
    counted from 1, which are the names of the sentences.

    Rows stand in the order of their place in their list, as a share of its length, so that the first rows are a fair
    part of both collections. Raises ``Problem`` where numbers lie outside the lists.
    """
    try:
        lists = [[each for row in columns[name].to_pylist() for each in row or ()] for name in (*SIDES, "pairs")]
        texts = [pa.array(side, pa.string()) for side in lists[:2]]
        sizes, pairs = [len(side) for side in texts], np.array(lists[2], dtype=np.int64).reshape(-1, 2) - 1
    except (ValueError, TypeError, OverflowError) as error:
        raise Problem(
            f"{path}: a set of lists holds two lists of texts and a list of pairs of whole numbers ({error})"
        ) from error
    if len(columns["pairs"]) != 1 or ((pairs < 0) | (pairs >= sizes)).any():
        raise Problem(f"{path}: a set of lists has one row, and its pairs are numbers of sentences, counted from 1")
    alone = [np.setdiff1d(np.arange(size), pairs[:, side]) for side, size in enumerate(sizes)]
    number = np.concatenate(  # of each row's source and target, -1 for none
        [pairs, *(np.stack([one, np.full_like(one, -1)][:: 1 - 2 * side], axis=1) for side, one in enumerate(alone))]
    )
    order = np.argsort((number / np.maximum(sizes, 1)).max(axis=1), kind="stable")
    table = {}
    for side, name in enumerate(SIDES):
        taken = pa.array(number[order, side], mask=number[order, side] < 0)
        table[f"{name}_id"] = pc.add(taken, 1).cast(pa.string())
        table[name] = texts[side].take(taken)
    return pa.table(table)


def settled(rows: pa.Table, paired: int | None) -> tuple[pa.Table, int]:
    """Rows with a name for every sentence, its row where the file gives none, and nothing for blank ones; rows without
    any sentence are left out and counted. ``paired``: see ``Files``."""
    place = np.arange(rows.num_rows)
    there: list[Array] = []
    for side, name in enumerate(SIDES):
        text = rows[name]
        held = np.array(pc.fill_null(pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(text)), 0), False), dtype=bool)
        if paired:
            turn = place % paired
            held &= (turn == 0) | (turn % 2 == 1 - side)
        there.append(held)
    columns: dict[str, pa.Array] = {}
    for name, held in zip(SIDES, there, strict=True):
        known = pc.coalesce(rows[f"{name}_id"], pa.array(place).cast(pa.string()))
        columns[f"{name}_id"], columns[name] = (pc.if_else(pa.array(held), each, None) for each in (known, rows[name]))
    kept = there[0] | there[1]
    return pa.table(columns, schema=rows.schema).filter(pa.array(kept)), int((~kept).sum())
