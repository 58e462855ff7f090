"""How well a verifier tells planted claims apart: precision, recall, calibration, with intervals.

In: the cases of a part, a verifier. Out: ``Outcome`` values and figures from them. A verifier accepts a claim if it
calls it stated or corroborated. Intervals are the middle 95% of 2,000 draws of sentences with replacement: claims made
from one sentence stand or fall together.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from xstilts.literature.confidence import Ground, fitted
from xstilts.literature.document import given
from xstilts.literature.extract import findings
from xstilts.literature.sentences import sentences
from xstilts.literature.similar import Similarity, best_cut
from xstilts.literature.trial.planted import PARTS, RIGHT, Case, cases
from xstilts.literature.verify import Library, ground, verify

DRAWS = 2000


@dataclass(frozen=True)
class Outcome:
    """A case, what the verifier called it, with which confidence, and the cosine that the other verifier goes by."""

    case: Case
    label: str
    confidence: float
    ground: Ground
    cosine: float

    @property
    def accepted(self) -> bool:
        return self.label in RIGHT["reworded"]

    @property
    def right(self) -> bool:
        return self.label in RIGHT[self.case.kind]


@dataclass(frozen=True)
class Figure:
    """A share with its interval; ``count``: of how many."""

    value: float
    low: float
    high: float
    count: int


@cache
def outcomes(part: str) -> tuple[Outcome, ...]:
    """Every case of a part, verified."""
    library: dict[str, tuple[Library, list[str]]] = {}
    for case in cases(part):
        if case.document not in library:
            document = given(case.document, title="planted")
            library[case.document] = (
                Library((tuple(findings(document)),)),
                [text for text, _ in sentences(document)],
            )
    weights = Similarity.of([text for _, texts in library.values() for text in texts])
    made = []
    for case in cases(part):
        read, texts = library[case.document]
        found = verify(case.claim, read)
        rests = ground(case.claim, found.evidence)
        made.append(Outcome(case, found.label, found.confidence, rests, weights.nearest(case.claim, texts)))
    return tuple(made)


def fit() -> str:
    """``confidence.csv`` by the part that is for it."""
    return fitted((one.ground, one.right) for one in outcomes(PARTS[1]))


def cut(part: str) -> float:
    """The cut of likeness with the best F1 on a part."""
    return best_cut([(one.cosine, one.case.true) for one in outcomes(part)])


Choice = Callable[[Outcome], bool]


def precision(found: Sequence[Outcome], accepts: Choice) -> Figure:
    """Of the claims that are accepted, the share that is true."""
    return _share(found, accepts, lambda one: one.case.true)


def recall(found: Sequence[Outcome], accepts: Choice) -> Figure:
    """Of the true claims, the share that is accepted."""
    return _share(found, lambda one: one.case.true, accepts)


def share(found: Sequence[Outcome], kind: str, has: Choice) -> Figure:
    """Of the claims of one kind, the share with a property."""
    return _share(found, lambda one: one.case.kind == kind, has)


def right(found: Sequence[Outcome]) -> Figure:
    """The share of right labels."""
    return _share(found, lambda _: True, lambda one: one.right)


def f1(found: Sequence[Outcome], accepts: Choice) -> Figure:
    """The harmonic mean of precision and recall."""
    return _drawn(
        found,
        lambda one: (2.0 * (accepts(one) and one.case.true), float(accepts(one) + one.case.true)),
        lambda sums: sums[0] / sums[1] if sums[1] else None,
        len(found),
    )


def brier(found: Sequence[Outcome]) -> Figure:
    """Mean squared distance of the confidence from being right (1) or wrong (0)."""
    return _drawn(
        found, lambda one: ((one.confidence - one.right) ** 2, 1.0), lambda sums: sums[0] / sums[1], len(found)
    )


def calibration(found: Sequence[Outcome]) -> Figure:
    """Expected calibration error: the mean distance of confidence and share of right labels, over the grounds."""
    grounds = sorted(by_ground(found))
    return _drawn(
        found,
        lambda one: (*((one.confidence - one.right) * (one.ground == ground) for ground in grounds), 1.0),
        lambda sums: math.fsum(map(abs, sums[:-1])) / sums[-1],
        len(found),
    )


def by_ground(found: Sequence[Outcome]) -> Mapping[Ground, list[Outcome]]:
    """The outcomes that rest on the same."""
    rows: dict[Ground, list[Outcome]] = {}
    for one in found:
        rows.setdefault(one.ground, []).append(one)
    return rows


def _share(found: Sequence[Outcome], among: Choice, has: Choice) -> Figure:
    return _drawn(
        found,
        lambda one: (float(among(one) and has(one)), float(among(one))),
        lambda sums: sums[0] / sums[1] if sums[1] else None,
        sum(map(among, found)),
    )


def _drawn(
    found: Sequence[Outcome],
    parts: Callable[[Outcome], tuple[float, ...]],
    value: Callable[[Sequence[float]], float | None],
    count: int,
) -> Figure:
    """A figure that follows from sums over outcomes, with its interval over the sentences that they were made from."""
    items: dict[int, list[tuple[float, ...]]] = {}
    for one in found:
        items.setdefault(one.case.item, []).append(parts(one))
    rows = [tuple(map(math.fsum, zip(*row, strict=True))) for row in items.values()]
    draws = random.Random("intervals")
    drawn = (value(_sums(draws.choices(rows, k=len(rows)))) for _ in range(DRAWS))
    seen = sorted(one for one in drawn if one is not None)
    low, high = (seen[round(share * (len(seen) - 1))] for share in (0.025, 0.975))
    return Figure(value(_sums(rows)) or 0.0, low, high, count)


def _sums(rows: Sequence[tuple[float, ...]]) -> list[float]:
    return [math.fsum(column) for column in zip(*rows, strict=True)]
