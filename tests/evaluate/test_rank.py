"""The best candidates are those of a plain sort, however the pool is cut into blocks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.evaluate.predict import BEST
from xstilts.evaluate.rank import best_candidates
from xstilts.metrics.mean_average_precision import METRIC


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


def as_the_official_script(queries: np.ndarray, pool: np.ndarray, right: list[set[int]]) -> float:
    """LAReQA's score by its description: every candidate is sorted by its product with the question, the 20 best are
    walked through, and the mean is over all questions of all languages."""
    found = []
    for query, wanted in zip(queries, right, strict=True):
        best = (pool @ query).argsort()[::-1][:20]
        precision = [
            len(wanted & {*best[: place + 1].tolist()}) / (place + 1)
            for place in range(len(best))
            if best[place] in wanted
        ]
        found.append(sum(precision) / min(len(wanted), 20))
    return 100 * float(np.mean(found))


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 4), st.integers(1, 5), st.integers(1, 60), st.integers(1, 30), st.integers(0, 999))
def test_lareqas_score_is_that_of_the_official_script(
    languages: int, questions: int, candidates: int, targets: int, seed: int
) -> None:
    """Ours has one score a language; where all have as many questions, their mean is the official one."""
    draw = np.random.default_rng(seed)
    queries = draw.standard_normal((languages * questions, 8)).astype(np.float32)
    pool = draw.standard_normal((candidates, 8)).astype(np.float32)
    sizes = draw.integers(1, min(targets, candidates) + 1, len(queries))
    right = [{*draw.choice(candidates, size, replace=False).tolist()} for size in sizes]
    numbers, _ = best_candidates(queries, pool, BEST)
    scores = []
    for first in range(0, len(queries), questions):
        part = range(first, first + questions)
        ids = pa.array([str(row) for row in part])
        gold = pa.table({"id": ids, "targets": [[str(name) for name in right[row]] for row in part]})
        said = pa.table({"id": ids, "ranking": [[str(name) for name in numbers[row]] for row in part]})
        scores.append(METRIC.reduce(METRIC.count(gold, said, "en", ())))
    assert np.mean(scores) == pytest.approx(as_the_official_script(queries, pool, right), abs=1e-9)
