"""Row 7: pairs of sentences that find one another among 150,000 on either side: k = 4 both ways, margin scores.

In: drawn vectors of 768 numbers, each side around 2,000 shared topics, with a partner for every vector, float32. Ours
runs to its end, pairs and scores included. A flat index of faiss would take half an hour on one core: ``slice`` queries
of either direction are searched among all vectors of the other, which is an equal share of every query's work, and the
seconds are scaled to all of them (``scaled``). Filling the index, margins and pairs are left out on its side.
"""

from __future__ import annotations

from typing import Any

from benchmarks.row import OURS, Case, Places, Reading, Row, Target, Work

PEER = "faiss, flat"
_CHECKED = 2100  # enough that ours takes the way of many vectors


def measure(way: str, work: Work, places: Places) -> Reading:
    """Find the nearest one way; seconds are those of the whole."""
    import numpy as np

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
    return _ours(left, right, order, k) if way == OURS else _faiss(left, right, work["slice"], k)


def _ours(left: Any, right: Any, order: Any, k: int) -> Reading:
    """``found``: the share of the sources that are paired with their partner."""
    import numpy as np

    from benchmarks.clock import Clock
    from xstilts.evaluate.neighbours import mined

    mined(left[:64], right[:64], "ratio", k)
    clock = Clock()
    sources, targets, _ = mined(left, right, "ratio", k)
    facts: Reading = clock.read()
    return facts | {"found": float(np.sum(order[targets] == sources)) / len(left)}


def _faiss(left: Any, right: Any, piece: int, k: int) -> Reading:
    """``same``: how many of a few queries' neighbours are those that ours finds for them."""
    import faiss
    import numpy as np
    import torch

    from benchmarks.clock import Clock
    from xstilts.evaluate.neighbours import both_ways

    scale = len(left) / piece
    spent = {"wall": 0.0, "cpu": 0.0}
    same = []
    for queries, candidates in ((left, right), (right, left)):
        index = faiss.IndexFlatIP(candidates.shape[1])
        index.add(candidates)
        index.search(queries[:64], k)
        clock = Clock()
        places = index.search(queries[:piece], k)[1]
        spent = {name: spent[name] + scale * seconds for name, seconds in clock.read().items()}
        ours = both_ways(torch.from_numpy(queries[:_CHECKED]), torch.from_numpy(candidates), k)[1][0].numpy()
        same.append((np.sort(places[:_CHECKED]) == np.sort(ours)).mean())
    return {**spent, "scaled": scale, "same": float(np.mean(same))}


ROWS = (
    Row(
        7,
        "Mining",
        "150,000 x 150,000 x 768, k = 4 both ways, margin scores, float32",
        lambda full: (
            Case(
                "150k x 150k",
                {"rows": 150_000, "width": 768, "k": 4, "slice": 3000},
                (OURS, PEER),
                (Target(PEER, 4.0),),
                note="the seconds of faiss are those of 3,000 queries either way, times 50",
            ),
        ),
        measure,
        columns=("wall", "cpu", "scaled", "same", "found", "peak"),
        needs_data=False,
    ),
)
