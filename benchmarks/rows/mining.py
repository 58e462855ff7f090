"""Row 7: pairs of sentences that find one another among 150,000 on either side: k = 4 both ways, margin scores.

In: drawn vectors of 768 numbers, each side around 2,000 shared topics, with a pair for every vector, float32. Flat
indices of faiss would take an hour on few cores, so the rounds measure slices: ours the cosines of ``slice`` sources
with all targets (both directions at once), faiss's ``slice`` queries of either direction against all vectors of the
other. Both are the same share of the whole and are scaled by it. ``xstilts, to the end`` is the whole, with the memory.
"""

from __future__ import annotations

from typing import Any

from benchmarks.row import OURS, Case, Places, Reading, Row, Target, Work

PEER = "faiss, flat"
WHOLE = "xstilts, to the end"
_CHECKED = 200


def measure(way: str, work: Work, places: Places) -> Reading:
    """Find the nearest one way; seconds are those of the whole."""
    import numpy as np

    from benchmarks.clock import Clock

    draw = np.random.default_rng(work["seed"])
    rows, width, k = work["rows"], work["width"], work["k"]
    topics = draw.standard_normal((2000, width), dtype=np.float32)
    meaning = topics[draw.integers(0, len(topics), rows)]
    meaning += draw.standard_normal((rows, width), dtype=np.float32)
    sides = []
    for order in (np.arange(rows), draw.permutation(rows)):
        side = meaning[order]
        for low in range(0, rows, 10_000):
            part = side[low : low + 10_000]
            part += 0.7 * draw.standard_normal(part.shape, dtype=np.float32)
            part /= np.linalg.norm(part, axis=1, keepdims=True)
        sides.append(side)
    del meaning
    left, right = sides
    if way == WHOLE:
        from xstilts.evaluate.neighbours import mined

        clock = Clock()
        found, partner, _ = mined(left, right, "ratio", k)
        facts: Reading = clock.read()
        return facts | {"scaled": 1.0, "right_share": float((order[partner] == found).sum()) / rows}
    piece, own = work["slice"], way == OURS
    found, facts = (_ours if own else _faiss)(left, right, piece, k)
    other, _ = (_faiss if own else _ours)(left[:_CHECKED], right, _CHECKED, k)
    scale = rows / piece
    same = np.sort(found[0][:_CHECKED]) == np.sort(other[0])
    return {name: seconds * scale for name, seconds in facts.items()} | {"scaled": scale, "same": float(same.mean())}


def _ours(left: Any, right: Any, piece: int, k: int) -> tuple[list[Any], Reading]:
    """Places of the nearest from left to right and back; one product serves both."""
    import torch

    from benchmarks.clock import Clock
    from xstilts.evaluate.neighbours import both_ways

    sides = (torch.from_numpy(left[:piece]), torch.from_numpy(right))
    both_ways(sides[0][:64], sides[1][:64], k)
    clock = Clock()
    _, places = both_ways(*sides, k)
    return [found.numpy() for found in places], clock.read()


def _faiss(left: Any, right: Any, piece: int, k: int) -> tuple[list[Any], Reading]:
    """The same from two searches; the vectors are in the index already."""
    import faiss

    from benchmarks.clock import Clock

    places, spent = [], {"wall": 0.0, "cpu": 0.0}
    for queries, candidates in ((left, right), (right, left)):
        index = faiss.IndexFlatIP(candidates.shape[1])
        index.add(candidates)
        index.search(queries[:64], k)
        clock = Clock()
        places.append(index.search(queries[:piece], k)[1])
        spent = {name: spent[name] + seconds for name, seconds in clock.read().items()}
    return places, spent


ROWS = (
    Row(
        7,
        "Mining",
        "150,000 x 150,000 x 768, k = 4 both ways, margin scores, float32",
        lambda full: (
            Case(
                "150k x 150k",
                {"rows": 150_000, "width": 768, "k": 4, "slice": 3000},
                (OURS, PEER, WHOLE),
                (Target(PEER, 4.0),),
                seldom=(WHOLE,),
                note="seconds of slices are scaled to the whole",
            ),
        ),
        measure,
        columns=("wall", "cpu", "scaled", "same", "right_share", "peak"),
        needs_data=False,
    ),
)
