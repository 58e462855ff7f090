"""How sure a mean is: intervals over seeds, and over families and seeds together.

In: gains, one a seed, or a table of families by seeds. Out: ``Interval`` values that say what they cover. A gain varies
between seeds and between families of languages, so an interval that resamples only one of the two is too short.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval, in the unit of the values. ``over`` says which units were sampled.

    ``half`` is half the interval's width, ``error`` the mean's standard error and ``deviation`` the standard deviation
    of the units; they are None where there are too few units to know.
    """

    mean: float
    deviation: float | None
    half: float | None
    degrees: float | None
    units: int
    over: str
    error: float | None = None

    @property
    def low(self) -> float | None:
        """The lower end, or None."""
        return None if self.half is None else self.mean - self.half

    @property
    def high(self) -> float | None:
        """The upper end, or None."""
        return None if self.half is None else self.mean + self.half


def quantile_t(degrees: float, level: float = 0.95) -> float:
    """The two-sided quantile of Student's t distribution."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.5 + level / 2))


def over_seeds(values: Sequence[float] | Numbers, level: float = 0.95) -> Interval:
    """Mean and t interval of one value a seed. With one seed there is neither spread nor interval."""
    found = np.asarray(values, dtype=np.float64)
    if found.size == 0:
        raise ValueError("an interval needs at least one value")
    mean = float(found.mean())
    if found.size == 1:
        return Interval(mean, None, None, None, 1, "seeds")
    deviation = float(found.std(ddof=1))
    error = deviation / math.sqrt(found.size)
    half = quantile_t(found.size - 1, level) * error
    return Interval(mean, deviation, half, float(found.size - 1), int(found.size), "seeds", error)


@dataclass(frozen=True)
class TwoWay:
    """The analysis of variance of a complete table [families, seeds] without replication, both at random.

    ``families`` and ``seeds`` count its rows and columns (both at least 2); ``between_families``, ``between_seeds`` and
    ``rest`` are mean squares, in squared units of the values.
    """

    mean: float
    families: int
    seeds: int
    between_families: float
    between_seeds: float
    rest: float

    @property
    def components(self) -> tuple[float, float, float]:
        """Variances of families, of seeds and of the rest: REML estimates where none is negative (those are given as
        0)."""
        family = (self.between_families - self.rest) / self.seeds
        seed = (self.between_seeds - self.rest) / self.families
        return max(0.0, family), max(0.0, seed), self.rest

    @property
    def variance(self) -> float:
        """The variance of the mean: (MS_L + MS_S - MS_E) / (L S), but see ``crossed_variance``."""
        return self._mean[0]

    @property
    def degrees(self) -> float | None:
        """Satterthwaite's degrees of freedom of ``variance``; None where the table is constant."""
        return self._mean[1]

    @property
    def _mean(self) -> tuple[float, float | None]:
        size = self.families * self.seeds
        sides = (self.between_families / size, self.families - 1), (self.between_seeds / size, self.seeds - 1)
        return crossed_variance(*sides, self.rest / size)


def crossed_variance(first: tuple[float, int], second: tuple[float, int], shared: float) -> tuple[float, float | None]:
    """The variance of a mean over two random factors and its degrees of freedom (None where there is no variance).

    ``first``, ``second``: the variance that each side gives, with its degrees of freedom; ``shared``: what both of them
    hold. The variance is V_1 + V_2 - V_12, never below V_1 nor V_2, for a negative component counts as 0: without that
    bound a difference near 0 leaves no degree of freedom and an interval of any length. The degrees are its square over
    V_1^2 / d_1 + V_2^2 / d_2 (Satterthwaite 1946, doi:10.2307/3002019).
    """
    variance = max(first[0] + second[0] - shared, first[0], second[0])
    below = sum(part**2 / degrees for part, degrees in (first, second) if degrees)
    return variance, variance**2 / below if below > 0 and variance > 0 else None


def two_way(table: Sequence[Sequence[float]] | Numbers) -> TwoWay:
    """The mean squares of ``table`` [families, seeds]. Raises ``ValueError`` with fewer than two of either."""
    found = _complete(table)
    families, seeds = found.shape
    if families < 2 or seeds < 2:
        raise ValueError("a two-way table needs two families and two seeds")
    mean = float(found.mean())
    rows, columns = found.mean(axis=1), found.mean(axis=0)
    rest = float(((found - rows[:, None] - columns[None, :] + mean) ** 2).sum()) / ((families - 1) * (seeds - 1))
    between_families = seeds * float(((rows - mean) ** 2).sum()) / (families - 1)
    between_seeds = families * float(((columns - mean) ** 2).sum()) / (seeds - 1)
    rounding = (1e-12 * float(np.abs(found).max())) ** 2  # what sums of equal values leave
    squares = (0.0 if square <= rounding else square for square in (between_families, between_seeds, rest))
    return TwoWay(mean, families, seeds, *squares)


def crossed(table: Sequence[Sequence[float]] | Numbers, level: float = 0.95) -> Interval:
    """Interval of the mean of ``table`` [families, seeds], both drawn from larger populations.

    Satterthwaite's approximation for the balanced two-way table without replication: with the mean squares of families
    MS_L, of seeds MS_S and of the rest MS_E, the mean's variance is (MS_L + MS_S - MS_E) / (L S), never below what
    families or seeds give alone (``crossed_variance``). The mean weighs families alike, whatever number of languages
    they have. With one family or one seed it falls back to the t interval over the other, and says so.
    """
    found = _complete(table)
    families, seeds = found.shape
    if families == 1:
        return over_seeds(found[0], level)
    if seeds == 1:
        return replace(over_seeds(found[:, 0], level), over="families (one seed)")
    way = two_way(found)
    deviation = float(found.mean(axis=0).std(ddof=1))
    degrees = way.degrees
    if degrees is None:
        return Interval(way.mean, deviation, 0.0, None, families * seeds, "families and seeds", 0.0)
    error = math.sqrt(way.variance)
    half = quantile_t(degrees, level) * error
    return Interval(way.mean, deviation, half, degrees, families * seeds, "families and seeds", error)


def _complete(table: Sequence[Sequence[float]] | Numbers) -> Numbers:
    found = np.asarray(table, dtype=np.float64)
    if found.ndim != 2 or found.size == 0 or np.isnan(found).any():
        raise ValueError("the table of families by seeds must be complete: every family under every seed")
    return found
