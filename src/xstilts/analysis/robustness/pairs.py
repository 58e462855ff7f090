"""How far predictions about pairs of sentences stand what should not, or should, change them: pure functions of arrays.

In: predictions, labels, shares of common words; predictions of the same pairs changed. Out: shares from 0 to 1, a
slope. The pairs of PAWS are made of the same words on purpose, so that plain accuracy is already accuracy against an
adversary.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Labels = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

DIFFERENT, SAME = 0, 1  # the labels of a pair
STEPS = 100


@dataclass(frozen=True)
class Errors:
    """Shares of wrong ones: ``false_same`` of the pairs that differ (taken in by their common words),
    ``false_different`` of those that mean the same. NaN where there are no such pairs."""

    accuracy: float
    false_same: float
    false_different: float

    @property
    def balanced_accuracy(self) -> float:
        """The mean of the accuracies on the two kinds of pairs."""
        return 1 - (self.false_same + self.false_different) / 2


def errors(said: Labels, labels: Labels) -> Errors:
    """What kind of errors are made."""
    right = said == labels
    return Errors(float(right.mean()), 1 - share(right[labels == DIFFERENT]), 1 - share(right[labels == SAME]))


def overlap(first: str, second: str, spaced: bool = True) -> float:
    """Jaccard overlap of the sets of words, in lower case; of character trigrams where words are not ``spaced``
    apart."""
    one, other = (set(_units(text.casefold(), spaced)) for text in (first, second))
    return len(one & other) / len(one | other) if one | other else 0.0


def _units(text: str, spaced: bool) -> Sequence[str]:
    words = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in text).split()
    if spaced:
        return words
    joined = "".join(words)
    return [joined[i : i + 3] for i in range(max(1, len(joined) - 2))]


def overlap_slope(wrong: Flags, overlaps: Numbers) -> float:
    """The slope of a logistic regression of being wrong on the overlap, by Newton's method, in log odds per unit of
    overlap.

    Given the pairs that differ, a steep slope says that common words decide. NaN where the data have no slope: all or
    none wrong, one and the same overlap, or overlaps that part right from wrong.
    """
    spread = overlaps.std()
    if spread == 0 or wrong.all() or not wrong.any() or _parted(wrong, overlaps):
        return float("nan")
    design = np.stack([np.ones(len(wrong)), (overlaps - overlaps.mean()) / spread], axis=1)
    weights = np.zeros(2)
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-design @ weights))
        step = np.linalg.solve((design * (chance * (1 - chance))[:, None]).T @ design, design.T @ (wrong - chance))
        weights += step
        if np.abs(step).max() < 1e-10:
            return float(weights[1] / spread)
    return float("nan")


def _parted(wrong: Flags, overlaps: Numbers) -> bool:
    """Whether one threshold tells right from wrong, so that the slope would be infinite."""
    low, high = overlaps[wrong], overlaps[~wrong]
    return bool(low.max() <= high.min() or high.max() <= low.min())


@dataclass(frozen=True)
class Consistency:
    """Over items that are there in several languages: ``same``, predicted alike in all of them; ``all_right``, right
    in all."""

    same: float
    all_right: float


def consistency(said: Labels, labels: Labels) -> Consistency:
    """``said`` [languages, items], ``labels`` [items]."""
    return Consistency(share((said == said[0]).all(axis=0)), share((said == labels).all(axis=0)))


def lost(right_there: Flags, right_here: Flags) -> float:
    """The share of all items that are right there (in the labelled language) and wrong here."""
    return share(right_there & ~right_here)


def unmoved(said: Labels, changed: Labels) -> float:
    """The share predicted as before the change; of exchanged sentences it is the symmetry P(f(a, b) = f(b, a))."""
    return share(said == changed)


def robust_accuracy(said: Labels, changed: Labels, labels: Labels) -> float:
    """The share that is right on the item and on all of its changes: ``changed`` [changes, items], labels as before."""
    return share((said == labels) & (changed == labels).all(axis=0))


def attack_success(said: Labels, changed: Labels, labels: Labels) -> float:
    """The share of the right ones that some change makes wrong; NaN where none is right."""
    right = said == labels
    return 1 - share((changed == labels).all(axis=0)[right])


def shuffle_flip(said: Labels, shuffled: Labels, labels: Labels) -> float:
    """Of pairs that mean the same and are found to, the share no longer found to once one sentence has lost its word
    order: higher is better, since that changes the meaning. NaN where there is no such pair."""
    return share(shuffled[(labels == SAME) & (said == SAME)] == DIFFERENT)


def share(flags: Flags) -> float:
    """The share of true ones; NaN of none."""
    return float(flags.mean()) if len(flags) else float("nan")
