"""Token vectors for a new vocabulary in the space of an old one, in closed form.

In: the new and the old tokenizer, the old table of token vectors, and pairs (text, English text) of each language:
sentences and dictionary entries alike. Out: a table for the new vocabulary, so that the old encoder's body understands
other languages before any training.

For each language IBM model 1 (Brown et al. 1993) is fitted in both directions at once between new pieces f of the text
and old pieces e of the English text, each link weighted by the product of its two posteriors (Liang, Taskar and Klein
2006). With the expected counts c(f, e) added over languages, row(f) = sum_e c(f, e) old(e) / sum_e c(f, e), scaled to
the mean length of the rows it is made of. A piece that the old vocabulary has too is also evidence for itself, as
often as English texts hold it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from scipy import sparse
from tokenizers import Tokenizer

Array = np.ndarray[Any, np.dtype[Any]]
_ROUNDS = 4
_LONGEST = 48


def aligned_rows(
    new: Tokenizer, old: Tokenizer, old_rows: Array, pairs: Iterable[Sequence[tuple[str, str]]], special: Sequence[str]
) -> Array:
    """Rows for ``new``, float32 [new size, width], in the space of ``old_rows`` [old size, width].

    ``pairs`` has one list for each language. The ``special`` pieces keep their old rows. A piece without any evidence
    gets the mean of all rows.
    """
    shape = (new.get_vocab_size(), len(old_rows))
    total = sparse.csr_matrix(shape)
    english: set[str] = set()
    for rows in pairs:
        f, f_length = _flat(new, [text for text, _ in rows])
        e, e_length = _flat(old, [gloss for _, gloss in rows])
        kept = (f_length > 0) & (e_length > 0)
        f, e = f[np.repeat(kept, f_length)], e[np.repeat(kept, e_length)]
        if len(f):
            total = total + link_counts(f, f_length[kept], e, e_length[kept], shape)
        english.update(gloss for _, gloss in rows)
    total = total + _same_pieces(new, old, sorted(english), shape)
    evidence = np.asarray(total.sum(axis=1)).ravel()
    scale = np.maximum(evidence, 1e-9)
    rows = (total @ old_rows) / scale[:, None]
    length = (total @ np.linalg.norm(old_rows, axis=1)) / scale
    rows *= (length / np.maximum(np.linalg.norm(rows, axis=1), 1e-9))[:, None]
    known = evidence > 1e-6
    rows[~known] = rows[known].mean(axis=0)
    new_ids, old_ids = new.get_vocab(), old.get_vocab()
    for piece in special:
        rows[new_ids[piece]] = old_rows[old_ids[piece]]
    result: Array = rows.astype(np.float32)
    return result


def link_counts(f: Array, f_length: Array, e: Array, e_length: Array, shape: tuple[int, int]) -> sparse.csr_matrix:
    """Expected link counts [new size, old size] over sentence pairs, as flat ids and lengths; no text is empty."""
    f_size, e_size = shape
    per_f = np.repeat(e_length, f_length)
    first = np.concatenate([[0], np.cumsum(per_f)[:-1]])
    f_at = np.repeat(np.arange(len(f)), per_f)  # the occurrence of f that a possible link belongs to
    e_first = np.repeat(np.concatenate([[0], np.cumsum(e_length)[:-1]]), f_length)
    e_at = np.arange(int(per_f.sum())) - np.repeat(first - e_first, per_f)
    count: Array
    cells, cell = np.unique(f[f_at] * e_size + e[e_at], return_inverse=True)
    cell_f, cell_e = cells // e_size, cells % e_size
    count = np.bincount(cell, minlength=len(cells)).astype(np.float64)
    begin = np.bincount(f, minlength=f_size)[cell_f] + np.bincount(e, minlength=e_size)[cell_e]
    forward = backward = count / begin  # Dice's coefficient, a better start than a flat one
    for _ in range(_ROUNDS):
        p, q = forward[cell], backward[cell]
        link = p / np.add.reduceat(p, first)[f_at] * (q / np.bincount(e_at, q, minlength=len(e))[e_at])
        count = np.bincount(cell, link, minlength=len(cells))
        forward = count / np.bincount(cell_e, count, minlength=e_size)[cell_e]
        backward = count / np.bincount(cell_f, count, minlength=f_size)[cell_f]
    return sparse.csr_matrix((count, (cell_f, cell_e)), shape=shape)


def _same_pieces(new: Tokenizer, old: Tokenizer, english: Sequence[str], shape: tuple[int, int]) -> sparse.csr_matrix:
    """Each piece of both vocabularies linked with itself, as often as the English texts hold it."""
    frequency = np.bincount(_flat(old, english)[0], minlength=shape[1])
    old_ids = old.get_vocab()
    both = [(number, old_ids[piece]) for piece, number in new.get_vocab().items() if piece in old_ids]
    rows, columns = (np.array(numbers) for numbers in zip(*both, strict=True))
    return sparse.csr_matrix((frequency[columns] + 0.1, (rows, columns)), shape=shape)


def _flat(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[Array, Array]:
    """All ids one after the other, without special tokens, and the number of each text's; long texts get none."""
    rows = [found.ids for found in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
    rows = [row if len(row) <= _LONGEST else [] for row in rows]
    lengths = np.fromiter((len(row) for row in rows), np.int64, len(rows))
    return np.fromiter((number for row in rows for number in row), np.int64, int(lengths.sum())), lengths
