"""The texts of rows, in a form in which equal texts are equal: what two sets are compared by.

In: rows in ``data.rows.SCHEMAS``. Out: a table of texts with the number of their row. Case, spaces, punctuation and
forms of one and the same character do not count, so that a sentence meets itself cut into words. Texts too short to
mean anything by themselves are not compared alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from unicodedata import is_normalized

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

_MARKS = bytes(byte for byte in range(128) if not chr(byte).isalnum())
_KEPT = np.array([byte not in _MARKS for byte in range(256)])
_SMALL = bytes(range(256)).lower()  # of ASCII alone; what makes up other characters stays


@dataclass(frozen=True)
class _Column:
    """A column's different texts, normalised, and which of them each row has, -1 for none. ``weight`` counts letters,
    those of dense scripts three times; it has one entry more, 0, for no text."""

    texts: pa.Array
    code: np.ndarray
    weight: np.ndarray
    dense: np.ndarray

    def of(self, rows: np.ndarray) -> pa.Array:
        """The texts of these rows, which must have one."""
        return self.texts.take(pa.array(self.code[rows]))


def texts_of(rows: pa.Table, kind: TaskType) -> pa.Table:
    """The texts of ``rows`` in ``SCHEMA``; rows count from 0.

    A text of ``ENOUGH`` letters stands alone (a sign of a dense script counts as three); a row whose texts are all
    shorter is one text, if they are as long together. Other rows give none.
    """
    given = [_joined(rows[name]) for name in COLUMNS[kind]]
    place = np.flatnonzero(_may_do(given))
    columns = [_column(column.take(pa.array(place))) for column in given]
    weights = [column.weight[column.code] for column in columns]
    pieces = []
    for number, (column, weight) in enumerate(zip(columns, weights, strict=True)):
        found = np.flatnonzero(weight >= ENOUGH)
        pieces.append(_table(place[found], number, column.of(found), column.dense[column.code[found]]))
    if len(columns) == 2:
        short = (np.maximum(*weights) < ENOUGH) & (np.minimum(*weights) > 0)
        found = np.flatnonzero(short & (weights[0] + weights[1] >= ENOUGH))
        one, two = (column.of(found) for column in columns)
        first = pc.less_equal(one, two)  # on which side a text stands does not count
        # Made here: a scalar loads pandas where it is installed, and every plan imports this module.
        between = pa.scalar("\n", pa.large_string())
        both = pc.binary_join_element_wise(pc.if_else(first, one, two), pc.if_else(first, two, one), between)
        pieces.append(_table(place[found], -1, both, _is_dense(both, _weight(both))))
    return pa.concat_tables(pieces).combine_chunks()


def _table(rows: np.ndarray, column: int, texts: pa.Array, dense: np.ndarray) -> pa.Table:
    places = (pa.array(rows.astype(np.int32)), pa.array(np.full(len(rows), column, np.int8)))
    return pa.table([*places, texts, pa.array(dense)], schema=SCHEMA)


def _joined(column: pa.ChunkedArray) -> pa.Array:
    values = column.combine_chunks()
    return (pc.binary_join(values, " ") if pa.types.is_list(values.type) else values).cast(pa.large_string())


def _may_do(columns: Sequence[pa.Array]) -> np.ndarray:
    """Which rows may be long enough: no text weighs more than its bytes, unless the form NFKC makes it longer. Most
    entries of a word list need no further look."""
    enough: np.ndarray = sum(pc.fill_null(pc.binary_length(column), 0).to_numpy() for column in columns) >= ENOUGH
    for column in columns:
        short = np.flatnonzero(~enough)
        texts = column.take(pa.array(short)).to_pylist()
        enough[short] = [text is not None and not is_normalized("NFKC", text) for text in texts]
    return enough


def _column(values: pa.Array) -> _Column:
    """Every different text is normalised once: a paragraph has many questions, an English sentence many translations.
    What is plain ASCII takes a short way, which gives the same."""
    coded = values.dictionary_encode()
    different = coded.dictionary
    plain = pc.string_is_ascii(different).to_numpy(zero_copy_only=False).astype(bool)
    others = _normalised(different.filter(pa.array(~plain)))
    texts = pa.concat_arrays([_without_ascii_marks(different.filter(pa.array(plain))), others])
    place = np.full(len(plain) + 1, -1, np.int64)
    place[np.concatenate([np.flatnonzero(plain), np.flatnonzero(~plain)])] = np.arange(len(plain))
    signs = np.zeros(len(plain), np.int64)
    signs[plain.sum() :] = _signs(others)
    weight = _length(texts) + 2 * signs
    code = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)
    return _Column(texts, place[code], np.append(weight, 0), _is_dense(texts, weight))


def _normalised(texts: pa.Array) -> pa.Array:
    differ = [not is_normalized("NFKC", text) for text in texts.to_pylist()]
    composed = _changed(texts, differ, lambda some: pc.utf8_normalize(some, "NFKC"))
    letters = _without_ascii_marks(pc.utf8_lower(composed))
    marked = [not text.isalnum() for text in letters.to_pylist()]
    return _changed(letters, marked, lambda some: pc.replace_substring_regex(some, _NO_LETTER, ""))


def _changed(texts: pa.Array, which: list[bool], change: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """``texts`` after ``change``, which is asked for some alone: to see which need it costs a tenth of it."""
    mask = pa.array(which, pa.bool_())
    return pc.replace_with_mask(texts, mask, change(texts.filter(mask)))


def _without_ascii_marks(texts: pa.Array) -> pa.Array:
    """``texts`` without those characters of ASCII that are no letters and no digits, and with small ones in place of
    its capitals: byte by byte, much faster than an expression that matches every space."""
    if not len(texts):
        return texts
    _, places, content = texts.buffers()
    edges = np.frombuffer(places, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    low = int(edges[0])
    given = np.frombuffer(content or b"", np.uint8)[low : edges[-1]]
    filled = np.flatnonzero(np.diff(edges))  # an empty piece has no sum
    sizes = np.zeros(len(texts) + 1, np.int64)
    if len(filled):
        sizes[filled + 1] = np.add.reduceat(_KEPT[given], edges[filled] - low, dtype=np.int64)
    letters = given.tobytes().translate(_SMALL, _MARKS)
    buffers = [None, pa.py_buffer(np.cumsum(sizes).tobytes()), pa.py_buffer(letters)]
    return pa.Array.from_buffers(pa.large_string(), len(texts), buffers)


def _weight(texts: pa.Array) -> np.ndarray:
    """Letters of each text, those of dense scripts counted three times."""
    weight: np.ndarray = _length(texts) + 2 * _signs(texts)
    return weight


def _length(texts: pa.Array) -> np.ndarray:
    length: np.ndarray = pc.utf8_length(texts).to_numpy(zero_copy_only=False)
    return length


def _signs(texts: pa.Array) -> np.ndarray:
    """How many letters of each text are those of dense scripts."""
    counted: np.ndarray = pc.count_substring_regex(texts, _DENSE).to_numpy(zero_copy_only=False)
    return counted


def _is_dense(texts: pa.Array, weight: np.ndarray) -> np.ndarray:
    dense: np.ndarray = weight >= 2 * _length(texts)
    return dense
