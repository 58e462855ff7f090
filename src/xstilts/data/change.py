"""Small changes to pairs of sentences, to see whether predictions stand them.

In: rows of two texts, the name of a change, a generator, a dictionary. Out: the rows changed, and which of them are: a
change that finds nothing to do leaves a row as it is. All but ``shuffled`` keep what the pair means.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa

from xstilts.data.random import pick

Pair = tuple[str, str]
LEAST_LETTERS = 4  # of a word that gets a typing mistake


def changed(
    table: pa.Table, name: str, rng: np.random.Generator, words: Mapping[str, str]
) -> tuple[pa.Table, pa.Array]:
    """``table`` with its ``text_a`` and ``text_b`` changed, and a flag a row: whether anything is different.

    ``words``: translations of single words, in lower case, that ``mixed`` takes.
    """
    pairs = list(zip(table["text_a"].to_pylist(), table["text_b"].to_pylist(), strict=True))
    after = [CHANGES[name](pair, rng, words) for pair in pairs]
    for place, column in enumerate(("text_a", "text_b")):
        values = pa.array([pair[place] for pair in after], pa.string())
        table = table.set_column(table.column_names.index(column), column, values)
    return table, pa.array([before != now for before, now in zip(pairs, after, strict=True)])


def dictionary(rows: pa.Table) -> dict[str, str]:
    """Single words of a bilingual list (columns ``query``, ``candidate``), in lower case, with their first
    translation."""
    found: dict[str, str] = {}
    for word, other in zip(rows["query"].to_pylist(), rows["candidate"].to_pylist(), strict=True):
        if len(word.split()) == len(other.split()) == 1:
            found.setdefault(word.casefold(), other)
    return found


def _exchanged(pair: Pair, rng: np.random.Generator, words: Mapping[str, str]) -> Pair:
    """The sentences change places."""
    return pair[1], pair[0]


def _punctuated(pair: Pair, rng: np.random.Generator, words: Mapping[str, str]) -> Pair:
    """The mark at the end of each sentence goes; where there is none a full stop comes."""
    return _repunctuated(pair[0]), _repunctuated(pair[1])


def _repunctuated(text: str) -> str:
    bare = text.rstrip()
    ended = bool(bare) and unicodedata.category(bare[-1])[0] == "P"
    return bare[:-1].rstrip() if ended else f"{bare}."


def _recased(pair: Pair, rng: np.random.Generator, words: Mapping[str, str]) -> Pair:
    """Each sentence in lower case; one that is so already begins with a capital."""
    first, second = (text.lower() if text != text.lower() else text[:1].upper() + text[1:] for text in pair)
    return first, second


def _mistyped(pair: Pair, rng: np.random.Generator, words: Mapping[str, str]) -> Pair:
    """In one word of each sentence two neighbouring letters change places, the first letter staying."""
    return _mistype(pair[0], rng), _mistype(pair[1], rng)


def _mistype(text: str, rng: np.random.Generator) -> str:
    places = [i for low, high in _spans(text) if high - low >= LEAST_LETTERS for i in range(low + 1, high - 1)]
    places = [i for i in places if text[i] != text[i + 1]]
    if not places:
        return text
    i = pick(places, rng)
    return text[:i] + text[i + 1] + text[i] + text[i + 2 :]


def _mixed(pair: Pair, rng: np.random.Generator, words: Mapping[str, str]) -> Pair:
    """One word of the first sentence is said in the other language of the dictionary."""
    text = pair[0]
    known = [(low, high) for low, high in _spans(text) if text[low:high].casefold() in words]
    if not known:
        return pair
    low, high = pick(known, rng)
    return text[:low] + words[text[low:high].casefold()] + text[high:], pair[1]


def _shuffled(pair: Pair, rng: np.random.Generator, words: Mapping[str, str]) -> Pair:
    """The words of the second sentence in another order, marks staying where they are; nothing without blanks."""
    text = pair[1]
    spans = _spans(text)
    said = [text[low:high] for low, high in spans]
    if len(set(said)) < 2 or len(text.split()) < 2:
        return pair
    order = rng.permutation(len(said))
    if all(said[i] == word for i, word in zip(order, said, strict=True)):
        order = np.roll(order, 1)
    pieces, end = [], 0
    for (low, high), i in zip(spans, order, strict=True):
        pieces += [text[end:low], said[i]]
        end = high
    return pair[0], "".join(pieces) + text[end:]


def _spans(text: str) -> list[tuple[int, int]]:
    """Where words (letters, marks, digits) begin and end."""
    inside = [unicodedata.category(c)[0] in "LMN" for c in text]
    edges = np.flatnonzero(np.diff(np.array([False, *inside, False], dtype=np.int8)))
    return [(int(low), int(high)) for low, high in edges.reshape(-1, 2)]


CHANGES: Mapping[str, Callable[[Pair, np.random.Generator, Mapping[str, str]], Pair]] = {
    "exchanged": _exchanged,
    "punctuated": _punctuated,
    "recased": _recased,
    "mistyped": _mistyped,
    "mixed": _mixed,
    "shuffled": _shuffled,
}
