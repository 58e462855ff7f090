"""Sampling: subsets nest, rules have the stated shares, order depends on the seed only."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.catalogue.sampling import probabilities
from xstilts.data.sample import Pool, dealt, subset, updates


@given(st.integers(0, 5), st.lists(st.integers(0, 2), min_size=12, max_size=60), st.integers(1, 11))
def test_smaller_subsets_lie_in_larger_ones(seed: int, labels: list[int], size: int) -> None:
    marks = np.array(labels)
    small = subset(marks, len(marks), size, seed, "nli")
    large = subset(marks, len(marks), size + 1, seed, "nli")
    assert len(small) == size
    assert set(small) < set(large)


def test_subsets_keep_label_shares() -> None:
    labels = np.repeat([0, 1, 2], [600, 300, 100])
    share = np.bincount(labels[subset(labels, 1000, 100, 3, "nli")]) / 100
    assert share == pytest.approx([0.6, 0.3, 0.1], abs=0.02)


def test_sampling_rules() -> None:
    sizes = [400_000, 100_000]
    assert probabilities(sizes, "proportional", 0, 1, []) == pytest.approx([0.8, 0.2])
    assert probabilities(sizes, "capped", 131_072, 1, []) == pytest.approx([131_072 / 231_072, 100_000 / 231_072])
    assert probabilities(sizes, "temperature", 0, 2, []) == pytest.approx([2 / 3, 1 / 3])
    assert probabilities(sizes, "uniform", 0, 1, []) == pytest.approx([0.5, 0.5])
    assert probabilities(sizes, "given", 0, 1, [1, 3]) == pytest.approx([0.25, 0.75])


def test_every_pass_holds_each_row_once() -> None:
    pool = Pool("nli", (np.arange(10), np.arange(10, 25)))
    drawn = np.concatenate([rows for _, rows in updates([pool], np.ones(1), 5, 10, 1)])
    assert sorted(drawn[:25]) == sorted(drawn[25:]) == list(range(25))
    assert drawn[:25].tolist() != drawn[25:].tolist()


def test_languages_are_drawn_with_alpha() -> None:
    pool = Pool("text", (np.arange(1000), np.arange(1000, 1010)), alpha=0.3)
    drawn = np.concatenate([rows for _, rows in updates([pool], np.ones(1), 50, 80, 1)])
    expected = 10**0.3 / (10**0.3 + 1000**0.3)
    assert (drawn >= 1000).mean() == pytest.approx(expected, abs=0.03)


def test_order_is_the_same_every_time_and_moves_with_the_seed() -> None:
    pools = [Pool("a", (np.arange(30),)), Pool("b", (np.arange(40),))]
    chances = probabilities([30, 40], "proportional", 0, 1, [])

    def order(seed: int) -> list[tuple[int, list[int]]]:
        return [(task, rows.tolist()) for task, rows in islice(updates(pools, chances, 4, 12, seed), 12)]

    assert order(0) == order(0)
    assert order(0) != order(1)


@given(st.integers(0, 50), st.integers(1, 200), st.integers(1, 9))
def test_translated_rows_are_dealt_evenly_to_languages(seed: int, rows: int, languages: int) -> None:
    found = dealt(rows, languages, seed, "task")
    counts = np.bincount(found, minlength=languages)
    assert len(found) == rows and np.ptp(counts) <= 1
    assert (found == dealt(rows, languages, seed, "task")).all()
