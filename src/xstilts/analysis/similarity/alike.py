"""How much two things that were measured of two tasks point the same way.

In: vectors, or features of the same rows from two models. Out: one number, higher is more alike.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

FUSION = 60  # of reciprocal ranks


def cosine(one: Numbers, other: Numbers) -> float:
    """The cosine of two vectors, of whatever shape; NaN where one of them is 0."""
    a, b = np.asarray(one, dtype=np.float64).ravel(), np.asarray(other, dtype=np.float64).ravel()
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / size if size > 0 else float("nan")


def cka(one: Numbers, other: Numbers) -> float:
    """Linear centred kernel alignment of features [rows, width] of the same rows, debiased: HSIC(K, L) / sqrt(HSIC(K,
    K) HSIC(L, L)) with the unbiased HSIC, so that independent features give 0 whatever their width (Song et al. 2012;
    Kornblith et al. 2019). Needs four rows; NaN with fewer, or where a model tells no rows apart.
    """
    if len(one) < 4:
        return float("nan")
    k, left = (_without_diagonal(features) for features in (one, other))
    both = _hsic(k, k) * _hsic(left, left)
    return _hsic(k, left) / float(np.sqrt(both)) if both > 0 else float("nan")


def _without_diagonal(features: Numbers) -> Numbers:
    found = np.asarray(features, dtype=np.float64)
    found = found - found.mean(axis=0)  # changes nothing but rounding
    kernel: Numbers = found @ found.T
    np.fill_diagonal(kernel, 0.0)
    return kernel


def _hsic(k: Numbers, other: Numbers) -> float:
    """The unbiased estimator, Song et al. 2012, equation 5."""
    n = len(k)
    rows, others = k.sum(axis=0), other.sum(axis=0)
    total = float((k * other).sum()) + float(rows.sum() * others.sum()) / ((n - 1) * (n - 2))
    return (total - 2 * float(rows @ others) / (n - 2)) / (n * (n - 3))


def fused(values: Numbers) -> Numbers:
    """Reciprocal rank fusion: sum over the rows of ``values`` [layers, choices] of 1 / (60 + rank), best first; ties
    share their mean rank (Cormack et al. 2009; Vu et al. 2020 fuse layers of task embeddings so). NaN where a choice
    lacks a value.
    """
    above = (values[:, None, :] > values[:, :, None]).sum(axis=2)
    tied = (values[:, None, :] == values[:, :, None]).sum(axis=2)
    found: Numbers = (1 / (FUSION + above + (tied + 1) / 2)).sum(axis=0)
    return np.where(np.isfinite(values).all(axis=0), found, np.nan)
