"""Mixed models: which part of a gain goes with families, languages, tasks and seeds, and fixed effects beside them.

In: one value a run, fixed columns, groupings at random, weights. Out: ``Mixed``, or ``Unfit`` with the reason: no
estimate leaves this module that did not pass the gate (several starts end in one optimum, its slope is flat, and where
statsmodels is installed its own fit agrees).

The model is y = X b + sum_k Z_k u_k + e with u_k ~ N(0, s_k^2) and e_i ~ N(0, s^2 / w_i), fitted by restricted maximum
likelihood. With L_k = s_k / s everything is in I + L Z' W Z L, which has as many rows as there are levels (Bates et al.
2015, doi:10.18637/jss.v067.i01, section 3), so the number of runs does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from xstilts.analysis.intervals import Numbers

STARTS = (1.0, 0.3, 3.0, 0.05)
SAME = 1e-4  # optima nearer than this in deviance are one
FLAT = 1e-2  # the largest slope of the deviance at an optimum
AGREES = 0.05  # how far statsmodels' log likelihood may lie away
ENOUGH_LEVELS = 10  # from which the normal interval of a fixed effect is long enough
REPLICATES = 99
SPREADS = 41  # standard deviations along which a likelihood is followed
BOUND = 1e3  # of s_k / s, a ratio of standard deviations
NOTHING: Mapping[str, Numbers] = MappingProxyType({})


@dataclass(frozen=True)
class Unfit:
    """Why there is no estimate."""

    reason: str


@dataclass(frozen=True)
class Mixed:
    """``effects``, ``errors`` [p]: fixed effects and standard errors, in the order of the columns. ``deviations``: the
    standard deviation of each grouping, by name, and ``residual`` that of the rest. ``log_likelihood`` is the
    restricted one. ``levels`` counts the levels of each grouping; ``left_out`` says why a grouping was not used.
    ``predicted``: the random effect of every level, drawn towards 0 (best linear unbiased prediction). ``checked``:
    whether statsmodels confirmed the fit.
    """

    effects: Numbers
    errors: Numbers
    deviations: Mapping[str, float]
    residual: float
    log_likelihood: float
    levels: Mapping[str, int]
    left_out: Mapping[str, str]
    checked: bool
    predicted: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def few(self) -> bool:
        """Whether a grouping has so few levels that normal intervals are too short."""
        return min(self.levels.values(), default=0) < ENOUGH_LEVELS


@dataclass(frozen=True)
class _Problem:
    """The products that the likelihood needs; ``blocks`` gives the grouping of each column of Z. ``wz``, ``wx`` [n, .]
    and ``w`` are Z, X weighed and the weights, to take up other values of y.
    """

    wz: Numbers
    wx: Numbers
    w: Numbers
    count: int
    columns: int
    blocks: npt.NDArray[np.intp]
    zz: Numbers
    zx: Numbers
    zy: Numbers
    xx: Numbers
    xy: Numbers
    yy: float
    log_weights: float

    def of(self, y: Numbers) -> _Problem:
        """The same for other values."""
        return replace(self, zy=self.wz.T @ y, xy=self.wx.T @ y, yy=float((self.w * y) @ y))


@dataclass(frozen=True)
class _Solved:
    deviance: float
    effects: Numbers
    covariance: Numbers
    variance: float
    slopes: Numbers


def fit(
    values: Numbers,
    fixed: Numbers,
    groups: Mapping[str, Sequence[str]],
    weights: Numbers | None = None,
    confirm: bool = True,
    along: Mapping[str, Numbers] = NOTHING,
) -> Mixed | Unfit:
    """The model of ``values`` [n] on ``fixed`` [n, p] (put a column of ones in for a mean) with random ``groups``
    (labels [n] each). ``weights`` [n] are proportional to 1 / variance of a run's own noise. ``confirm``: ask
    statsmodels, where it is installed and there are no weights. ``along`` makes the effects of a grouping random
    slopes: its values [n] multiply them.
    """
    y, x = np.asarray(values, dtype=np.float64), np.asarray(fixed, dtype=np.float64)
    wrong = _unusable(y, x)
    if wrong:
        return Unfit(wrong)
    kept, left_out = usable(groups, along)
    problem = _problem(y, x, kept, weights, along)
    starts = [np.full(len(kept), start**2) for start in STARTS]
    ends = [_optimum(problem, start) for start in starts] if kept else [(0.0, np.zeros(0), 0.0)]
    ends.sort(key=lambda end: end[0])
    best, ratios, slope = ends[0]
    if len(ends) > 1 and ends[1][0] - best > SAME:
        return Unfit("the likelihood has no optimum that two of the starts agree on")
    if slope > FLAT:
        return Unfit(f"the fit did not converge (slope {slope:.2g} at its end)")
    if ratios.size and ratios.max() >= BOUND**2 * 0.999:
        return Unfit("there is no spread left beside the groupings: the variances have no estimate")
    solved = _solve(problem, ratios)
    log_likelihood = -solved.deviance / 2
    checked = False
    if confirm and kept and weights is None:
        other = _statsmodels(y, x, kept, along)
        if other is not None and abs(other - log_likelihood) > AGREES:
            return Unfit(f"statsmodels ends elsewhere (log likelihood {other:.2f}, here {log_likelihood:.2f})")
        checked = other is not None
    spread = math.sqrt(solved.variance)
    return Mixed(
        effects=solved.effects,
        errors=np.sqrt(np.diag(solved.covariance)),
        deviations={name: math.sqrt(ratio) * spread for name, ratio in zip(kept, ratios, strict=True)},
        residual=spread,
        log_likelihood=log_likelihood,
        levels={name: len(set(labels)) for name, labels in kept.items()},
        left_out=left_out,
        checked=checked,
        predicted=_predicted(problem, ratios, solved.effects, kept),
    )


def usable(
    groups: Mapping[str, Sequence[str]], along: Mapping[str, Numbers] = NOTHING
) -> tuple[dict[str, Sequence[str]], dict[str, str]]:
    """The groupings whose variance can be told from others, and why the rest can not: one level, a level for every
    run, or the same division as another grouping.
    """
    kept: dict[str, Sequence[str]] = {}
    left_out: dict[str, str] = {}
    for name, labels in groups.items():
        levels = len(set(labels))
        peers = {other: theirs for other, theirs in kept.items() if (other in along) == (name in along)}
        same = [other for other, theirs in peers.items() if _alike(labels, theirs)]
        if levels < 2:
            left_out[name] = "there is only one"
        elif levels == len(labels):
            left_out[name] = "every run has its own"
        elif same:
            left_out[name] = f"the same division as {same[0]}"
        else:
            kept[name] = labels
    return kept, left_out


def interval(
    found: Mixed,
    fixed: Numbers,
    groups: Mapping[str, Sequence[str]],
    column: int,
    generator: np.random.Generator,
    level: float = 0.95,
    weights: Numbers | None = None,
    along: Mapping[str, Numbers] = NOTHING,
) -> tuple[float, float] | None:
    """The interval of the fixed effect ``column``: normal where every grouping has ten levels, else by the parametric
    bootstrap-t: data are drawn from the fit 99 times, fitted anew (from the fit on), and the quantiles of (b* - b) /
    SE* take the place of the normal ones. None where too many of these fits fail.
    """
    from scipy.special import ndtri

    middle, error = float(found.effects[column]), float(found.errors[column])
    if not found.few:
        half = float(ndtri(0.5 + level / 2)) * error
        return middle - half, middle + half
    x = np.asarray(fixed, dtype=np.float64)
    scale = 1 / np.sqrt(weights) if weights is not None else np.ones(len(x))
    places = {name: np.unique(groups[name], return_inverse=True)[1] for name in found.deviations}
    problem = _problem(np.zeros(len(x)), x, {name: groups[name] for name in found.deviations}, weights, along)
    start = np.array([max(deviation / found.residual, 0.1) ** 2 for deviation in found.deviations.values()])
    ratios = []
    for _ in range(REPLICATES):
        drawn = x @ found.effects + found.residual * scale * generator.normal(size=len(x))
        for name, deviation in found.deviations.items():
            drawn = drawn + deviation * generator.normal(size=found.levels[name])[places[name]] * along.get(name, 1.0)
        other = problem.of(drawn)
        _, ends, slope = _optimum(other, start)
        again = _solve(other, ends)
        if slope <= FLAT and again.covariance[column, column] > 0:
            ratios.append((again.effects[column] - middle) / math.sqrt(again.covariance[column, column]))
    if len(ratios) < 0.9 * REPLICATES:
        return None
    low, high = np.quantile(ratios, ((1 - level) / 2, (1 + level) / 2))
    return middle - float(high) * error, middle - float(low) * error


def _unusable(y: Numbers, x: Numbers) -> str:
    if not (np.isfinite(y).all() and np.isfinite(x).all()):
        return "a value is missing: leave its run out"
    if len(y) < x.shape[1] + 3:
        return f"{len(y)} runs are too few"
    if np.linalg.matrix_rank(x) < x.shape[1]:
        return "the fixed columns say the same thing twice (singular)"
    if np.ptp(y - x @ np.linalg.lstsq(x, y, rcond=None)[0]) < 1e-9 * max(1.0, float(np.abs(y).max())):
        return "the values show no spread"
    return ""


def _alike(one: Sequence[str], other: Sequence[str]) -> bool:
    pairs = set(zip(one, other, strict=True))
    return len(pairs) == len(set(one)) == len(set(other))


def _problem(
    y: Numbers,
    x: Numbers,
    groups: Mapping[str, Sequence[str]],
    weights: Numbers | None,
    along: Mapping[str, Numbers] = NOTHING,
) -> _Problem:
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=np.float64)
    parts, blocks = [], []
    for number, (name, labels) in enumerate(groups.items()):
        place = np.unique(labels, return_inverse=True)[1]
        parts.append(np.eye(int(place.max()) + 1)[place] * np.asarray(along.get(name, 1.0)).reshape(-1, 1))
        blocks.append(np.full(parts[-1].shape[1], number))
    z = np.concatenate(parts, axis=1) if parts else np.zeros((len(y), 0))
    wz, wx = z * w[:, None], x * w[:, None]
    return _Problem(
        wz=wz,
        wx=wx,
        w=w,
        count=len(y),
        columns=x.shape[1],
        blocks=np.concatenate(blocks).astype(np.intp) if blocks else np.zeros(0, dtype=np.intp),
        zz=wz.T @ z,
        zx=wz.T @ x,
        zy=wz.T @ y,
        xx=wx.T @ x,
        xy=wx.T @ y,
        yy=float((w * y) @ y),
        log_weights=float(np.log(w).sum()),
    )


def _solve(problem: _Problem, ratios: Numbers) -> _Solved:
    """The restricted deviance at the variance ``ratios`` (s_k / s)^2, with its slopes, the best effects and the
    residual variance there. With P = V^-1 - V^-1 X (X' V^-1 X)^-1 X' V^-1 the slope along ratio k is tr(Z_k' P Z_k) -
    (n - p) |Z_k' P y|^2 / (y' P y).
    """
    from scipy.linalg import solve_triangular

    scale = np.sqrt(ratios[problem.blocks])
    root = np.linalg.cholesky(np.eye(len(scale)) + scale[:, None] * problem.zz * scale[None, :])
    right = np.concatenate([problem.zz, problem.zx, problem.zy[:, None]], axis=1)
    half = solve_triangular(root, scale[:, None] * right, lower=True, check_finite=False)
    q, p = len(scale), problem.columns
    cz, cx, cy = half[:, :q], half[:, q : q + p], half[:, q + p]
    xx, xy = problem.xx - cx.T @ cx, problem.xy - cx.T @ cy
    zx = problem.zx - cz.T @ cx
    inverse = np.linalg.inv(xx)
    effects = inverse @ xy
    free = problem.count - p
    rest = max(problem.yy - float(cy @ cy) - float(effects @ xy), 1e-300)
    variance = rest / free
    deviance = free * (math.log(2 * math.pi * variance) + 1) - problem.log_weights
    deviance += 2 * float(np.log(np.diag(root)).sum()) + float(np.linalg.slogdet(xx)[1])
    zz = np.diag(problem.zz) - (cz**2).sum(axis=0) - np.einsum("qp,pr,qr->q", zx, inverse, zx)
    pull = problem.zy - cz.T @ cy - zx @ effects
    each = zz - pull**2 / variance
    slopes = np.bincount(problem.blocks, weights=each, minlength=len(ratios)).astype(np.float64)
    return _Solved(deviance, effects, variance * inverse, variance, slopes)


def chance_of_spread(
    found: Mixed,
    values: Numbers,
    fixed: Numbers,
    groups: Mapping[str, Sequence[str]],
    name: str,
    least: float,
    prior: float,
    along: Mapping[str, Numbers] = NOTHING,
) -> float | None:
    """The probability that the standard deviation of the grouping ``name`` is above ``least``, given the restricted
    likelihood along it (the other variances at their best) and a half-normal prior of width ``prior``. None where the
    grouping was left out."""
    if name not in found.deviations:
        return None
    names = list(found.deviations)
    x = np.asarray(fixed, dtype=np.float64)
    problem = _problem(np.asarray(values, dtype=np.float64), x, {one: groups[one] for one in names}, None, along)
    place = names.index(name)
    start = np.array([(deviation / found.residual) ** 2 for deviation in found.deviations.values()])
    most = max(4 * prior, 5 * found.deviations[name])
    grid = most * np.linspace(0, 1, SPREADS) ** 2
    deviances = np.array([_optimum(problem, start, {place: (one / found.residual) ** 2})[0] for one in grid])
    weight = np.exp(-(deviances - deviances.min()) / 2 - (grid / prior) ** 2 / 2)
    mass = np.concatenate([[0.0], np.cumsum((weight[1:] + weight[:-1]) / 2 * np.diff(grid))])
    return float(1 - np.interp(least, grid, mass) / mass[-1])


def _predicted(
    problem: _Problem, ratios: Numbers, effects: Numbers, groups: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, float]]:
    """u = D Z' V^-1 (y - X b), by grouping and level."""
    variances = ratios[problem.blocks]
    scale = np.sqrt(variances)
    rest = problem.zy - problem.zx @ effects
    inner = np.eye(len(scale)) + scale[:, None] * problem.zz * scale[None, :]
    found = variances * (rest - problem.zz @ (scale * np.linalg.solve(inner, scale * rest)))
    return {
        name: dict(zip(map(str, np.unique(labels)), found[problem.blocks == number].tolist(), strict=True))
        for number, (name, labels) in enumerate(groups.items())
    }


def _optimum(
    problem: _Problem, start: Numbers, held: Mapping[int, float] | None = None
) -> tuple[float, Numbers, float]:
    """Deviance, ratios and the largest slope where the search from ``start`` ends: per factor e of a ratio inside the
    bounds, downwards only where a ratio is 0. ``held`` ratios stay as they are.
    """
    from scipy.optimize import minimize

    def both(ratios: Numbers) -> tuple[float, Numbers]:
        solved = _solve(problem, ratios)
        return solved.deviance, solved.slopes

    bounds = [(0.0, BOUND**2)] * len(start)
    for place, value in (held or {}).items():
        bounds[place] = (value, value)
    found = minimize(
        both,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"ftol": 1e-12, "gtol": 1e-5, "maxiter": 500},
    )
    slopes = _solve(problem, found.x).slopes
    steep = np.where(found.x > 0, np.abs(slopes * found.x), np.maximum(-slopes, 0.0))
    return float(found.fun), np.asarray(found.x, dtype=np.float64), float(steep.max(initial=0.0))


def _statsmodels(
    y: Numbers, x: Numbers, groups: Mapping[str, Sequence[str]], along: Mapping[str, Numbers]
) -> float | None:
    """The restricted log likelihood where statsmodels' own fit ends; None where it is not installed or finds none."""
    try:
        from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec
    except ImportError:
        return None
    import warnings

    names, matrices, columns = [], [], []
    for name, labels in groups.items():
        levels, place = np.unique(labels, return_inverse=True)
        names.append(name)
        matrices.append([np.eye(len(levels))[place] * np.asarray(along.get(name, 1.0)).reshape(-1, 1)])
        columns.append([[str(level) for level in levels]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            spec = VCSpec(names, columns, matrices)
            model = MixedLM(y, x, np.zeros(len(y)), exog_vc=spec)
            found = model.fit(reml=True, method=["lbfgs", "powell"])
        except (np.linalg.LinAlgError, ValueError):
            return None
    return float(found.llf) if math.isfinite(found.llf) else None
