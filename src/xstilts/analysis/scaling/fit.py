"""Fits of curves to errors: one search from many starts at once.

In: a form, sizes, errors (shares or losses), their standard errors where seeds give them. Out: ``Fit``, or ``Unfit``
with the reason. Residuals are differences of logarithms, summed and never averaged: an average ends searches too early,
which once made published intervals of scaling exponents far too narrow (Besiroglu et al. 2024, arXiv:2404.10102).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from xstilts.analysis.intervals import Numbers
from xstilts.analysis.mixed import Unfit
from xstilts.analysis.scaling.forms import STEEPEST, Form

Loss = Literal["squares", "huber"]
HUBER = 1e-3  # for losses of language models (Hoffmann et al. 2022)
STEPS = 400
DONE = 1e-13


@dataclass(frozen=True)
class Fit:
    """``values`` are the form's parameters in its own units, ``free`` those that were searched. ``loss`` is the sum
    over points, ``squares`` the weighted sum of squared residuals of log errors. ``bound``: an exponent ended at 0 or
    at its largest value, so it has no estimate.
    """

    form: Form
    free: Numbers
    loss: float
    squares: float
    points: int
    bound: bool

    @property
    def values(self) -> dict[str, float]:
        """The parameters by name."""
        return dict(zip(self.form.parameters, self.form.natural(self.free[None])[0].tolist(), strict=True))

    @property
    def aicc(self) -> float | None:
        """Akaike's criterion for small samples, n ln(SS / n) + 2k + 2k (k + 1) / (n - k - 1) with the residual variance
        among the k; None where there are too few points for it.
        """
        k, n = len(self.free) + 1, self.points
        if n - k - 1 <= 0:
            return None
        return n * math.log(max(self.squares, 1e-300) / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1)

    def error_at(self, x: Numbers | Sequence[float]) -> Numbers:
        """The curve at ``x`` [n] or [n, factors]."""
        return np.asarray(np.exp(self.form.log_error(self.free[None], _sizes(x))[0][0]), dtype=np.float64)


def fit(
    form: Form,
    x: Numbers | Sequence[float],
    y: Numbers | Sequence[float],
    errors: Numbers | None = None,
    loss: Loss = "squares",
    extra: Numbers | None = None,
) -> Fit | Unfit:
    """The best of searches from all starts of ``form`` (and from ``extra`` [m, k], free parameters).

    ``x`` [n] or [n, factors]: sizes above 0. ``y`` [n]: errors above 0. ``errors`` [n]: standard errors of ``y``, which
    weigh the points by 1 / (SE / y)^2. ``huber`` bounds the pull of single points at 1e-3 on the log scale.
    """
    sizes, found = _sizes(x), np.asarray(y, dtype=np.float64)
    if wrong := _unusable(form, sizes, found):
        return Unfit(wrong)
    starts = form.starts(sizes, found)
    if extra is not None:
        starts = np.concatenate([extra, starts])
    weights = _weights(found, errors)
    free, losses = search(form, sizes, np.log(found)[None], weights[None], starts, loss)
    best = int(np.nanargmin(losses)) if np.isfinite(losses).any() else -1
    if best < 0:
        return Unfit("no search from any start ended")
    return fitted(form, sizes, found, weights, free[best], float(losses[best]))


def fitted(form: Form, x: Numbers, y: Numbers, weights: Numbers, free: Numbers, loss: float) -> Fit:
    """The record of a search that ended in ``free``."""
    away = np.log(y) - form.log_error(free[None], x)[0][0]
    at = [free[k] <= 1e-6 or free[k] >= STEEPEST - 1e-6 for k in form.exponents]
    return Fit(form, free, loss, float((weights * away**2).sum()), len(y), any(at))


def search(
    form: Form, x: Numbers, log_y: Numbers, weights: Numbers, starts: Numbers, loss: Loss = "squares"
) -> tuple[Numbers, Numbers]:
    """Where Levenberg and Marquardt's steps lead from ``starts`` [m, k]: free parameters [m, k] and losses [m].

    ``log_y`` and ``weights`` are [n] each for every start, or [1, n] for all. All searches go on side by side, so a
    bootstrap with a thousand draws costs little more than one fit. Huber's loss is reached by weighing residuals anew
    at every step. Exponents are kept between 0 and ``STEEPEST``.
    """
    free = _inside(form, starts.astype(np.float64))
    damping = np.full(len(free), 1e-2)
    value, slopes = form.log_error(free, x)
    cost = _cost(log_y - value, weights, loss)
    alive = np.isfinite(cost)
    eye = np.eye(free.shape[1])
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for _ in range(STEPS):
            away = log_y - value
            pull = weights * _pull(away, loss)
            curve = np.einsum("mnk,mn,mnl->mkl", slopes, pull * np.ones_like(away), slopes)
            steep = np.einsum("mnk,mn->mk", slopes, pull * away)
            scale = np.maximum(np.einsum("mkk->mk", curve), 1e-12)
            system = curve + (damping[:, None] * scale)[:, :, None] * eye
            system[~np.isfinite(system).all(axis=(1, 2))] = eye
            step = np.linalg.solve(system + 1e-300 * eye, np.nan_to_num(steep)[:, :, None])[:, :, 0]
            moved = _inside(form, free + step)
            new_value, new_slopes = form.log_error(moved, x)
            new_cost = _cost(log_y - new_value, weights, loss)
            better = alive & (new_cost < cost)
            gone = np.where(better, cost - new_cost, 0.0)
            settled = better & (gone <= DONE * cost) & (np.abs(moved - free).max(axis=1) <= 1e-10)
            free[better], value[better], slopes[better] = moved[better], new_value[better], new_slopes[better]
            cost[better] = new_cost[better]
            damping = np.clip(np.where(better, damping / 5, damping * 4), 1e-15, 1e12)
            alive &= ~settled & (damping < 1e11)
            if not alive.any():
                break
    return free, cost


def _inside(form: Form, free: Numbers) -> Numbers:
    for k in form.exponents:
        free[:, k] = np.clip(free[:, k], 0.0, STEEPEST)
    return free


def _cost(away: Numbers, weights: Numbers, loss: Loss) -> Numbers:
    size = np.abs(away)
    far = size > HUBER if loss == "huber" else np.zeros(size.shape, dtype=bool)
    each = np.where(far, 2 * HUBER * size - HUBER**2, size**2)
    return np.asarray((weights * each).sum(axis=1) / 2, dtype=np.float64)


def _pull(away: Numbers, loss: Loss) -> Numbers:
    if loss == "squares":
        return np.ones_like(away)
    return np.minimum(1.0, HUBER / np.maximum(np.abs(away), 1e-300))


def _sizes(x: Numbers | Sequence[float]) -> Numbers:
    found = np.asarray(x, dtype=np.float64)
    return found[:, None] if found.ndim == 1 else found


def _weights(y: Numbers, errors: Numbers | None) -> Numbers:
    """1 / variance of log y, scaled to a mean of 1, so that all losses are alike."""
    if errors is None:
        return np.ones(len(y))
    found = (y / np.asarray(errors, dtype=np.float64)) ** 2
    return np.asarray(found / found.mean(), dtype=np.float64)


def _unusable(form: Form, x: Numbers, y: Numbers) -> str:
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return "a value is missing"
    if (x <= 0).any() or (y <= 0).any():
        return "sizes and errors must be above 0"
    sizes = len(np.unique(x, axis=0))
    if x.shape[1] != form.factors:
        return f"{form.name} has {form.factors} factors"
    if sizes < form.least:
        return f"{form.name} needs {form.least} sizes, there are {sizes}"
    if np.ptp(np.log(y)) < 1e-12:
        return "the error is the same at every size"
    return ""
