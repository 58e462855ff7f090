"""How sure a mean is: intervals over seeds, and over families and seeds together.

In: gains, one a seed, or a table of families by seeds. Out: ``Interval`` values that say what they cover. A gain varies
between seeds and between families of languages, so an interval that resamples only one of the two is too short.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval, in the unit of the values. ``over`` says which units were sampled.

    ``half`` is half the interval's width and ``deviation`` the standard deviation of the units; both are None where
    there are too few units to know.
    """

    mean: float
    deviation: float | None
    half: float | None
    degrees: float | None
    units: int
    over: str

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
    half = quantile_t(found.size - 1, level) * deviation / math.sqrt(found.size)
    return Interval(mean, deviation, half, float(found.size - 1), int(found.size), "seeds")


def crossed(table: Sequence[Sequence[float]] | Numbers, level: float = 0.95) -> Interval:
    """Interval of the mean of ``table`` [families, seeds], both drawn from larger populations.

    Satterthwaite's approximation for the balanced two-way table without replication: with the mean squares of families
    MS_L, of seeds MS_S and of the rest MS_E, the mean's variance is (MS_L + MS_S - MS_E) / (L S), or MS_L / (L S)
    where that is not positive, and the degrees of freedom are its square over (MS_L / LS)^2 / (L - 1) + (MS_S / LS)^2
    / (S - 1) (Satterthwaite 1946, doi:10.2307/3002019). The mean weighs families alike, whatever number of languages
    they have. With one family or one seed it falls back to the t interval over the other, and says so.
    """
    found = np.asarray(table, dtype=np.float64)
    if found.ndim != 2 or found.size == 0 or np.isnan(found).any():
        raise ValueError("the table of families by seeds must be complete: every family under every seed")
    families, seeds = found.shape
    if families == 1:
        return over_seeds(found[0], level)
    if seeds == 1:
        return _named(over_seeds(found[:, 0], level), "families (one seed)")
    mean = float(found.mean())
    rows, columns = found.mean(axis=1), found.mean(axis=0)
    between_families = seeds * float(((rows - mean) ** 2).sum()) / (families - 1)
    between_seeds = families * float(((columns - mean) ** 2).sum()) / (seeds - 1)
    rest = float(((found - rows[:, None] - columns[None, :] + mean) ** 2).sum()) / ((families - 1) * (seeds - 1))
    size = families * seeds
    variance = (between_families + between_seeds - rest) / size
    if variance <= 0:
        variance = between_families / size
    below = (between_families / size) ** 2 / (families - 1) + (between_seeds / size) ** 2 / (seeds - 1)
    deviation = float(columns.std(ddof=1))
    if variance <= 0 or below <= 0:
        return Interval(mean, deviation, 0.0, None, size, "families and seeds")
    degrees = variance**2 / below
    half = quantile_t(degrees, level) * math.sqrt(variance)
    return Interval(mean, deviation, half, degrees, size, "families and seeds")


def _named(interval: Interval, over: str) -> Interval:
    return Interval(interval.mean, interval.deviation, interval.half, interval.degrees, interval.units, over)
