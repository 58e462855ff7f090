"""Whether the similarity of two tasks, known beforehand, tells how much one helps the other, and in which languages.

In: the long table of a study with several single intermediate tasks, its probes. Out: how well measures rank tasks
beside simple rules, whether each predicts gains and depends on families of languages, slopes by family, all values.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xstilts.analysis.lines import breaks, number
from xstilts.analysis.material import Analysis, Material
from xstilts.analysis.mixed import Unfit
from xstilts.analysis.section import Finding, Section, between, counted, signed
from xstilts.analysis.similarity import ranking
from xstilts.analysis.similarity.measures import SIZE
from xstilts.analysis.similarity.predicts import Slope, depends, predicts, slope
from xstilts.analysis.similarity.table import ELSEWHERE, LEAST, Matrix, matrix
from xstilts.study.evidence import Evidence
from xstilts.study.needs import Probing

Numbers = npt.NDArray[np.float64]

SEED = 0
COLUMNS = ("NDCG", "NDCG 2^g", "regret@1", "regret@3", "weighted tau", "rho", "p")
RANDOM = "random order"


@dataclass(frozen=True)
class Judged:
    """A measure on the rankings that it is known for: ``use`` [rankings, tasks]; ``tested``: it is known for every task
    of these. ``p`` against chance, ``margin``: its NDCG less that of the best task elsewhere on the same rankings."""

    use: npt.NDArray[np.bool_]
    tested: bool
    p: float
    margin: float


def run(material: Material) -> list[Section]:
    """How well each measure ranks, whether it predicts gains, and how steeply they rise with it in each family."""
    found = matrix(material)
    if found is None:
        nothing = (
            "Nothing can be said: a ranking needs three arms with one intermediate task each and gains in zero-shot"
            " languages of a target that the baseline learned."
        )
        return [Section("Similarity and gain", ("measure",), (), 1, (nothing,))]
    parts = [False, *([True] if found.self_pairs.any() else [])]
    judged = {part: judge(found, part) for part in parts}
    slopes = {
        name: slope(found, values, material.evidence)
        for name, values in found.measures.items()
        if judged[False][name].tested and np.ptp(values[judged[False][name].use]) > 0
    }
    return [
        _rankings(found, judged),
        _verdicts(found, judged[False], slopes, material.evidence),
        _families(found, slopes),
        _parts(found, judged[False], 1, "target"),
        _parts(found, judged[False], 3, "family"),
        _values(found),
    ]


def judge(found: Matrix, self_pairs: bool, draws: int = ranking.DRAWS) -> dict[str, Judged]:
    """What each measure and simple rule is judged on, with its p and margin."""
    use = {name: _used(found, values, self_pairs) for name, values in {**found.measures, **found.rules}.items()}
    counted_cells = found.counted(self_pairs)
    tested = [
        name
        for name, values in found.measures.items()
        if use[name].any()
        and (use[name] == counted_cells)[use[name].any(axis=1)].all()
        and np.isfinite(values[use[name].any(axis=1)]).all()
    ]
    shown = ([use[name] for name in tested], [found.measures[name] for name in tested])
    p = ranking.against_chance(found.gains, *shown, found.weights, np.random.default_rng(SEED), draws)
    chances = dict(zip(tested, p, strict=True))
    return {
        name: Judged(here, name in tested, float(chances.get(name, math.nan)), _margin(found, name, here))
        for name, here in use.items()
    }


def _used(found: Matrix, values: Numbers, self_pairs: bool) -> npt.NDArray[np.bool_]:
    """The gains that a measure is judged on: of rankings with three tasks or more that it is known for."""
    here = found.counted(self_pairs) & np.isfinite(values) & np.isfinite(found.gains)
    here[here.sum(axis=1) < LEAST] = False
    return here


def _margin(found: Matrix, name: str, use: npt.NDArray[np.bool_]) -> float:
    if name in found.rules or ELSEWHERE not in found.rules:
        return math.nan
    rule = found.rules[ELSEWHERE]
    known = use.any(axis=1) & (np.isfinite(rule) | ~use).all(axis=1)
    if not known.any():
        return math.nan
    lines = [ranking.ndcgs(found.gains[known], use[known], one[known])[:, 0] for one in (found.measures[name], rule)]
    return float(np.average(lines[0] - lines[1], weights=found.weights[known]))


def _rankings(found: Matrix, judged: Mapping[bool, Mapping[str, Judged]]) -> Section:
    lines: list[tuple[str, ...]] = []
    for part, measures in judged.items():
        said = ("" if len(judged) == 1 else "with" if part else "without",)
        flat = np.zeros_like(found.gains)
        lines.append((*said, RANDOM, *_scored(found, flat, _used(found, flat, part)), ""))
        for name, values in {**found.rules, **found.measures}.items():
            one = measures[name]
            if one.use.any():
                lines.append((*said, name, *_scored(found, values, one.use), number(one.p, ".3f")))
    silent = [name for name, one in judged[False].items() if not one.use.any()]
    short = [
        f"{name} ({counted(int(one.use.any(axis=1).sum()), 'ranking')})"
        for name, one in judged[False].items()
        if one.use.any() and not one.tested and name not in found.rules
    ]
    return Section(
        "How well a measure ranks intermediate tasks",
        ("self-pairs", "measure", *COLUMNS),
        tuple(lines),
        2,
        (
            f"{len(found.rankings)} rankings of {', '.join(found.tasks)}, one a backbone, target, zero-shot language;"
            " means in which targets weigh alike.",
            f"One arm a task, the first one: {', '.join(found.arms)}. Measures: docs/science.md.",
            "NDCG: worth is the gain less the smallest; 2^g: 2 to that less 1. regret@k: what the best of the first k"
            " lacks of the best score, percent of it.",
            "p: chance of so high an NDCG for the best of the tested measures when tasks trade names.",
            f"Simple rules: {ELSEWHERE} (the task's mean gain on all other targets, which knows results) and"
            " always ... (one task for every target).",
            *(
                [f"Not known for every task, so ranked among the others and not tested: {', '.join(short)}."]
                * bool(short)
            ),
            *(f"{name}: not known for enough pairs, left out." for name in silent),
        ),
        breaks(lines),
    )


def _scored(found: Matrix, scores: Numbers, use: npt.NDArray[np.bool_]) -> Iterator[str]:
    at = [(gains[here], performance[here], one[here]) for gains, performance, one, here in _rows(found, scores, use)]
    columns = (
        [ranking.ndcg(g, s) for g, _, s in at],
        [ranking.ndcg(g, s, exponential=True) for g, _, s in at],
        [ranking.regret(p, s) for _, p, s in at],
        [ranking.regret(p, s, 3) for _, p, s in at],
        [ranking.weighted_tau(g, s) for g, _, s in at],
        [ranking.spearman(g, s) for g, _, s in at],
    )
    weights = found.weights[use.any(axis=1)]
    for column in columns:
        values = np.array(column)
        there = np.isfinite(values)
        yield number(float(np.average(values[there], weights=weights[there])) if there.any() else math.nan, ".2f")


def _rows(found: Matrix, scores: Numbers, use: npt.NDArray[np.bool_]) -> Iterator[tuple[Numbers, ...]]:
    known = use.any(axis=1)
    arrays = (found.gains, found.performances, scores, use)
    yield from zip(*(array[known] for array in arrays), strict=True)


def _verdicts(
    found: Matrix, judged: Mapping[str, Judged], slopes: Mapping[str, Slope | Unfit], evidence: Evidence
) -> Section:
    question = f"a measure of similarity predicts gains (by over {evidence.similarity:g} points a standard deviation)"
    lines, notes, findings = [], [], []
    for name, one in slopes.items():
        at = judged[name]
        yes, families = predicts(one, at.margin, at.p, found.seeds, evidence), depends(one, found.seeds, evidence)
        for verdict, asked in ((yes, "predicts"), (families, "depends")):
            if verdict.why:
                notes.append(f"{name}, {asked}: undecided, since {'; '.join(verdict.why)}.")
        middle = (
            ("", "undecided", "")
            if isinstance(one, Unfit)
            else (signed(one.mean), between(one.mean - one.half, one.mean + one.half), f"{yes.support:.2f}")
        )
        spread = ("", "") if isinstance(one, Unfit) else (_some(one.spread), _some(families.support, bool(one.chances)))
        pairs = "" if isinstance(one, Unfit) else str(one.pairs)
        margin, p = number(at.margin, "+.2f"), number(at.p, ".3f")
        ends = (None, None) if isinstance(one, Unfit) else (one.mean - one.half, one.mean + one.half)
        mean = None if isinstance(one, Unfit) else one.mean
        findings.append(Finding(question, name, yes.word, mean, ends[0], ends[1], yes.confidence, yes.why))
        lines.append((name, yes.word, margin, p, *middle, families.word, *spread, pairs))
    return Section(
        f"Does a measure predict the gain by more than {evidence.similarity:g} points a standard deviation?",
        ("measure", "predicts", "margin", "p", "slope", "95 %", "P", "by family", "spread", "P", "pairs"),
        tuple(lines),
        2,
        (
            "Without self-pairs. predicts: supported if it ranks better than the best task elsewhere (margin of NDCG),"
            " better than chance (p below .05, corrected for all measures), and gains rise with it; refuted if they"
            " surely do not.",
            "slope: points for a standard deviation of the measure inside rankings, by a mixed model with tasks,"
            " targets, their pairs, languages and slopes by family at random; pairs: of tasks and targets behind it.",
            "by family: whether slopes differ; spread: their standard deviation over families.",
            *notes,
        ),
        findings=tuple(findings),
    )


def _some(value: float | None, known: bool = True) -> str:
    return f"{value:.2f}" if known and value is not None else ""


def _families(found: Matrix, slopes: Mapping[str, Slope | Unfit]) -> Section:
    names = list(dict.fromkeys(one[3] for one in found.rankings))
    languages = [len({one[2] for one in found.rankings if one[3] == name}) for name in names]
    lines = [
        (measure, *(signed(one.families[name]) if name in one.families else "" for name in names))
        for measure, one in slopes.items()
        if not isinstance(one, Unfit) and one.families
    ]
    return Section(
        "How gains rise with a measure, by family (points a standard deviation)",
        ("measure", *(f"{name or 'no family'} ({count})" for name, count in zip(names, languages, strict=True))),
        tuple(lines),
        1,
        (
            "Slopes drawn towards the mean over families, as far as languages are few and gains uncertain: a family of"
            " one language says little by itself. In brackets: its languages.",
        ),
    )


def _parts(found: Matrix, judged: Mapping[str, Judged], column: int, said: str) -> Section:
    """NDCG by target or by family."""
    names = list(dict.fromkeys(one[column] for one in found.rankings))
    inside = {name: np.array([one[column] == name for one in found.rankings]) for name in names}
    lines = []
    for measure, values in {RANDOM: np.zeros_like(found.gains), **found.rules, **found.measures}.items():
        use = judged[measure].use if measure in judged else _used(found, values, False)
        if use.any():
            lines.append((measure, *(_mean_ndcg(found, values, use, inside[name]) for name in names)))
    return Section(
        f"NDCG by {said}",
        ("measure", *(name or "no family" for name in names)),
        tuple(lines),
        1,
        ("Without self-pairs. Empty where a measure is not defined.",),
    )


def _mean_ndcg(found: Matrix, scores: Numbers, use: npt.NDArray[np.bool_], inside: npt.NDArray[np.bool_]) -> str:
    known = use.any(axis=1) & inside
    if not known.any():
        return ""
    values = ranking.ndcgs(found.gains[known], use[known], scores[known])[:, 0]
    return f"{np.average(values, weights=found.weights[known]):.2f}"


def _values(found: Matrix) -> Section:
    """The measures of every pair of tasks, with the mean gain over languages."""
    targets = list(dict.fromkeys(one[:2] for one in found.rankings))
    several = len({one for one, _ in targets}) > 1
    shown = [name for name in found.measures if name != SIZE]
    lines = []
    for backbone, target in targets:
        rows = [place for place, one in enumerate(found.rankings) if one[:2] == (backbone, target)]
        for place, task in enumerate(found.tasks):
            lines.append(
                (
                    f"{target}, {backbone}" if several else target,
                    task,
                    "self-pair" if found.self_pairs[rows[0], place] else "",
                    number(10 ** found.measures[SIZE][rows[0], place], ",.0f"),
                    *(_mean_of(found.measures[name][rows, place]) for name in shown),
                    number(float(found.gains[rows, place].mean()), "+.1f"),
                )
            )
    return Section(
        "Pairs of tasks",
        ("target", "intermediate", "mark", "examples", *shown, "gain"),
        tuple(lines),
        3,
        (
            "Means over languages. vocabulary: less the Jensen-Shannon divergence, in bits, of the words of the first"
            " 2,000 rows of either; -1: none in common.",
        ),
        breaks(lines),
    )


def _mean_of(values: Numbers) -> str:
    known: Sequence[float] = values[np.isfinite(values)].tolist()
    return f"{sum(known) / len(known):.3f}" if known else ""


ANALYSIS = Analysis(
    "similarity",
    "whether measures of similarity between tasks tell beforehand where one helps, by family of languages",
    run,
    needs=(Probing(parallel=("world/parallel", "ntrex", "parallel")),),
)
