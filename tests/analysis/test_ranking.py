"""Rankings against worked examples, scikit-learn, and plain enumeration of all orders."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from xstilts.analysis.similarity.ranking import ndcg, regret

GAIN = [3.0, 1.0, 2.0, 0.0, -1.0]
SCORE = [0.7, 0.2, 0.9, 0.1, 0.3]
PERFORMANCE = [0.8, 0.7, 0.75, 0.6, 0.65]


def test_the_worked_example() -> None:
    assert ndcg(GAIN, SCORE) == pytest.approx(0.9246885429975416, abs=1e-10)
    assert ndcg(GAIN, SCORE, exponential=True) == pytest.approx(0.8498932729020808, abs=1e-10)
    assert ndcg(GAIN, SCORE, first=2) == pytest.approx(0.9373691761066302, abs=1e-10)
    assert regret(PERFORMANCE, SCORE, 1) == pytest.approx(6.25, abs=1e-10)
    assert regret(PERFORMANCE, SCORE, 2) == pytest.approx(0.0, abs=1e-10)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-5, 9), st.integers(0, 3)), min_size=2, max_size=8))
def test_ndcg_equals_scikit_learns_with_ties(pairs: list[tuple[int, int]]) -> None:
    gains, scores = [float(a) for a, _ in pairs], [float(b) for _, b in pairs]
    relevance = np.array([gains]) - min(gains)
    if relevance.any():
        assert ndcg(gains, scores) == pytest.approx(ndcg_score(relevance, np.array([scores])))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 2)), min_size=2, max_size=6), st.integers(1, 3))
def test_regret_is_the_mean_over_all_orders_of_ties(pairs: list[tuple[int, int]], top: int) -> None:
    values, scores = [float(a) for a, _ in pairs], [float(b) for _, b in pairs]
    lost = []
    for order in permutations(range(len(pairs))):
        if all(scores[a] >= scores[b] for a, b in pairwise(order)):
            lost.append(100 * (max(values) - max(values[i] for i in order[:top])) / max(values))
    assert regret(values, scores, top) == pytest.approx(np.mean(lost))
