"""Which curve the errors follow, how sure its parameters are, and what it says about gains.

In: errors at several sizes, over languages and seeds. Out: fits side by side with what speaks for each, bootstrap draws
of parameters, and quantities that a reader asks for: where half of the gain is reached, what another point would take,
which larger model a gain is worth. A curve is fitted to each arm's error, never to a gain, which is a small difference
of two such curves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from xstilts.analysis.intervals import Numbers
from xstilts.analysis.mixed import Unfit
from xstilts.analysis.scaling.fit import Fit, Loss, fit, fitted, search
from xstilts.analysis.scaling.forms import Form

CLEARLY = 2.0  # AICc points by which a form must be better
DRAWS = 1000
MORE_STARTS = 5


@dataclass(frozen=True)
class Candidate:
    """A form, its fit, and ``ahead``: how far a fit to all but the largest size misses the error there, as a
    difference of logarithms (None where that could not be fitted).
    """

    form: Form
    fit: Fit | Unfit
    ahead: float | None

    @property
    def aicc(self) -> float | None:
        """Akaike's criterion, or None."""
        return self.fit.aicc if isinstance(self.fit, Fit) else None


def candidates(
    forms: Sequence[Form], x: Numbers, y: Numbers, errors: Numbers | None = None, loss: Loss = "squares"
) -> list[Candidate]:
    """Every form fitted to all sizes, and to all but the largest one (which needs one size less than the form asks).
    Of two factors, ``x`` [n, 2], the largest cell has the largest of both. Raises ``ValueError`` where there is none.
    """
    table = x[:, None] if x.ndim == 1 else x
    largest = (table == table.max(axis=0)).all(axis=1)
    if not largest.any():
        raise ValueError("no cell has the largest value of every factor")
    found = []
    for form in forms:
        less = replace(form, least=form.least - 1)
        part = fit(less, x[~largest], y[~largest], None if errors is None else errors[~largest], loss)
        ahead = None
        if isinstance(part, Fit):
            ahead = float(np.abs(np.log(part.error_at(x[largest])) - np.log(y[largest])).mean())
        found.append(Candidate(form, fit(form, x, y, errors, loss), ahead))
    return found


def chosen(found: Sequence[Candidate]) -> tuple[Candidate | None, str]:
    """The form that both criteria prefer, or None, and why: AICc must be better by 2 than that of every other form,
    and the largest size must be foretold best from the others. Where they disagree nothing is chosen.

    A simple form that is chosen is enough for these sizes; it does not show that the curve has no end or bend beyond.
    """
    able = [one for one in found if one.aicc is not None and one.ahead is not None]
    if len(able) < 2:
        return None, "fewer than two forms could be fitted and tested on the largest size"
    by_fit = min(able, key=lambda one: one.aicc or 0.0)
    by_ahead = min(able, key=lambda one: one.ahead or 0.0)
    if by_fit is not by_ahead:
        return None, f"{by_fit.form.name} fits best, {by_ahead.form.name} foretells the largest size best"
    margin = min((one.aicc or 0.0) - (by_fit.aicc or 0.0) for one in able if one is not by_fit)
    if margin < CLEARLY:
        return None, f"{by_fit.form.name} is ahead by {margin:.1f} in AICc, less than {CLEARLY:g}"
    enough = len(by_fit.form.parameters) < max(len(one.form.parameters) for one in able)
    why = f"{by_fit.form.name} is ahead by {margin:.1f} in AICc and foretells the largest size best"
    return by_fit, why + ("; it is enough here, which does not rule out an end or a bend" if enough else "")


@dataclass(frozen=True)
class Resampled:
    """``fits``: one a draw that could be fitted; ``bound``: the share of draws with an exponent at a bound."""

    fits: tuple[Fit, ...]
    bound: float

    def interval(self, quantity: Callable[[Fit], float | None]) -> tuple[float, float] | None:
        """The 2.5 and 97.5 % points of ``quantity``; None where a tenth of the draws give none."""
        found = [value for one in self.fits if (value := quantity(one)) is not None]
        if not found or len(found) < 0.9 * len(self.fits):
            return None
        low, high = np.quantile(found, (0.025, 0.975))
        return float(low), float(high)


def resample(
    point: Fit,
    x: Numbers,
    errors: Numbers,
    families: Sequence[str],
    generator: np.random.Generator,
    draws: int = DRAWS,
) -> Resampled:
    """The fit's bootstrap: ``errors`` [languages, sizes, seeds], all at the same sizes ``x`` [sizes].

    Families are drawn, languages inside each, and seeds; a seed stands for its whole curve, since all sizes share it.
    Every draw is fitted from the point estimate and the five best other starts.
    """
    inside = {family: [i for i, name in enumerate(families) if name == family] for family in dict.fromkeys(families)}
    groups, count = list(inside.values()), errors.shape[2]
    means = np.empty((draws, len(x)))
    for k in range(draws):
        rows = [
            members[i]
            for place in generator.integers(len(groups), size=len(groups))
            for members in [groups[place]]
            for i in generator.integers(len(members), size=len(members))
        ]
        means[k] = errors[rows][:, :, generator.integers(count, size=count)].mean(axis=(0, 2))
    return _refitted(point, x[:, None], means)


def _refitted(point: Fit, x: Numbers, means: Numbers) -> Resampled:
    form, draws = point.form, len(means)
    starts = form.starts(x, means.mean(axis=0))
    at_starts = ((np.log(means.mean(axis=0)) - form.log_error(starts, x)[0]) ** 2).sum(axis=1)
    starts = np.concatenate([point.free[None], starts[np.argsort(at_starts)[:MORE_STARTS]]])
    each = len(starts)
    weights = np.ones((1, len(x)))
    logs = np.log(np.repeat(means, each, axis=0))
    free, losses = search(form, x, logs, weights, np.tile(starts, (draws, 1)))
    best = np.where(np.isfinite(losses), losses, np.inf).reshape(draws, each).argmin(axis=1)
    places = np.arange(draws) * each + best
    kept = [k for k in range(draws) if np.isfinite(losses[places[k]])]
    fits = tuple(fitted(form, x, means[k], weights[0], free[places[k]], float(losses[places[k]])) for k in kept)
    return Resampled(fits, sum(one.bound for one in fits) / max(len(fits), 1))


def profile(point: Fit, x: Numbers, y: Numbers, parameter: int, level: float = 0.95) -> tuple[float, float] | None:
    """The interval of one free parameter in which n ln(SS / least SS) stays below the chi-square quantile: the profile
    likelihood, on a grid of 81 values around the estimate. None where an end lies beyond the grid.
    """
    from scipy.special import chdtri

    edge = float(chdtri(1, 1 - level))
    sizes = x[:, None] if x.ndim == 1 else x
    middle = float(point.free[parameter])
    reach = max(abs(middle), 0.1)
    grid = middle + np.linspace(-1.0, 2.0, 121) * reach
    inside = []
    for value in grid:
        pinned = _pinned(point.form, parameter, float(value))
        starts = np.delete(np.concatenate([point.free[None], point.form.starts(sizes, y)]), parameter, axis=1)
        _, losses = search(pinned, sizes, np.log(y)[None], np.ones((1, len(y))), starts)
        rise = len(y) * math.log(max(2 * float(np.nanmin(losses)), 1e-300) / max(point.squares, 1e-300))
        inside.append(rise <= edge)
    if inside[0] or inside[-1] or not any(inside):
        return None
    held = grid[np.array(inside)]
    return float(held.min()), float(held.max())


def _pinned(form: Form, parameter: int, value: float) -> Form:
    """``form`` with one free parameter held at ``value``."""

    def terms(free: Numbers, x: Numbers) -> tuple[Numbers, Numbers]:
        found, slopes = form.terms(np.insert(free, parameter, value, axis=1), x)
        return found, np.delete(slopes, parameter, axis=3)

    left = tuple(k - (k > parameter) for k in form.exponents if k != parameter)
    return replace(form, terms=terms, exponents=left)


def limit(found: Fit) -> float | None:
    """The error that remains at any size; None for forms that have no such end."""
    first = found.form.parameters[0]
    return found.values[first] if first in ("e", "E") or found.form.name == "broken" else None


def half_size(found: Fit, baseline: float) -> float | None:
    """The size at which half of the largest gain over the error ``baseline`` is reached; None where nothing is
    gained, where there is no end, or where the curve does not cross that error.
    """
    end = limit(found)
    return None if end is None or end >= baseline else size_for(found, (baseline + end) / 2)


def size_for(found: Fit, error: float) -> float | None:
    """The size at which a falling curve reaches ``error``, from 1 to 10^15; None where it never does."""
    low, high = 0.0, 15.0
    if found.error_at([10**high])[0] > error or found.error_at([10**low])[0] < error:
        return None
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (low, middle) if found.error_at([10**middle])[0] <= error else (middle, high)
    return float(10**high)


def multiplier(base: Fit, size: float, error: float) -> float | None:
    """How many times larger a model would reach ``error`` without the arm: m with base(m N) = error; None where none
    would.
    """
    found = size_for(base, error)
    return None if found is None else found / size
