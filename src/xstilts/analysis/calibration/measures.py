"""Every measure of one set of predictions at once, as one row of a table.

In: logits [n, K] and labels; how to rescale them. Out: numbers by name, errors from 0 to 1. A name means the same in
every table.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from xstilts.analysis.calibration import binned, proper, rescale, selective
from xstilts.analysis.calibration.binned import BINS, equal_mass, equal_width
from xstilts.analysis.calibration.smooth import smooth_error

Numbers = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

LEAST_EXAMPLES = 2 * BINS
OTHER_BINS = (10, 20, 30)  # what the debiased square is with other bins, to see that they decide nothing


def of_logits(logits: npt.NDArray[np.floating], labels: Labels, temperature: float, own: float) -> dict[str, float]:
    """The measures of predictions whose logits are divided by ``temperature``; ``own`` is what fits these very
    examples.

    ``of_confidence`` and, which need all classes: ``brier``, ``log_loss``, its part that ``own`` would take away
    (``log_loss_calibration``) and the rest (``log_loss_refinement``), ``classwise``. Raises ``ValueError`` with fewer
    than 30 examples.
    """
    shares = rescale.probabilities(logits, temperature)
    loss = proper.log_loss(shares, labels)
    least = proper.log_loss(rescale.probabilities(logits, own), labels)
    return {
        **of_confidence(*rescale.top(shares, labels)),
        "brier": proper.brier(shares, labels),
        "log_loss": loss,
        "log_loss_calibration": loss - least,
        "log_loss_refinement": least,
        "classwise": binned.classwise_error(shares, labels),
        "temperature": temperature,
    }


def of_confidence(confidence: Numbers, correct: Numbers) -> dict[str, float]:
    """The measures that need no more than the confidence in the predicted class and whether it was right."""
    mass, width = equal_mass(confidence, correct), equal_width(confidence, correct)
    parts = proper.decomposed(confidence, correct)
    return {
        "accuracy": float(correct.mean()),
        "confidence": float(confidence.mean()),
        "gap": binned.gap(confidence, correct),
        "debiased": binned.debiased_square(mass),
        **_with_other_bins(confidence, correct),
        "smooth": smooth_error(confidence, correct),
        "adaptive": binned.expected_error(mass),
        "expected": binned.expected_error(width),
        "squared": binned.squared_error(width),
        "largest": binned.largest_error(width),
        "reliability": parts.reliability,
        "resolution": parts.resolution,
        "uncertainty": parts.uncertainty,
        "within": parts.within_variance - parts.within_covariance,
        "risk_area": selective.risk_coverage_area(confidence, correct),
        "excess_risk_area": selective.excess_area(confidence, correct),
        "auroc": selective.auroc(confidence, correct),
    }


def _with_other_bins(confidence: Numbers, correct: Numbers) -> Mapping[str, float]:
    """The debiased square with other numbers of bins; NaN where there are too few examples for them."""
    return {
        f"debiased_{bins}": binned.debiased_square(equal_mass(confidence, correct, bins))
        if len(correct) >= 2 * bins
        else float("nan")
        for bins in OTHER_BINS
    }
