"""An update divided among processes: nothing lost, nothing twice, examples whole, parts alike."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from xstilts.data.batch import Batch, divided


@given(st.lists(st.integers(1, 60), min_size=1, max_size=40), st.integers(1, 9), st.integers(1, 4))
def test_parts_are_the_whole(lengths: list[int], count: int, choices: int) -> None:
    lengths = lengths[: max(1, len(lengths) // choices) * choices]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    edges = np.unique(np.append(np.arange(0, len(lengths), choices), len(lengths)))
    batch = Batch(
        *(np.arange(starts[-1]) for _ in range(3)),
        starts=starts,
        sequences=np.arange(len(lengths)),
        where=starts[:-1],
        target=np.arange(len(lengths)),
        whole=edges if choices > 1 else None,
    )
    parts = divided(batch, count)
    assert 1 <= len(parts) <= count
    for name in ("ids", "positions", "sequences", "target"):
        assert np.array_equal(np.concatenate([getattr(part, name) for part in parts]), getattr(batch, name))
    for part in parts:
        assert len(part.ids) == part.starts[-1] > 0 and np.array_equal(part.where, part.starts[:-1])
        assert choices == 1 or part.sequences[0] in edges
    longest = max(starts[high] - starts[low] for low, high in pairwise(edges))
    assert max(len(part.ids) for part in parts) <= starts[-1] / count + longest
