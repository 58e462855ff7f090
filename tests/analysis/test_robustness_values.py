"""Robustness of predictions about pairs: closed forms, another library's regression, properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from xstilts.analysis.robustness import pairs
from xstilts.analysis.robustness.table import beyond_accuracy

LABELS = np.array([0, 0, 0, 0, 1, 1])
SAID = np.array([0, 1, 1, 0, 1, 0])

binary = hnp.arrays(np.int64, 12, elements=st.integers(0, 1))


def test_kinds_of_errors() -> None:
    found = pairs.errors(SAID, LABELS)
    assert (found.false_same, found.false_different, found.accuracy) == (0.5, 0.5, 0.5)
    assert pairs.errors(np.zeros(6, int), LABELS).balanced_accuracy == 0.5
    assert np.isnan(pairs.errors(SAID[:4], LABELS[:4]).false_different)


@settings(deadline=None)
@given(binary, binary)
def test_balanced_accuracy_is_scikit_learns(said: np.ndarray, labels: np.ndarray) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    if len(set(labels)) == 2:
        theirs = metrics.balanced_accuracy_score(labels, said)
        assert pairs.errors(said, labels).balanced_accuracy == pytest.approx(theirs)


def test_overlap_of_words_and_of_trigrams() -> None:
    assert pairs.overlap("The cat, the dog!", "the dog sees") == 2 / 4
    assert pairs.overlap("猫が犬を見る", "犬が猫を見る", spaced=False) == 1 / 7  # only the last trigram is common
    assert pairs.overlap("में है", "है में") == 1.0  # vowel signs are parts of words
    assert pairs.overlap("", "") == 0.0


@settings(deadline=None)
@given(st.text(max_size=30), st.text(max_size=30), st.booleans())
def test_overlap_is_symmetric_and_whole_with_itself(first: str, second: str, spaced: bool) -> None:
    there = pairs.overlap(first, second, spaced)
    assert there == pairs.overlap(second, first, spaced)
    assert 0 <= there <= 1
    assert pairs.overlap(first, first, spaced) in (0.0, 1.0)


def test_overlap_slope_is_scikit_learns_without_penalty() -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(0)
    overlaps = rng.random(400)
    wrong = rng.random(400) < 1 / (1 + np.exp(2 - 3 * overlaps))
    theirs = linear.LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(overlaps[:, None], wrong)
    assert pairs.overlap_slope(wrong, overlaps) == pytest.approx(theirs.coef_[0, 0], rel=1e-4)


def test_a_slope_that_the_data_do_not_have_is_not_a_number() -> None:
    overlaps = np.array([0.1, 0.2, 0.8, 0.9])
    for wrong in ([0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 1, 1], [1, 1, 0, 0]):
        assert np.isnan(pairs.overlap_slope(np.array(wrong, bool), overlaps))
    assert np.isnan(pairs.overlap_slope(np.array([True, False, True, False]), np.full(4, 0.5)))
    assert not np.isnan(pairs.overlap_slope(np.array([True, False, True, False]), overlaps))


def test_changes_that_do_nothing_leave_robust_accuracy_at_accuracy() -> None:
    right = float((SAID == LABELS).mean())
    assert pairs.robust_accuracy(SAID, np.stack([SAID, SAID]), LABELS) == right
    assert pairs.attack_success(SAID, np.stack([SAID]), LABELS) == 0
    assert pairs.unmoved(SAID, SAID) == 1


@settings(max_examples=50, deadline=None)
@given(binary, binary, hnp.arrays(np.int64, (3, 12), elements=st.integers(0, 1)))
def test_every_further_change_can_only_lower_robust_accuracy(said, labels, changed) -> None:  # type: ignore[no-untyped-def]
    robust = [pairs.robust_accuracy(said, changed[:k], labels) for k in (1, 2, 3)]
    assert (said == labels).mean() >= robust[0] >= robust[1] >= robust[2]
    if (said == labels).any():
        attack = pairs.attack_success(said, changed, labels)
        assert attack == pytest.approx(1 - robust[2] / (said == labels).mean())
    both = pairs.consistency(np.stack([said, *changed]), labels)
    assert both.all_right <= min(both.same, robust[2]) + 1e-12


def test_shuffling_must_be_noticed_where_the_pair_was_found_to_mean_the_same() -> None:
    labels, said = np.array([1, 1, 1, 0]), np.array([1, 1, 0, 1])
    assert pairs.shuffle_flip(said, np.array([0, 1, 1, 0]), labels) == 0.5
    assert np.isnan(pairs.shuffle_flip(said[2:], said[2:], labels[2:]))


def test_what_is_lost_counts_only_what_was_right_there() -> None:
    there, here = np.array([True, True, False, False]), np.array([True, False, True, False])
    assert pairs.lost(there, here) == 0.25


def test_robustness_beyond_accuracy_is_the_arms_own_part() -> None:
    accuracy = np.array([60.0, 70, 80, 65, 75, 85])
    arm = np.array([False] * 3 + [True] * 3)
    assert beyond_accuracy(accuracy, 0.8 * accuracy - 5, arm) == pytest.approx(0, abs=1e-9)
    assert beyond_accuracy(accuracy, 0.8 * accuracy - 5 + 4 * arm, arm) == pytest.approx(4)
    assert np.isnan(beyond_accuracy(accuracy[:3], accuracy[:3], arm[:3]))
