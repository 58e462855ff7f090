"""The texts of rows, in a form in which equal texts are equal: what two sets are compared by.

In: rows in ``data.rows.SCHEMAS``. Out: a table of texts with the number of their row. Case, spaces, punctuation and
forms of one and the same character do not count, so that a sentence meets itself cut into words. Texts too short to
mean anything by themselves are not compared alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xstilts.catalogue.task import TaskType

# ``column``: which of ``COLUMNS`` the text is, -1 for a row as a whole. ``dense``: Chinese, Japanese or Korean.
SCHEMA = pa.schema([("row", pa.int32()), ("column", pa.int8()), ("text", pa.large_string()), ("dense", pa.bool_())])
ENOUGH = 30  # letters; about five English words

# What is compared, by type: columns of the rows. A list of texts is one text.
COLUMNS: Mapping[TaskType, tuple[str, ...]] = {
    TaskType.CLASSIFICATION: ("text_a", "text_b"),
    TaskType.MULTIPLE_CHOICE: ("text_a", "choices"),
    TaskType.SPAN_EXTRACTION: ("question", "context"),
    TaskType.TOKEN_CLASSIFICATION: ("tokens",),
    TaskType.RETRIEVAL: ("source", "target"),
    TaskType.MINING: ("source", "target"),
    TaskType.RANKING: ("query", "candidate"),
    TaskType.MLM: ("text", "text_b"),
}

_NO_LETTER = r"[^\p{L}\p{M}\p{N}]+"
_DENSE = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]"  # scripts in which a sign says about as much as three letters


def texts_of(rows: pa.Table, kind: TaskType) -> pa.Table:
    """The texts of ``rows`` in ``SCHEMA``; rows count from 0.

    A text of ``ENOUGH`` letters stands alone (a sign of a dense script counts as three); a row whose texts are all
    shorter is one text, if they are as long together. Other rows give none.
    """
    columns = [_normalised(rows[name]) for name in COLUMNS[kind]]
    weights = [_weight(column) for column in columns]
    pieces = [
        _picked(column, weight >= ENOUGH, place)
        for place, (column, weight) in enumerate(zip(columns, weights, strict=True))
    ]
    if len(columns) == 2:
        one, two = (pc.coalesce(column, pa.scalar("", pa.large_string())) for column in columns)
        first = pc.less_equal(one, two)  # on which side a text stands does not count
        # Made here: a scalar loads pandas where it is installed, and every plan imports this module.
        between = pa.scalar("\n", pa.large_string())
        both = pc.binary_join_element_wise(pc.if_else(first, one, two), pc.if_else(first, two, one), between)
        short = (np.maximum(*weights) < ENOUGH) & (np.minimum(*weights) > 0)
        pieces.append(_picked(both, short & (weights[0] + weights[1] >= ENOUGH), -1))
    return pa.concat_tables(pieces).combine_chunks()


def _picked(texts: pa.Array, which: np.ndarray, column: int) -> pa.Table:
    """Those of ``texts`` that ``which`` marks, in ``SCHEMA``."""
    rows, found = np.flatnonzero(which).astype(np.int32), texts.filter(pa.array(which))
    dense = _weight(found) >= 2 * pc.utf8_length(found).to_numpy(zero_copy_only=False)
    return pa.table(
        [pa.array(rows), pa.array(np.full(len(rows), column, np.int8)), found, pa.array(dense)], schema=SCHEMA
    )


def _normalised(column: pa.ChunkedArray) -> pa.Array:
    values = column.combine_chunks()
    if pa.types.is_list(values.type):
        values = pc.binary_join(values, " ")
    values = pc.utf8_lower(pc.utf8_normalize(values.cast(pa.large_string()), "NFKC"))
    return pc.replace_substring_regex(values, _NO_LETTER, "")


def _weight(texts: pa.Array) -> np.ndarray:
    """Letters of each text, those of dense scripts counted three times; 0 where there is no text."""
    weight = pc.add(pc.utf8_length(texts), pc.multiply(pc.count_substring_regex(texts, _DENSE), 2))
    counted: np.ndarray = pc.fill_null(weight, 0).to_numpy(zero_copy_only=False)
    return counted
