"""Neighbours in bounded memory, margins and mining, against scikit-learn and a second implementation of the rules."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from xstilts.catalogue.protocol import Margin
from xstilts.evaluate.neighbours import both_ways, mined, nearest, unit
from xstilts.evaluate.sieve import sieved


def vectors(rows: int, width: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((rows, width)).astype(np.float32)


def cosines(queries: np.ndarray, candidates: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's k nearest by cosine, best first."""
    found = NearestNeighbors(n_neighbors=k, metric="cosine", algorithm="brute").fit(candidates)
    distance, index = found.kneighbors(queries)
    return 1 - distance, index


@pytest.mark.parametrize(("rows", "columns", "k"), [(2100, 4200, 4), (5, 3000, 4), (3000, 3, 4), (1, 1, 1)])
def test_neighbours_both_ways_are_scikit_learns(rows: int, columns: int, k: int) -> None:
    left, right = vectors(rows, 8, 0), vectors(columns, 8, 1)
    scores, places = both_ways(torch.from_numpy(unit(left)), torch.from_numpy(unit(right)), k)
    for side, (queries, candidates) in enumerate(((left, right), (right, left))):
        wanted, index = cosines(queries, candidates, min(k, len(candidates)))
        np.testing.assert_allclose(scores[side].numpy(), wanted, atol=2e-6)
        assert (places[side].numpy() == index).mean() > 0.999  # near ties may stand the other way round


@given(st.integers(4, 90), st.integers(4, 90), st.sampled_from([3, 17, 64]), st.integers(1, 4), st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_the_sieve_loses_no_neighbour(rows: int, columns: int, width: int, k: int, seed: int) -> None:
    left, right = unit(vectors(rows, width, seed)), unit(vectors(columns, width, seed + 1))
    found = sieved(torch.from_numpy(left), torch.from_numpy(right), k)
    if found is None:
        pytest.skip("no exact eight-bit products on this processor")
    for side, (queries, candidates) in enumerate(((left, right), (right, left))):
        scores = queries @ candidates.T
        np.testing.assert_allclose(found[0][side].numpy(), -np.sort(-scores, axis=1)[:, :k], atol=2e-6)
        taken = np.take_along_axis(scores, found[1][side].numpy(), axis=1)
        np.testing.assert_allclose(taken, found[0][side].numpy(), atol=2e-6)
        assert all(len(set(row)) == k for row in found[1][side].tolist())


def test_many_wide_vectors_and_vectors_all_alike() -> None:
    """Beside ordinary ones, some that hardly differ from one another, which eight bits can not tell apart."""
    left, right = unit(vectors(2600, 160, 4)), unit(vectors(4200, 160, 5))
    left[:300], right[:300] = (unit(1 + 1e-4 * vectors(300, 160, seed)) for seed in (6, 7))
    scores, places = both_ways(torch.from_numpy(left), torch.from_numpy(right), 4)
    for side, (queries, candidates) in enumerate(((left, right), (right, left))):
        wanted = queries @ candidates.T
        np.testing.assert_allclose(scores[side].numpy(), -np.sort(-wanted, axis=1)[:, :4], atol=2e-6)
        np.testing.assert_allclose(np.take_along_axis(wanted, places[side].numpy(), axis=1), scores[side], atol=2e-6)
    alike = [torch.from_numpy(unit(1 + 1e-5 * vectors(3000, 160, seed))) for seed in (8, 9)]
    assert sieved(*alike, 4) is None
    wanted = (alike[0] @ alike[1].T).topk(4).values
    torch.testing.assert_close(both_ways(*alike, 4)[0][0], wanted, atol=2e-6, rtol=0)


@pytest.mark.parametrize("margin", ["csls", "ratio"])
def test_margins_are_their_formulas(margin: Margin) -> None:
    queries, candidates = np.abs(vectors(40, 6, 2)), np.abs(vectors(30, 6, 3))
    cosine = unit(queries) @ unit(candidates).T
    near, far = (cosines(*pair, 4)[0].mean(axis=1) for pair in ((queries, candidates), (candidates, queries)))
    wanted = {
        "csls": 2 * cosine - near[:, None] - far[None],
        "ratio": cosine / ((near[:, None] + far[None]) / 2),
    }[margin]
    found, score = nearest(queries, candidates, margin, 4)
    assert found.tolist() == wanted.argmax(axis=1).tolist()
    np.testing.assert_allclose(score, wanted.max(axis=1), atol=1e-5)
    assert found.tolist() != cosine.argmax(axis=1).tolist()


@pytest.mark.parametrize("margin", ["csls", "ratio"])
def test_margins_free_queries_from_a_hub(margin: Margin) -> None:
    """Queries at 25 and 65 degrees, their answers at 0 and 90; the third candidate lies between, near to both."""
    queries, candidates = (
        np.array([(np.cos(angle), np.sin(angle)) for angle in np.radians(angles)], dtype=np.float32)
        for angles in ((25, 65), (0, 90, 45))
    )
    assert nearest(queries, candidates)[0].tolist() == [2, 2]
    assert nearest(queries, candidates, margin, 2)[0].tolist() == [0, 1]


def second(left: np.ndarray, right: np.ndarray, k: int) -> list[tuple[int, int, float]]:
    """The ratio-margin mining of the protocol, step by step."""
    (ahead, there), (back, here) = cosines(left, right, min(k, len(right))), cosines(right, left, min(k, len(left)))
    near, far = ahead.mean(axis=1), back.mean(axis=1)
    pool = []
    for x in range(len(left)):
        pool.append(
            max((float(c / ((near[x] + far[y]) / 2)), x, int(y)) for c, y in zip(ahead[x], there[x], strict=True))
        )
    for y in range(len(right)):
        pool.append(
            max((float(c / ((near[x] + far[y]) / 2)), int(x), y) for c, x in zip(back[y], here[y], strict=True))
        )
    taken: list[tuple[int, int, float]] = []
    for score, x, y in sorted(pool, reverse=True):
        if score > 0 and all(x != one and y != other for one, other, _ in taken):
            taken.append((x, y, score))
    return taken


@given(st.integers(1, 25), st.integers(1, 25), st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_mined_pairs_are_those_of_the_rules(rows: int, columns: int, seed: int) -> None:
    left, right = np.abs(vectors(rows, 8, seed)), np.abs(vectors(columns, 8, seed + 1))
    source, target, score = mined(left, right)
    assert len(set(source.tolist())) == len(source) and len(set(target.tolist())) == len(target)
    assert (np.diff(score) <= 0).all()
    wanted = second(left, right, 4)
    assert list(zip(source.tolist(), target.tolist(), strict=True)) == [(x, y) for x, y, _ in wanted]
    np.testing.assert_allclose(score, [one[2] for one in wanted], rtol=1e-4)


def test_mining_finds_translations_among_distractors() -> None:
    left, right = vectors(300, 32, 6), vectors(300, 32, 7)
    right[:40] = left[:40] + 0.3 * vectors(40, 32, 8)
    source, target, score = mined(left, right)
    best = score > 1.5
    assert set(zip(source[best].tolist(), target[best].tolist(), strict=True)) == {(k, k) for k in range(40)}
    assert not len(mined(left[:0], right)[0])


MEMORY = """
import resource, numpy as np
from xstilts.catalogue.protocol import Margin
from xstilts.evaluate.neighbours import mined
draw = np.random.default_rng(0)
sides = [draw.standard_normal((14_000, 32), dtype=np.float32) for _ in range(2)]
mined(sides[0][:3000], sides[1][:3000])  # whatever the library loads once
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
pairs = mined(*sides)
print(len(pairs[0]), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_memory_is_a_few_tiles_and_not_the_matrix() -> None:
    """All 14,000 x 14,000 cosines would be 748 MiB."""
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    pairs, grown = map(int, done.stdout.split())
    assert pairs > 1000 and grown < 150
