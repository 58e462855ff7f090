"""A verifier that only knows how alike two texts are: what the rules of ``verify.py`` are held against.

In: a claim and sentences. Out: the largest cosine between their words and pairs of words, weighted by how rare they are
(tf-idf as scikit-learn computes it: smooth idf, vectors of length 1). A claim counts as stated from a cut on.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


def terms(text: str) -> list[str]:
    """Words and pairs of words, in small letters; numbers are words."""
    words = re.findall(r"\d+(?:[.,]\d+)*|\w+", text.lower())
    return words + [f"{a} {b}" for a, b in itertools.pairwise(words)]


@dataclass(frozen=True)
class Similarity:
    """The weights of terms over the texts that it was made from, and of a term in none of them."""

    weights: Mapping[str, float]
    rare: float

    @classmethod
    def of(cls, texts: Sequence[str]) -> Similarity:
        seen = Counter(term for text in texts for term in set(terms(text)))
        weights = {term: math.log((1 + len(texts)) / (1 + count)) + 1 for term, count in seen.items()}
        return cls(weights, math.log(1 + len(texts)) + 1)

    def vector(self, text: str) -> dict[str, float]:
        """``text`` as a vector of length 1."""
        found = {term: count * self.weights.get(term, self.rare) for term, count in Counter(terms(text)).items()}
        length = math.sqrt(math.fsum(value * value for value in found.values()))
        return {term: value / length for term, value in found.items()} if length else {}

    def nearest(self, claim: str, sentences: Iterable[str]) -> float:
        """The largest cosine of ``claim`` with one of ``sentences``."""
        wanted = self.vector(claim)
        return max((_dot(wanted, self.vector(sentence)) for sentence in sentences), default=0.0)


def _dot(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    return math.fsum(value * other[term] for term, value in one.items() if term in other)


def best_cut(scored: Sequence[tuple[float, bool]]) -> float:
    """The cut with the largest F1 of "stated", the smallest such cut."""
    cuts = sorted({score for score, _ in scored})
    return max(cuts, key=lambda cut: (_f1(scored, cut), -cut))


def _f1(scored: Sequence[tuple[float, bool]], cut: float) -> float:
    hits = sum(true for score, true in scored if score >= cut)
    return 2 * hits / (sum(score >= cut for score, _ in scored) + sum(true for _, true in scored))
