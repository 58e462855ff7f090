"""Calibration error by bins: expected, root mean square, largest, and the debiased square that is compared.

In: confidences in [0, 1] and whether each was right. Out: errors from 0 to 1 (a square may be below 0). Plain binned
errors grow as examples become fewer, even for a perfect model: only the debiased square is compared between sets of
different size.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

BINS = 15


class Bins(NamedTuple):
    """Arrays [bins that hold something]: examples, mean confidence, share of right ones."""

    size: Numbers
    confidence: Numbers
    correct: Numbers


def equal_width(confidence: Numbers, correct: Numbers, bins: int = BINS) -> Bins:
    """Bins (low, high] of the same width over [0, 1]; 0 belongs to the first (Guo et al. 2017, arXiv:1706.04599)."""
    return binned(confidence, correct, places(confidence, bins))


def places(confidence: Numbers, bins: int) -> npt.NDArray[np.int64]:
    """The number of the equal-width bin of each confidence."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    return np.maximum(np.searchsorted(edges, confidence, side="left") - 1, 0)


def equal_mass(confidence: Numbers, correct: Numbers, bins: int = BINS) -> Bins:
    """Bins of as many examples each, the first ones holding one more where that does not go evenly.

    Equal confidences that fall into two bins weigh alike in both, so that the order of the examples does not matter.
    Raises ``ValueError`` where a bin would hold less than two examples.
    """
    if len(confidence) < 2 * bins:
        raise ValueError(f"{len(confidence)} examples are too few for {bins} bins of two or more")
    order = np.argsort(confidence, kind="stable")
    parts = np.array_split(np.arange(len(order)), bins)
    place = np.repeat(np.arange(bins), [len(part) for part in parts])
    return binned(confidence[order], tied_means(confidence, correct)[order], place)


def tied_means(confidence: Numbers, correct: Numbers) -> Numbers:
    """``correct`` with each value replaced by the mean over all examples of the same confidence."""
    _, group, sizes = np.unique(confidence, return_inverse=True, return_counts=True)
    means: Numbers = np.bincount(group, weights=correct) / sizes
    return means[group]


def binned(confidence: Numbers, correct: Numbers, place: npt.NDArray[np.int64]) -> Bins:
    """Means by the bin that ``place`` gives each example; empty bins left out."""
    if not len(confidence):
        raise ValueError("no examples: nothing can be said about calibration")
    size = np.bincount(place).astype(np.float64)
    there = size > 0
    sums = (np.bincount(place, weights=values)[there] / size[there] for values in (confidence, correct))
    return Bins(size[there], *sums)


def expected_error(bins: Bins) -> float:
    """Sum over bins of n_b / n |acc_b - conf_b| (Naeini, Cooper, Hauskrecht 2015)."""
    return float(_mean(bins, np.abs(bins.correct - bins.confidence)))


def squared_error(bins: Bins) -> float:
    """Sum over bins of n_b / n (acc_b - conf_b)^2; its root is the root mean square error (Hendrycks et al. 2019)."""
    return float(_mean(bins, (bins.correct - bins.confidence) ** 2))


def largest_error(bins: Bins) -> float:
    """The largest |acc_b - conf_b| of any bin."""
    return float(np.abs(bins.correct - bins.confidence).max())


def debiased_square(bins: Bins) -> float:
    """``squared_error`` less what chance adds to it: sum of n_b / n [(acc_b - conf_b)^2 - acc_b (1 - acc_b) / (n_b -
    1)].

    Kumar, Liang, Ma 2019, arXiv:1909.10155. Below 0 by chance where calibration is good: averages need the sign.
    """
    chance = bins.correct * (1 - bins.correct) / (bins.size - 1)
    return float(_mean(bins, (bins.correct - bins.confidence) ** 2 - chance))


def signed_root(square: float) -> float:
    """The root of a square that may be below 0, where it is 0: what is printed of a mean of squares."""
    return float(np.sqrt(np.maximum(0.0, square)))  # NaN stays NaN


def classwise_error(probabilities: Numbers, labels: npt.NDArray[np.int64], bins: int = BINS) -> float:
    """The mean over classes of the equal-width error of that class's probabilities [n, K] (Nixon et al. 2019)."""
    errors = [
        expected_error(equal_width(probabilities[:, k], (labels == k).astype(np.float64), bins))
        for k in range(probabilities.shape[1])
    ]
    return float(np.mean(errors))


def gap(confidence: Numbers, correct: Numbers) -> float:
    """Mean confidence less the share of right ones: above 0 the model is too sure."""
    return float(confidence.mean() - correct.mean())


def _mean(bins: Bins, values: Numbers) -> float:
    return float(bins.size @ values / bins.size.sum())
