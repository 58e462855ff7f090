"""Which intermediate task to take for a target: predicted gains with their doubt.

In: ``Trial`` values, gains of intermediate tasks on targets (published, or of one's own store). Out: ``Advice``, a
prediction for every candidate, and how well such predictions rank where the answer is known.

A gain is taken as a sum of normal effects: of the intermediate task, of its data (in part shared by related tasks), of
the target, of their two forms together, of one form shared by both, of data that both train on, of the number of
examples, of the encoder, and a rest. The effects' variances are those under which the trials are most likely, with a
weak belief that keeps them finite. Targets that are trained and retrieval, which is not, gain by different means and
never inform one another.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from xstilts.analysis.intervals import Numbers, quantile_t
from xstilts.analysis.similarity.ranking import ndcg, regret


@dataclass(frozen=True)
class Trial:
    """An intermediate task on a target. ``form`` and ``target_form`` are task types, ``examples`` the number of
    intermediate ones, ``data`` the sets they come from, ``target_data`` those that the target trains on, ``source`` the
    encoder, ``shared`` whether both train on the same data. ``gain`` in points with standard error ``error`` (0 where
    single runs hide it in the rest); ``score`` is the one reached. Without a gain it is a candidate. ``alike``: how
    like the two are by the measures ``ALIKE``, standardised among the tasks of a target, 0 where not known; empty
    where nothing is."""

    intermediate: str
    form: str
    target: str
    target_form: str
    source: str
    examples: int
    data: frozenset[str] = frozenset()
    target_data: frozenset[str] = frozenset()
    shared: bool = False
    gain: float = math.nan
    error: float = 0.0
    score: float = math.nan
    alike: tuple[float, ...] = ()


@dataclass(frozen=True)
class Advice:
    """The gain that is predicted for a candidate, with the standard deviation of the prediction. ``trials``: gains of
    this intermediate task that it rests on. ``degrees``: of Student's t, one less than the targets that were measured
    (at least 1), since how far targets differ is known no better."""

    candidate: Trial
    gain: float
    deviation: float
    degrees: float
    trials: int

    @property
    def half(self) -> float:
        """Half the width of the 95 % interval."""
        return quantile_t(self.degrees) * self.deviation

    def above(self, value: float) -> float:
        """The probability that the gain is above ``value``."""
        from scipy.special import stdtr

        return float(stdtr(self.degrees, (self.gain - value) / self.deviation))

    def worth_measuring(self, other: float) -> float:
        """What it is worth (points) to know this gain before choosing between it and ``other``, the best of the rest.

        E max(x, b) - max(m, b), x as if normal around m: (m - b) P(z < (m - b) / s) + s phi((m - b) / s)
        - max(m - b, 0).
        """
        z = (self.gain - other) / self.deviation
        expected = (self.gain - other) * _upper(-z) + self.deviation * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        return expected - max(self.gain - other, 0.0)


def measure_first(advice: Sequence[Advice]) -> tuple[Advice, float] | None:
    """The candidate whose gain is most worth knowing, and that worth; of those within a tenth of it, that of fewest
    examples. To do nothing (gain 0) is a choice, too. Candidates on the target's own data are left out."""
    choices = [one for one in advice if not one.candidate.shared]
    worth = []
    for one in choices:
        others = [other.gain for other in choices if other is not one]
        worth.append((one, one.worth_measuring(max([0.0, *others]))))
    if not worth:
        return None
    most = max(value for _, value in worth)
    near = [(one, value) for one, value in worth if value >= 0.9 * most]
    return min(near, key=lambda pair: pair[0].candidate.examples)


def _upper(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2))


RETRIEVAL = "retrieval"
ALIKE = ("vocabulary", "text embedding", "LogME")  # likenesses that need no training
# The overall mean is left open. Standard deviations of effects, in units of the root mean square of all gains, are
# believed to be about e^-1, within a factor of e^1.5 or so.
_OPEN = 100.0
_EFFECTS = 9
_CENTRE, _SPREAD = -1.0, 1.5


def advise(trials: Sequence[Trial], candidates: Sequence[Trial]) -> list[Advice]:
    """A prediction for every candidate, the most promising first. Raises ``ValueError`` without comparable trials."""
    if not candidates:
        return []
    untrained = candidates[0].target_form == RETRIEVAL
    used = [one for one in trials if (one.target_form == RETRIEVAL) == untrained and math.isfinite(one.gain)]
    if len(used) < 3:
        raise ValueError("fewer than three comparable trials")
    scale = max(1.0, float(np.sqrt(np.mean([one.gain**2 for one in used]))))
    gains = np.array([one.gain for one in used]) / scale
    errors = np.array([one.error for one in used]) / scale
    effects = _EFFECTS + (len(ALIKE) if any(one.alike for one in used) else 0)
    variances = _fitted(used, gains, errors, effects)
    inner = _kernel(used, used, variances) + np.diag(errors**2 + variances[-1])
    cross = _kernel(list(candidates), used, variances)
    solved = np.linalg.solve(inner, np.column_stack([gains, cross.T]))
    means = cross @ solved[:, 0]
    own = np.diag(_kernel(list(candidates), list(candidates), variances)) + variances[-1]
    spreads = np.sqrt(np.maximum(own - np.einsum("ij,ji->i", cross, solved[:, 1:]), 1e-12))
    degrees = max(1.0, len({one.target for one in used}) - 1.0)
    found = [
        Advice(one, mean, spread, degrees, sum(trial.intermediate == one.intermediate for trial in used))
        for one, mean, spread in zip(candidates, (means * scale).tolist(), (spreads * scale).tolist(), strict=True)
    ]
    return sorted(found, key=lambda one: -one.gain)


def _kernel(left: Sequence[Trial], right: Sequence[Trial], variances: Numbers) -> Numbers:
    """Covariances of the gains of ``left`` and ``right``, without the rest."""

    def same(read: Callable[[Trial], object]) -> Numbers:
        return np.array([[float(read(a) == read(b)) for b in right] for a in left])

    def product(read: Callable[[Trial], float]) -> Numbers:
        return np.outer([read(a) for a in left], [read(b) for b in right])

    parts = (
        same(lambda one: one.intermediate),
        np.array([[_overlap(a.data, b.data) for b in right] for a in left]),
        same(lambda one: one.target),
        same(lambda one: (one.form, one.target_form)),
        product(lambda one: float(one.form == one.target_form)),
        product(lambda one: float(one.shared)),
        product(lambda one: math.log10(max(one.examples, 1)) - 4.5),
        same(lambda one: one.source),
        same(lambda one: (one.source, one.intermediate)),
    )
    theirs, others = (np.array([one.alike or (0.0,) * len(ALIKE) for one in side]) for side in (left, right))
    likenesses = [np.outer(theirs[:, k], others[:, k]) for k in range(len(ALIKE))]
    total = np.full((len(left), len(right)), _OPEN)
    for variance, part in zip(variances[:-1], [*parts, *likenesses], strict=False):
        total = total + variance * part
    return total


def _overlap(first: frozenset[str], second: frozenset[str]) -> float:
    """The share of data sets that two tasks have in common (Jaccard's index, which is a covariance)."""
    return len(first & second) / len(first | second) if first | second else 0.0


def _fitted(trials: Sequence[Trial], gains: Numbers, errors: Numbers, effects: int) -> Numbers:
    """The variances of the effects and of the rest (last) that make the trials most likely, weakly held to 1."""
    from scipy.optimize import minimize

    parts = np.stack([_kernel(trials, trials, np.append(row, 0.0)) - _OPEN for row in np.eye(effects)])

    def cost(logs: Numbers) -> tuple[float, Numbers]:
        variances = np.exp(2 * logs)
        matrix = _OPEN + np.tensordot(variances[:-1], parts, axes=1) + np.diag(errors**2 + variances[-1])
        inverse = np.linalg.inv(matrix)
        weighted = inverse @ gains
        slopes = np.array([*(np.sum(inverse * part) - weighted @ part @ weighted for part in parts), 0.0])
        slopes[-1] = np.trace(inverse) - weighted @ weighted
        value = 0.5 * (np.linalg.slogdet(matrix)[1] + gains @ weighted) + np.sum((logs - _CENTRE) ** 2) / (
            2 * _SPREAD**2
        )
        return float(value), variances * slopes + (logs - _CENTRE) / _SPREAD**2

    start = np.full(effects + 1, -1.0)
    found = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=[(-5.0, 3.0)] * len(start))
    return np.asarray(np.exp(2 * found.x), dtype=np.float64)


@dataclass(frozen=True)
class Ranked:
    """How a way of choosing did on one target whose trials it did not see: regret in percent of the best score.
    ``kind``: ``trained`` or ``retrieval``. ``covered``: the share of its gains inside the predicted 95 % intervals."""

    matrix: str
    target: str
    kind: str
    way: str
    regret1: float
    regret3: float
    ndcg: float
    covered: float | None = None

    @property
    def numbers(self) -> tuple[float, float, float]:
        """The three measures in order."""
        return self.regret1, self.regret3, self.ndcg


def leave_one_out(matrices: Mapping[str, Sequence[Trial]]) -> list[Ranked]:
    """Every target of every matrix left out in turn: the model and simple ways of choosing, all from what is left.

    A target is left out of all matrices, with all targets that train on the same data. Simple ways: ``best average``
    (of the other targets of the same kind, trained or retrieval), ``size`` (most examples), ``always NLI``,
    ``always SQuAD``, ``random`` (exact expectation); where likenesses are known each of these alone, and ``advise,
    with likeness``, whose model knows them.
    """
    found = []
    for name, matrix in matrices.items():
        for target in dict.fromkeys(trial.target for trial in matrix):
            held = [trial for trial in matrix if trial.target == target]
            if len(held) < 2:
                continue
            rest = [trial for other in matrices.values() for trial in other if not _akin(trial, held[0])]
            told = _told([replace(one, alike=()) for one in rest], [replace(one, alike=()) for one in held])
            ways = {"advise": [one.gain for one in told]} if told else {}
            ways |= _likened(rest, held)
            for way, scores in (ways | _simple(rest, held)).items():
                gains, performance = [one.gain for one in held], [one.score for one in held]
                lost = (regret(performance, scores, 1), regret(performance, scores, 3))
                kind = RETRIEVAL if held[0].target_form == RETRIEVAL else "trained"
                inside = [abs(one.gain - gain) < one.half for one, gain in zip(told, gains, strict=False)]
                covered = sum(inside) / len(inside) if way == "advise" else None
                found.append(Ranked(name, target, kind, way, *lost, ndcg(gains, scores), covered))
    return found


def _akin(one: Trial, other: Trial) -> bool:
    return one.target == other.target or bool(one.target_data & other.target_data)


def _told(rest: Sequence[Trial], held: Sequence[Trial]) -> list[Advice]:
    """Predictions for the held-out trials in their order; none where there is too little to go by."""
    blind = [replace(one, gain=math.nan, score=math.nan, error=0.0) for one in held]
    try:
        told = {one.candidate.intermediate: one for one in advise(rest, blind)}
    except ValueError:
        return []
    return [told[one.intermediate] for one in held]


def _likened(rest: Sequence[Trial], held: Sequence[Trial]) -> dict[str, list[float]]:
    """Scores of held-out choices by their likeness to the target, where any is known of at least two of them."""
    known = [k for k in range(len(ALIKE)) if sum(bool(one.alike) and one.alike[k] != 0 for one in held) > 1]
    if not known:
        return {}
    told = _told(rest, held)
    ways = {"advise, with likeness": [one.gain for one in told]} if told else {}
    return ways | {ALIKE[k]: [one.alike[k] if one.alike else 0.0 for one in held] for k in known}


def _simple(rest: Sequence[Trial], held: Sequence[Trial]) -> dict[str, list[float]]:
    """A score for every held-out choice, by simple way of choosing."""
    untrained = held[0].target_form == RETRIEVAL
    alike = [one for one in rest if (one.target_form == RETRIEVAL) == untrained]

    def average(name: str) -> float:
        known = [one.gain for one in alike if one.intermediate == name]
        return sum(known) / len(known) if known else 0.0

    return {
        "best average": [average(one.intermediate) for one in held],
        "size": [float(one.examples) for one in held],
        "always NLI": [float(one.intermediate in ("mnli", "anli_plus")) for one in held],
        "always SQuAD": [float(one.intermediate in ("squad", "squad_v2")) for one in held],
        "random": [0.0 for _ in held],
    }
