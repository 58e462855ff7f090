"""Does confidence tell right answers from wrong ones: the risk among the most confident ones.

In: confidences and whether each was right. Out: areas, from 0 to 1. This is about order, not calibration: any
increasing change of the confidences leaves it as it is.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from xstilts.analysis.calibration.binned import tied_means

Numbers = npt.NDArray[np.float64]


def risk_coverage_area(confidence: Numbers, correct: Numbers) -> float:
    """The mean over coverages 1/n ... 1 of the share of wrong ones among the most confident (Geifman, El-Yaniv 2017).

    Ties count as their mean, whatever order the examples have.
    """
    wrong = 1 - tied_means(confidence, correct)
    return _area(wrong[np.argsort(-confidence, kind="stable")])


def excess_area(confidence: Numbers, correct: Numbers) -> float:
    """``risk_coverage_area`` less that of the best order, in which all wrong ones come last (Geifman et al. 2019)."""
    return risk_coverage_area(confidence, correct) - _area(np.sort(1 - correct))


def auroc(confidence: Numbers, correct: Numbers) -> float:
    """The chance that a right one has the higher confidence than a wrong one, ties half; NaN where one kind is
    missing."""
    from scipy.stats import rankdata

    right = int(correct.sum())
    wrong = len(correct) - right
    if not right or not wrong:
        return float("nan")
    ranks = rankdata(confidence)[correct == 1].sum()
    return float((ranks - right * (right + 1) / 2) / (right * wrong))


def _area(wrong: Numbers) -> float:
    return float((np.cumsum(wrong) / np.arange(1, len(wrong) + 1)).mean())
