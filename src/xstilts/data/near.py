"""Which of many texts are nearly the same: MinHash finds candidates, and each is then compared in full.

In: texts as ``data.texts`` gives them. Out: pairs with their similarity, the share of short pieces that both have
(Jaccard's index of their sets of pieces). The sketches and their index are the package ``rensa``'s (the extra
``overlap``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from xstilts.catalogue.errors import Problem

# Two English sentences of eleven words of which one word differs have a similarity of about 0.75.
SIMILAR = 0.7
PIECE, DENSE_PIECE = 5, 2  # characters in a piece; in dense scripts a sign says more
# Bands of rows: a pair of similarity s becomes a candidate with probability 1 - (1 - s ** (PERMUTATIONS / BANDS)) **
# BANDS: 0.99 at 0.7 and 0.008 at 0.2 (Broder 1997; Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3.4).
PERMUTATIONS, BANDS = 125, 25
CHUNK = 8192  # texts whose sketches are held at once
SEED = 1

Text = tuple[str, bool]  # a normalised text, and whether its script is dense
Pair = tuple[int, int, float]  # place among those asked for, place among the known ones, similarity


def near(known: Sequence[Text]) -> Callable[[Sequence[Text]], Iterator[Pair]]:
    """A search for those of ``known`` that are similar to other texts, by ``SIMILAR`` or more.

    Raises ``Problem`` where the package that makes sketches is not installed.
    """
    try:
        from rensa import RMinHash, RMinHashLSH
    except ImportError as error:
        raise Problem(
            "near duplicates are found with the package 'rensa': pip install 'xstilts[overlap]'; or look for equal "
            "texts alone, with --exact"
        ) from error
    index = RMinHashLSH(SIMILAR, PERMUTATIONS, BANDS)

    def sketches(texts: Sequence[Text]) -> Any:
        return RMinHash.from_token_sets([list(pieces(text)) for text in texts], PERMUTATIONS, SEED)

    for first in range(0, len(known), CHUNK):
        index.insert_many(sketches(known[first : first + CHUNK]), first)

    def search(asked: Sequence[Text]) -> Iterator[Pair]:
        for first in range(0, len(asked), CHUNK):
            chunk = asked[first : first + CHUNK]
            for place, found in enumerate(index.query_all(sketches(chunk)), first):
                mine = pieces(asked[place]) if found else set()
                for other in sorted(found):
                    if (share := similarity(mine, pieces(known[other]))) >= SIMILAR:
                        yield place, other, share

    return search


def pieces(text: Text) -> set[str]:
    """Every run of ``PIECE`` characters, of ``DENSE_PIECE`` in a dense script."""
    letters, dense = text
    size = DENSE_PIECE if dense else PIECE
    return {letters[start : start + size] for start in range(len(letters) - size + 1)}


def similarity(one: set[str], two: set[str]) -> float:
    """Jaccard's index: shared members over all members, from 0 to 1."""
    both = len(one & two)
    return both / (len(one) + len(two) - both) if both else 0.0
