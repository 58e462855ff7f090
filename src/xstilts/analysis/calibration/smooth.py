"""Calibration error without bins: SmoothECE.

In: confidences in [0, 1] and whether each was right. Out: one error from 0 to 1. The residuals are smoothed by a
Gaussian kernel reflected at 0 and 1; the bandwidth is the one that equals the error it gives (Blasiok, Nakkiran 2024,
arXiv:2309.12236).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

LEAST = 1e-3  # the narrowest bandwidth
MESH = 200  # points at which smoothed residuals are summed up; the authors' number, so that figures compare
NEVER_ZERO = 1e-4  # added to the density, as the authors do; nothing beside a few examples


def smooth_error(confidence: Numbers, correct: Numbers) -> float:
    """SmoothECE: s with error(s) = s, where error(s) falls with s; at bandwidth ``LEAST`` where it is smaller still.

    Evaluated as the authors' package does it, on a mesh whose ends weigh in full: up to half a percent above the
    integral.
    """
    from scipy.optimize import brentq

    if not len(confidence):
        raise ValueError("no examples: nothing can be said about calibration")
    low = 1.0
    error = _Smoothed(confidence, correct, low)
    while low > LEAST and error.at(low) < low:
        low = max(low / 2, LEAST)
        error = _Smoothed(confidence, correct, low)
    high = min(2 * low, 1.0)
    if error.at(low) <= low or error.at(high) >= high:
        return error.at(low)
    return error.at(float(brentq(lambda width: error.at(width) - width, low, high, xtol=1e-9)))


class _Smoothed:
    """Cosine coefficients of residuals and density [2, orders], enough of them for bandwidths from ``narrowest`` on.

    Smoothing with a reflected Gaussian of width s multiplies the k-th coefficient by exp(-(pi k s)^2 / 2), so that
    every bandwidth is had from one pass over the examples.
    """

    def __init__(self, confidence: Numbers, correct: Numbers, narrowest: float) -> None:
        self._order = np.arange(int(6.5 / (np.pi * narrowest)) + 2)  # what is left out is damped below 1e-9
        basis = np.cos(np.pi * np.outer(confidence, self._order))
        self._coefficients = np.stack([confidence - correct, np.ones(len(confidence))]) @ basis

    def at(self, width: float) -> float:
        """The mean absolute smoothed residual at bandwidth ``width``."""
        from scipy.fft import dct

        damped = self._coefficients * np.exp(-((np.pi * width * self._order) ** 2) / 2)
        points = max(round(10 / width), MESH, len(self._order) + 1)
        residual, density = dct(damped, type=1, n=points)  # both functions at 0, ..., 1
        return float(np.abs(residual).sum() / (density + NEVER_ZERO).sum())
