"""Many texts, each once, and which other texts meet them.

In: tables of texts (``data.texts.SCHEMA``). Out: ``Pool``; ``Hits``, the texts of a further table that are, or
nearly are, some of the pool's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from xstilts.data.near import Pair, Text, near
from xstilts.data.texts import SCHEMA

UNEQUAL = 0.999  # the most that different texts have, even where they are made of the same pieces

Search = Callable[[Sequence[Text]], Iterator[Pair]]


@dataclass(frozen=True)
class Pool:
    """``texts`` are all different; ``codes`` gives, a table that went in, the number in ``texts`` of each of its
    own."""

    texts: pa.Array
    dense: np.ndarray
    codes: tuple[np.ndarray, ...]

    @cached_property
    def number(self) -> Mapping[str, int]:
        """The number of each text. Made once, where ``index_in`` would go through the pool for every table."""
        return {text: number for number, text in enumerate(self.texts.to_pylist())}


@dataclass(frozen=True)
class Hits:
    """Texts that meet the pool, one a pair: the pool's text, the row and column that the other text stands in, and how
    alike the two are, 1 for equal ones."""

    code: np.ndarray
    row: np.ndarray
    column: np.ndarray
    share: np.ndarray


def pool_of(tables: Sequence[pa.Table]) -> Pool:
    """The texts of ``tables`` as one pool."""
    whole = pa.concat_tables([SCHEMA.empty_table(), *tables]).combine_chunks()
    texts = whole["text"].combine_chunks().dictionary_encode()
    codes: np.ndarray = texts.indices.to_numpy().astype(np.int64)
    dense = np.zeros(len(texts.dictionary), bool)
    dense[codes] = whole["dense"].to_numpy()
    ends = np.cumsum([table.num_rows for table in tables])[:-1]
    return Pool(texts.dictionary, dense, tuple(np.split(codes, ends)) if tables else ())


def searched(pool: Pool) -> Search:
    """The search for texts nearly like those of ``pool``. Raises ``Problem`` where its package is not installed."""
    return near(list(zip(pool.texts.to_pylist(), pool.dense.tolist(), strict=True)))


def hits(pool: Pool, other: pa.Table, search: Search | None = None) -> Hits:
    """Which texts of ``other`` are equal to some of ``pool``; with ``search`` also those that are only nearly."""
    asked = other["text"].combine_chunks().dictionary_encode()
    known = np.array([pool.number.get(text, -1) for text in asked.dictionary.to_pylist()], np.int64)
    code = known[asked.indices.to_numpy()] if len(known) else known
    equal = code >= 0
    codes, places = [code[equal]], [np.flatnonzero(equal)]
    shares = [np.ones(len(codes[0]))]
    if search is not None and not equal.all():
        rest = np.flatnonzero(~equal)
        texts = other["text"].combine_chunks().take(pa.array(rest)).dictionary_encode()
        number = texts.indices.to_numpy()
        dense = np.zeros(len(texts.dictionary), bool)
        dense[number] = other["dense"].to_numpy()[rest]
        order = np.argsort(number, kind="stable")
        edges = np.searchsorted(number[order], np.arange(len(texts.dictionary) + 1))
        for mine, code, share in search(list(zip(texts.dictionary.to_pylist(), dense.tolist(), strict=True))):
            same = rest[order[edges[mine] : edges[mine + 1]]]  # every place of this one text
            places.append(same)
            codes.append(np.full(len(same), code))
            shares.append(np.full(len(same), min(share, UNEQUAL)))
    where = np.concatenate(places)
    rows, columns = (other[name].to_numpy()[where] for name in ("row", "column"))
    return Hits(np.concatenate(codes), rows, columns, np.concatenate(shares))
