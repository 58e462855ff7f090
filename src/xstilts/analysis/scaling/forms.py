"""The curves that an error may follow as data or models grow.

In: free parameters, sizes. Out: the logarithm of the error and its slopes. A curve is a sum of terms exp(t_j), and all
but one of the forms only say what their t_j are, so that no parameter has to be kept positive and nothing
overflows (Hoffmann et al. 2022, arXiv:2203.15556, appendix D.2).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from xstilts.analysis.intervals import Numbers

# Free parameters [m, k] and sizes [n, factors] to terms [m, j, n] and their slopes [m, j, n, k].
Terms = Callable[[Numbers, Numbers], tuple[Numbers, Numbers]]


@dataclass(frozen=True)
class Form:
    """``parameters`` names what ``natural`` gives for free parameters [m, k]: [m, k] in the units of the formula.

    ``least``: so many different sizes (or cells, with two factors) are needed to fit it. ``starts(x, y)``: where a
    search begins, free parameters [m, k]. ``formula`` is for readers. ``exponents``: the numbers of those parameters
    that lie between 0 and ``STEEPEST``.
    """

    name: str
    formula: str
    parameters: tuple[str, ...]
    factors: int
    least: int
    terms: Terms
    natural: Callable[[Numbers], Numbers]
    starts: Callable[[Numbers, Numbers], Numbers]
    exponents: tuple[int, ...]

    def log_error(self, free: Numbers, x: Numbers) -> tuple[Numbers, Numbers]:
        """The logarithm of the curve at ``x`` [n, factors] for free parameters [m, k]: [m, n], and slopes [m, n, k]."""
        terms, slopes = self.terms(free, x)
        top = terms.max(axis=1, keepdims=True)
        parts = np.exp(terms - top)
        total = parts.sum(axis=1)
        value = np.log(total) + top[:, 0]
        return value, np.einsum("mjn,mjnk->mnk", parts / total[:, None], slopes)


STEEPEST = 5.0


def _grid(*axes: Sequence[float]) -> Numbers:
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))


def _linear(columns: Callable[[Numbers], Sequence[Numbers]]) -> Terms:
    """Terms that are linear in the free parameters: ``columns(x)`` gives [n, k] for each term."""

    def terms(free: Numbers, x: Numbers) -> tuple[Numbers, Numbers]:
        design = np.stack(columns(x))
        slopes = np.broadcast_to(design, (len(free), *design.shape))
        return np.einsum("jnk,mk->mjn", design, free), slopes

    return terms


def _same(free: Numbers) -> Numbers:
    return free


def _exp(*which: int) -> Callable[[Numbers], Numbers]:
    def natural(free: Numbers) -> Numbers:
        found = free.copy()
        found[:, which] = np.exp(found[:, which])
        return found

    return natural


def _saturating_columns(x: Numbers) -> list[Numbers]:
    one, zero, log = np.ones(len(x)), np.zeros(len(x)), np.log(x[:, 0])
    return [np.stack([one, zero, zero], 1), np.stack([zero, one, -log], 1)]


def _asymptotes(y: Numbers) -> list[float]:
    """Logarithms of shares of the smallest error: where the curve may end."""
    return [math.log(max(float(y.min()), 1e-9) * share) for share in (0.02, 0.3, 0.6, 0.8, 0.95)]


def _saturating_starts(x: Numbers, y: Numbers) -> Numbers:
    """Ends times exponents; the coefficient makes the curve meet the largest error."""
    found = _grid(_asymptotes(y), [0.0], [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5, 2.0])
    first = int(np.argmin(x[:, 0]))
    above = np.maximum(float(y[first]) - np.exp(found[:, 0]), 1e-9)
    found[:, 1] = np.log(above) + found[:, 2] * math.log(float(x[first, 0]))
    return found


def _shifted_terms(free: Numbers, x: Numbers) -> tuple[Numbers, Numbers]:
    m, n = len(free), len(x)
    e, a, b, shift = free.T
    moved = np.logaddexp(np.log(x[:, 0])[None, :], shift[:, None])
    terms = np.stack([np.broadcast_to(e[:, None], (m, n)), a[:, None] - b[:, None] * moved], 1)
    slopes = np.zeros((m, 2, n, 4))
    slopes[:, 0, :, 0] = 1
    slopes[:, 1, :, 1] = 1
    slopes[:, 1, :, 2] = -moved
    slopes[:, 1, :, 3] = -b[:, None] * np.exp(shift[:, None] - moved)
    return terms, slopes


def _shifted_starts(x: Numbers, y: Numbers) -> Numbers:
    found = []
    for share in (0.01, 0.3, 3.0):
        shift = share * float(x[:, 0].min())
        found.append(np.pad(_saturating_starts(x + shift, y), ((0, 0), (0, 1)), constant_values=math.log(shift)))
    return np.concatenate(found)


def _two_factor_starts(with_both: bool) -> Callable[[Numbers, Numbers], Numbers]:
    def starts(x: Numbers, y: Numbers) -> Numbers:
        powers = [0.05, 0.15, 0.3, 0.5, 1.0]
        found = _grid(_asymptotes(y), powers, powers)
        ends, alpha, beta = found.T
        above = np.maximum(float(y.max()) - np.exp(ends), 1e-9)
        low = np.log(x.min(axis=0))
        if with_both:
            return np.stack([ends, np.log(above) + alpha * low[0] + beta * low[1], alpha, beta], 1)
        half = np.log(above / 2)
        return np.stack([half + alpha * low[0], half + beta * low[1], ends, alpha, beta], 1)

    return starts


def _additive_columns(x: Numbers) -> list[Numbers]:
    one, zero = np.ones(len(x)), np.zeros(len(x))
    first, second = np.log(x[:, 0]), np.log(x[:, 1])
    return [
        np.stack([one, zero, zero, -first, zero], 1),
        np.stack([zero, one, zero, zero, -second], 1),
        np.stack([zero, zero, one, zero, zero], 1),
    ]


def _joint_columns(x: Numbers) -> list[Numbers]:
    one, zero = np.ones(len(x)), np.zeros(len(x))
    return [
        np.stack([one, zero, zero, zero], 1),
        np.stack([zero, one, -np.log(x[:, 0]), -np.log(x[:, 1])], 1),
    ]


def _broken_terms(free: Numbers, x: Numbers) -> tuple[Numbers, Numbers]:
    """One break. Free: log a, log b, c0, c1, log d, log f."""
    m, n = len(free), len(x)
    a, b, c0, c1, d, f = (column[:, None] for column in free.T)
    log = np.log(x[:, 0])[None, :]
    width = np.exp(f)
    away = (log - d) / width
    bend = np.logaddexp(0.0, away)
    past = np.exp(away - bend)
    terms = np.stack([np.broadcast_to(a, (m, n)), b - c0 * log - c1 * width * bend], 1)
    slopes = np.zeros((m, 2, n, 6))
    slopes[:, 0, :, 0] = 1
    slopes[:, 1, :, 1] = 1
    slopes[:, 1, :, 2] = -log
    slopes[:, 1, :, 3] = -width * bend
    slopes[:, 1, :, 4] = c1 * past
    slopes[:, 1, :, 5] = -c1 * width * (bend - away * past)
    return terms, slopes


def _broken_starts(x: Numbers, y: Numbers) -> Numbers:
    log = np.log(x[:, 0])
    breaks = np.quantile(log, (0.3, 0.5, 0.7))
    found = _grid(_asymptotes(y)[:4], [0.0], [0.02, 0.2, 0.5], [0.3, 1.0], list(breaks), [math.log(0.1), math.log(0.5)])
    above = np.maximum(float(y[int(np.argmin(log))]) - np.exp(found[:, 0]), 1e-9)
    found[:, 1] = np.log(above) + found[:, 2] * log.min()
    return found


LOGARITHMIC = "logarithmic"


def _straight_terms(free: Numbers, x: Numbers) -> tuple[Numbers, Numbers]:
    """One term: the logarithm of a + b log10 n. Where the line falls below zero there is no such logarithm; the term is
    kept at a tiny error with a slope that leads back."""
    log = np.log10(x[:, 0])[None, :]
    line = np.maximum(free[:, :1] + free[:, 1:] * log, 1e-6)
    slopes = np.stack([1 / line, log / line], -1)
    return np.log(line)[:, None], slopes[:, None]


def _straight_starts(x: Numbers, y: Numbers) -> Numbers:
    slope, start = np.polyfit(np.log10(x[:, 0]), y, 1)
    return np.array([[start, slope], [float(y.mean()), 0.0]])


def _plane_terms(free: Numbers, x: Numbers) -> tuple[Numbers, Numbers]:
    """One term, as ``_straight_terms``: the logarithm of a + b log10 N + c log10 D."""
    first, second = np.log10(x[:, 0])[None, :], np.log10(x[:, 1])[None, :]
    plane = np.maximum(free[:, :1] + free[:, 1:2] * first + free[:, 2:] * second, 1e-6)
    slopes = np.stack([1 / plane, first / plane, second / plane], -1)
    return np.log(plane)[:, None], slopes[:, None]


def _plane_starts(x: Numbers, y: Numbers) -> Numbers:
    found = np.linalg.lstsq(np.stack([np.ones(len(x)), *np.log10(x).T], 1), y, rcond=None)[0]
    return np.array([found, [float(y.mean()), 0.0, 0.0]])


def sigmoid(chance: float) -> Form:
    """Accuracy = chance + (1 - chance) / (1 + exp(-(w log n + b))): a floor and a ceiling that are known. ``chance`` is
    a share, 0 to 1.
    """

    def terms(free: Numbers, x: Numbers) -> tuple[Numbers, Numbers]:
        log = np.log(x[:, 0])[None, :]
        inside = free[:, :1] * log + free[:, 1:]
        falls = -np.exp(-np.logaddexp(0.0, -inside))
        value = math.log(1 - chance) - np.logaddexp(0.0, inside)
        return value[:, None], np.stack([falls * log, falls], -1)[:, None]

    def starts(x: Numbers, y: Numbers) -> Numbers:
        right = np.clip((1 - y - chance) / (1 - chance), 0.01, 0.99)
        slope, start = np.polyfit(np.log(x[:, 0]), np.log(right / (1 - right)), 1)
        return np.array([[slope, start], [0.0, float(np.log(right / (1 - right)).mean())]])

    formula = "1 - error = c + (1 - c) / (1 + exp(-(w ln n + b)))"
    return Form("sigmoid", formula, ("w", "b"), 1, 4, terms, _same, starts, ())


FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        Form(LOGARITHMIC, "a + b log10 n", ("a", "b"), 1, 4, _straight_terms, _same, _straight_starts, ()),
        Form(
            "saturating",
            "e + a n^-b",
            ("e", "a", "b"),
            1,
            7,
            _linear(_saturating_columns),
            _exp(0, 1),
            _saturating_starts,
            (2,),
        ),
        Form(
            "shifted",
            "e + a (n + n0)^-b",
            ("e", "a", "b", "n0"),
            1,
            8,
            _shifted_terms,
            _exp(0, 1, 3),
            _shifted_starts,
            (2,),
        ),
        Form(
            "broken",
            "a + b n^-c0 (1 + (n / d)^(1 / f))^(-c1 f)",
            ("a", "b", "c0", "c1", "d", "f"),
            1,
            12,
            _broken_terms,
            _exp(0, 1, 4, 5),
            _broken_starts,
            (),
        ),
        Form("plane", "a + b log10 N + c log10 D", ("a", "b", "c"), 2, 6, _plane_terms, _same, _plane_starts, ()),
        Form(
            "additive",
            "E + A N^-alpha + B D^-beta",
            ("A", "B", "E", "alpha", "beta"),
            2,
            15,
            _linear(_additive_columns),
            _exp(0, 1, 2),
            _two_factor_starts(with_both=False),
            (3, 4),
        ),
        Form(
            "multiplicative",
            "E + A N^-alpha D^-beta",
            ("E", "A", "alpha", "beta"),
            2,
            15,
            _linear(_joint_columns),
            _exp(0, 1),
            _two_factor_starts(with_both=True),
            (2, 3),
        ),
    )
}
