"""Rescaling: what makes confidences fit, learned on one set of predictions and used on another.

In: logits [n, K] and labels. Out: a temperature, or a map of confidences; the rescaled values. Neither changes which
class is predicted, so that the accuracy stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

LOG_BOUNDS = (-3.0, 4.0)  # of the temperature; a fit at a bound says that no temperature fits
LEAST_EXAMPLES = 1_000  # an isotonic map of fewer follows chance


def probabilities(logits: npt.NDArray[np.floating], temperature: float = 1.0) -> Numbers:
    """Softmax of ``logits / temperature`` in double precision."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    found: Numbers = powers / powers.sum(axis=1, keepdims=True)
    return found


def top(probabilities: Numbers, labels: Labels) -> tuple[Numbers, Numbers]:
    """The confidence in the predicted class, and 1 where that is the label, else 0."""
    said = probabilities.argmax(axis=1)
    return probabilities[np.arange(len(said)), said], (said == labels).astype(np.float64)


def temperature(logits: npt.NDArray[np.floating], labels: Labels) -> float:
    """The temperature with the smallest mean negative log likelihood (Guo et al. 2017, arXiv:1706.04599).

    That is convex in 1/T; its derivative, mean of E_p[z] - z_y, is solved for zero between the bounds e^-3 and e^4, one
    of which is returned where the optimum lies outside.
    """
    from scipy.optimize import brentq

    if not len(labels):
        raise ValueError("no examples: no temperature can be fitted")
    values = np.asarray(logits, dtype=np.float64)
    values = values - values.max(axis=1, keepdims=True)
    wanted = values[np.arange(len(labels)), labels].mean()

    def slope(log: float) -> float:
        return float((probabilities(values, np.exp(log)) * values).sum(axis=1).mean() - wanted)

    low, high = LOG_BOUNDS
    # The slope falls as the temperature grows: above 0 at the low end wherever an example is wrong.
    if slope(low) <= 0:
        return float(np.exp(low))
    if slope(high) >= 0:
        return float(np.exp(high))
    return float(np.exp(brentq(slope, low, high, xtol=1e-12)))


def at_bound(temperature: float) -> bool:
    """Whether a fit ended at a bound, as it does where every example is right or nothing was learned."""
    return bool(np.isclose(np.log(temperature), LOG_BOUNDS, rtol=0, atol=1e-9).any())


@dataclass(frozen=True)
class Isotonic:
    """A rising map of the confidence in the predicted class: ``knots`` to ``values``, straight lines between."""

    knots: Numbers
    values: Numbers

    def __call__(self, confidence: Numbers) -> Numbers:
        """The mapped confidences; those outside the fitted range as at its ends."""
        found: Numbers = np.interp(confidence, self.knots, self.values)
        return found


def isotonic(confidence: Numbers, correct: Numbers) -> Isotonic:
    """The rising map with the smallest squared error (Zadrozny, Elkan 2002), of the predicted class's confidence alone.

    One map for each class would change predictions; this keeps them.
    """
    from scipy.optimize import isotonic_regression

    knots, group, sizes = np.unique(confidence, return_inverse=True, return_counts=True)
    means = np.bincount(group, weights=correct) / sizes
    return Isotonic(knots, np.asarray(isotonic_regression(means, weights=sizes).x, dtype=np.float64))
