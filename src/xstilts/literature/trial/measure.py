"""How well a verifier tells planted claims apart: precision, recall, calibration, with intervals.

In: the cases of a half, a verifier. Out: ``Outcome`` values and figures from them. A verifier accepts a claim if it
calls it stated or corroborated. Intervals are the middle 95% of 2,000 draws of sentences with replacement: claims made
from one sentence stand or fall together.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from xstilts.literature.confidence import Ground, fitted
from xstilts.literature.document import given
from xstilts.literature.extract import findings
from xstilts.literature.sentences import sentences
from xstilts.literature.similar import Similarity, best_cut
from xstilts.literature.trial.planted import HALVES, RIGHT, Case, cases
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
def outcomes(half: str) -> tuple[Outcome, ...]:
    """Every case of a half, verified."""
    library: dict[str, tuple[Library, list[str]]] = {}
    for case in cases(half):
        if case.document not in library:
            document = given(case.document, title="planted")
            library[case.document] = (
                Library((tuple(findings(document)),)),
                [text for text, _ in sentences(document)],
            )
    weights = Similarity.of([text for _, texts in library.values() for text in texts])
    made = []
    for case in cases(half):
        read, texts = library[case.document]
        found = verify(case.claim, read)
        rests = ground(case.claim, found.evidence)
        made.append(Outcome(case, found.label, found.confidence, rests, weights.nearest(case.claim, texts)))
    return tuple(made)


def fit() -> str:
    """``confidence.csv`` by the development half."""
    return fitted((one.ground, one.right) for one in outcomes(HALVES[0]))


def cut(half: str) -> float:
    """The cut of likeness with the best F1 on a half."""
    return best_cut([(one.cosine, one.case.true) for one in outcomes(half)])


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


def f1(found: Sequence[Outcome], accepts: Choice) -> Figure:
    """The harmonic mean of precision and recall."""

    def value(chosen: Sequence[Outcome]) -> float | None:
        taken, true = sum(map(accepts, chosen)), sum(one.case.true for one in chosen)
        hits = sum(accepts(one) and one.case.true for one in chosen)
        return 2 * hits / (taken + true) if taken + true else None

    return _drawn(found, value, len(found))


def brier(found: Sequence[Outcome]) -> Figure:
    """Mean squared distance of the confidence from being right (1) or wrong (0)."""
    return _drawn(
        found, lambda chosen: sum((one.confidence - one.right) ** 2 for one in chosen) / len(chosen), len(found)
    )


def calibration(found: Sequence[Outcome]) -> Figure:
    """Expected calibration error: the mean distance of confidence and share of right labels, over the grounds."""

    def value(chosen: Sequence[Outcome]) -> float:
        return sum(abs(sum(one.confidence - one.right for one in row)) for row in by_ground(chosen).values()) / len(
            chosen
        )

    return _drawn(found, value, len(found))


def by_ground(found: Sequence[Outcome]) -> Mapping[Ground, list[Outcome]]:
    """The outcomes that rest on the same."""
    rows: dict[Ground, list[Outcome]] = {}
    for one in found:
        rows.setdefault(one.ground, []).append(one)
    return rows


def right(found: Sequence[Outcome]) -> Figure:
    """The share of right labels."""
    return _share(found, lambda _: True, lambda one: one.right)


def _share(found: Sequence[Outcome], among: Choice, has: Choice) -> Figure:
    def value(chosen: Sequence[Outcome]) -> float | None:
        taken = [one for one in chosen if among(one)]
        return sum(map(has, taken)) / len(taken) if taken else None

    return _drawn(found, value, sum(map(among, found)))


def _drawn(found: Sequence[Outcome], value: Callable[[Sequence[Outcome]], float | None], count: int) -> Figure:
    items: dict[int, list[Outcome]] = {}
    for one in found:
        items.setdefault(one.case.item, []).append(one)
    rows, draws = list(items.values()), random.Random("intervals")
    seen = []
    for _ in range(DRAWS):
        chosen = [one for row in draws.choices(rows, k=len(rows)) for one in row]
        if (drawn := value(chosen)) is not None:
            seen.append(drawn)
    seen.sort()
    low, high = (seen[round(share * (len(seen) - 1))] for share in (0.025, 0.975))
    return Figure(value(found) or 0.0, low, high, count)
