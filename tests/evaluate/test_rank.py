"""The best candidates are those of a plain sort, however the pool is cut into blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.evaluate.rank import best_candidates


def check(queries: np.ndarray, candidates: np.ndarray, count: int) -> None:
    numbers, cosines = best_candidates(queries, candidates, count)
    scores = queries @ candidates.T
    right = np.sort(scores, axis=1)[:, ::-1][:, :count]
    assert numbers.shape == cosines.shape == right.shape
    np.testing.assert_allclose(cosines, right, rtol=0, atol=1e-6)
    np.testing.assert_allclose(np.take_along_axis(scores, numbers, axis=1), cosines, rtol=0, atol=1e-6)
    assert all(len(set(row)) == len(row) for row in numbers.tolist())


@settings(deadline=None)
@given(st.integers(0, 4), st.integers(1, 9), st.integers(1, 12), st.integers(0, 99))
def test_the_best_are_those_of_a_sort(queries: int, candidates: int, count: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    if queries:
        check(draw.random((queries, 3), np.float32), draw.random((candidates, 3), np.float32), count)
    else:
        assert len(best_candidates(np.zeros((0, 3), np.float32), np.zeros((candidates, 3), np.float32), count)[0]) == 0


@pytest.mark.parametrize(("queries", "candidates"), [(3, 70_000), (1_100, 40)])
def test_blocks_make_no_difference(queries: int, candidates: int) -> None:
    draw = np.random.default_rng(0)
    check(draw.standard_normal((queries, 4), np.float32), draw.standard_normal((candidates, 4), np.float32), 20)


def test_of_equal_candidates_the_first_comes_first() -> None:
    candidates = np.zeros((40_000, 2), np.float32)
    candidates[[7, 33_000, 39_000]] = (1, 0)
    numbers, cosines = best_candidates(np.array([[1, 0]], np.float32), candidates, 3)
    assert numbers.tolist() == [[7, 33_000, 39_000]] and cosines.tolist() == [[1, 1, 1]]
