"""Proper scores and their parts: Brier score, its decomposition, negative log likelihood.

In: probabilities or logits [n, K] and labels; confidences and whether each was right. Out: means over examples, smaller
is better. A proper score is best for the true probabilities, so it can not be made small by being vague, as a
calibration error can.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xstilts.analysis.calibration.binned import BINS, places

Numbers = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


def brier(probabilities: Numbers, labels: Labels) -> float:
    """The mean of sum over classes of (p_c - 1[y = c])^2, from 0 to 2 (Brier 1950)."""
    target = np.zeros_like(probabilities)
    target[np.arange(len(labels)), labels] = 1.0
    return float(((probabilities - target) ** 2).sum(axis=1).mean())


def log_loss(probabilities: Numbers, labels: Labels) -> float:
    """The mean of -log p of the label, in nats; infinite where a label was held to be impossible."""
    with np.errstate(divide="ignore"):
        return float(-np.log(probabilities[np.arange(len(labels)), labels]).mean())


@dataclass(frozen=True)
class Decomposition:
    """Brier score of being right = reliability - resolution + uncertainty + within_variance - within_covariance.

    Reliability is a squared calibration error, resolution how far bins differ in their share of right ones; the last
    two are what bins hide (Murphy 1973; Stephenson, Coelho, Jolliffe 2008, doi:10.1175/2007WAF2006116.1).
    """

    reliability: float
    resolution: float
    uncertainty: float
    within_variance: float
    within_covariance: float

    @property
    def brier(self) -> float:
        """The score that the parts make up exactly."""
        between = self.reliability - self.resolution + self.uncertainty
        return between + self.within_variance - self.within_covariance


def decomposed(confidence: Numbers, correct: Numbers, bins: int = BINS) -> Decomposition:
    """The parts of mean (confidence - correct)^2 over equal-width bins."""
    place = places(confidence, bins)
    size = np.maximum(np.bincount(place), 1)
    said = (np.bincount(place, weights=confidence) / size)[place]
    right = (np.bincount(place, weights=correct) / size)[place]
    mean = correct.mean()
    return Decomposition(
        reliability=float(((said - right) ** 2).mean()),
        resolution=float(((right - mean) ** 2).mean()),
        uncertainty=float(mean * (1 - mean)),
        within_variance=float(((confidence - said) ** 2).mean()),
        within_covariance=float(2 * ((confidence - said) * (correct - right)).mean()),
    )
