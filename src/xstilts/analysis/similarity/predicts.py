"""Whether a measure of similarity predicts gains, and whether that depends on the family of languages.

In: a ``Matrix``, a measure, what counts as evidence. Out: ``Slope`` and two verdicts (methods of the mixed model:
``analysis.mixed``). A measure predicts gains if it ranks better than the best task elsewhere does, better than chance
after correction for the number of measures, and gains rise with it; it depends on families if slopes spread over them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xstilts.analysis.intervals import quantile_t
from xstilts.analysis.mixed import Mixed, Unfit, chance_of_spread, fit
from xstilts.analysis.similarity.table import Matrix
from xstilts.analysis.verdict import ENOUGH, PRIORS, SCOPE_CAP, Rule, Verdict, above, under, verdict
from xstilts.study.evidence import Evidence

Numbers = npt.NDArray[np.float64]

FAMILY = "slope by family"
SURE = 0.05  # p of the permutation test
FAMILIES = 3  # that a spread over families needs


@dataclass(frozen=True)
class Slope:
    """Points of gain for one standard deviation of a measure: ``mean`` with its standard ``error`` and ``degrees`` of
    freedom. ``families``: their slopes, drawn towards the mean, and ``spread`` the standard deviation between them
    (None where it can not be told); ``chances`` that it is above the smallest of interest, under three priors.
    ``pairs``: of tasks and targets that it rests on.
    """

    mean: float
    error: float
    degrees: float
    families: Mapping[str, float]
    spread: float | None
    chances: tuple[float, ...]
    pairs: int

    @property
    def half(self) -> float:
        """Half the width of the 95 % interval."""
        return quantile_t(self.degrees) * self.error


def slope(found: Matrix, scores: Numbers, evidence: Evidence, confirm: bool = True) -> Slope | Unfit:
    """How gains rise with ``scores`` [rankings, tasks], standardised inside rankings.

    Gain = mean + slope x measure + log10 of the examples (where they differ), at random: tasks, targets, pairs of the
    two, languages, and the slope by family. Without the effect of the pair its gains in many languages would count as
    so many pairs. Degrees of freedom: Satterthwaite's, from the spread over families (families - 1) and the rest, which
    has as many as there are pairs less their tasks' and targets' means. Self-pairs are left out; ``confirm``: see
    ``mixed.fit``.
    """
    use = found.counted(self_pairs=False) & np.isfinite(scores) & np.isfinite(found.gains)
    use &= (use.sum(axis=1) >= 2)[:, None]
    if use.sum() < 4:
        return Unfit("fewer than four gains with this measure")
    centred = _centred(scores, use)
    size = _centred(found.measures["size"], use)
    place, task = np.nonzero(use)
    deviation = float(centred[use].std())
    if deviation == 0:
        return Unfit("the measure is the same for all tasks")
    z = centred[use] / deviation
    columns = [np.ones(len(z)), z]
    if size[use].std() > 1e-9 and abs(np.corrcoef(size[use], z)[0, 1]) < 0.999:
        columns.append(size[use])
    rankings = [found.rankings[k] for k in place]
    tasks, targets = [found.tasks[k] for k in task], [f"{one[0]} {one[1]}" for one in rankings]
    pairs = [f"{a} {b}" for a, b in zip(tasks, targets, strict=True)]
    groups: dict[str, Sequence[str]] = {
        "task": tasks,
        "target": targets,
        "pair": pairs,
        "language": [one[2] for one in rankings],
        FAMILY: [one[3] for one in rankings],
    }
    fixed, along = np.stack(columns, axis=1), {FAMILY: z}
    gains = found.gains[use]
    mixed = fit(gains, fixed, groups, along=along, confirm=confirm)
    if isinstance(mixed, Unfit):
        return mixed
    families = len(set(groups[FAMILY]))
    chances: tuple[float, ...] = ()
    if FAMILY in mixed.deviations and families >= FAMILIES:
        widths = [evidence.prior_similarity * width for width in PRIORS]
        asked = [
            chance_of_spread(mixed, gains, fixed, groups, FAMILY, evidence.similarity, width, along) for width in widths
        ]
        chances = tuple(one for one in asked if one is not None)
    mean = float(mixed.effects[1])
    free = len(set(pairs)) - len(set(tasks)) - len(set(targets))
    return Slope(
        mean=mean,
        error=float(mixed.errors[1]),
        degrees=_degrees(mixed, families, max(1, free)),
        families={name: mean + more for name, more in mixed.predicted.get(FAMILY, {}).items()},
        spread=mixed.deviations.get(FAMILY),
        chances=chances,
        pairs=len(set(pairs)),
    )


def _centred(values: Numbers, use: npt.NDArray[np.bool_]) -> Numbers:
    """Less the mean of each ranking, over what is used."""
    kept = np.where(use, values, 0.0)
    return np.asarray(kept - kept.sum(axis=1, keepdims=True) / np.maximum(use.sum(axis=1, keepdims=True), 1))


def _degrees(mixed: Mixed, families: int, free: int) -> float:
    """v^2 / (v_f^2 / (families - 1) + v_r^2 / free), v the variance of the slope and v_f the part of families in it."""
    whole = float(mixed.errors[1]) ** 2
    part = min(whole, mixed.deviations.get(FAMILY, 0.0) ** 2 / max(families, 1))
    return max(1.0, whole**2 / (part**2 / max(families - 1, 1) + (whole - part) ** 2 / free))


def predicts(found: Slope | Unfit, margin: float, p: float, seeds: int, evidence: Evidence) -> Verdict:
    """Whether a measure predicts gains: its NDCG beats that of the best task elsewhere by ``margin`` above 0, chance
    with ``p`` below .05, and the slope is above the smallest of interest. Refuted where the slope is below that."""
    rule = Rule(above(evidence.similarity), under(evidence.similarity), evidence.prior_similarity)
    missing = _few(seeds, evidence)
    if isinstance(found, Unfit):
        return verdict(None, None, rule, missing=(*missing, f"no slope: {found.reason}"))
    decided = verdict(found.mean, found.error, rule, found.degrees, missing=missing)
    if decided.word == "refuted":
        return decided
    if not math.isfinite(margin):
        missing.append("there is no other target to compare with")
    elif margin <= 0:
        missing.append("it ranks no better than the best task elsewhere")
    if not p < SURE:
        missing.append(f"chance ranks as well (p {p:.3f})")
    return verdict(found.mean, found.error, rule, found.degrees, missing=missing)


def depends(found: Slope | Unfit, seeds: int, evidence: Evidence) -> Verdict:
    """Whether the slope differs between families by more than the smallest of interest: decided if the probability is
    .95 under all three priors of its standard deviation."""
    missing = _few(seeds, evidence)
    if isinstance(found, Unfit) or not found.chances:
        why = found.reason if isinstance(found, Unfit) else f"fewer than {FAMILIES} families, or they can not be told"
        return Verdict("undecided", 0.5, 0.5, 0.5, None, (*missing, why))
    support, refutation = found.chances, [1 - chance for chance in found.chances]
    confidence = min(max(pair) for pair in zip(support, refutation, strict=True))
    middle = support[PRIORS.index(1.0)]
    if missing:
        return Verdict("undecided", min(confidence, SCOPE_CAP), middle, 1 - middle, None, tuple(missing))
    word = "supported" if min(support) >= ENOUGH else "refuted" if min(refutation) >= ENOUGH else "undecided"
    return Verdict(word, confidence, middle, 1 - middle, None)  # type: ignore[arg-type]


def _few(seeds: int, evidence: Evidence) -> list[str]:
    return [f"{seeds} seeds, {evidence.seeds} are needed"] if seeds < evidence.seeds else []
