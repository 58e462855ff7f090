"""Whether size and words of an intermediate task tell beforehand where it helps."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from xstilts.analysis.lines import number
from xstilts.analysis.material import Analysis, Material
from xstilts.analysis.section import Section
from xstilts.analysis.similarity import ranking
from xstilts.analysis.similarity.table import ELSEWHERE, SIZE, VOCABULARY, Matrix, matrix

Numbers = npt.NDArray[np.float64]

SEED = 0
MEASURES = (SIZE, VOCABULARY)  # what is tested; the others are what a measure has to beat
COLUMNS = ("NDCG", "NDCG 2^g", "regret@1", "regret@3", "weighted tau", "tau-b", "rho", "p")


def run(material: Material) -> list[Section]:
    """How well each measure ranks, and how steeply gains rise with it in each family of languages."""
    found = matrix(material)
    if found is None:
        nothing = (
            "Nothing can be said: a ranking needs three arms with one intermediate task each and gains in zero-shot"
            " languages of a target that the baseline learned."
        )
        return [Section("Similarity and gain", ("measure",), (), 1, (nothing,))]
    return [_rankings(found), _slopes(found), _values(found)]


def _rankings(found: Matrix) -> Section:
    tested = [name for name in MEASURES if np.isfinite(found.measures[name]).all()]
    scores = np.array([found.measures[name] for name in tested])
    rng = np.random.default_rng(SEED)
    chance = ranking.against_chance(found.gains, scores, found.weights, rng) if tested else np.zeros(0)
    p = dict(zip(tested, chance, strict=True))
    lines = [("random order", *_random(found))]
    for name, values in found.measures.items():
        if np.isfinite(values).all():
            lines.append((name, *_judged(found, values), number(p.get(name, math.nan), ".3f")))
    lacking = [name for name, values in found.measures.items() if not np.isfinite(values).all()]
    return Section(
        "How well a measure ranks intermediate tasks",
        ("measure", *COLUMNS),
        tuple(lines),
        1,
        (
            f"{len(found.rankings)} rankings of {', '.join(found.tasks)}, one a backbone, target, zero-shot language;"
            " means in which targets weigh alike.",
            f"One arm a task, the first one: {', '.join(found.arms)}.",
            "NDCG: worth is the gain less the smallest; 2^g: 2 to that less 1. regret@k: what the best of the first k"
            " lacks of the best score, percent of it.",
            "p: chance of so high an NDCG for the best of the tested measures when tasks trade names.",
            f"{ELSEWHERE}: the task's mean gain on all other targets, which knows results; {SIZE}: log of its examples;"
            f" {VOCABULARY}: less the divergence of its words from the target's.",
            *(f"{name}: not known for every pair, left out." for name in lacking),
            *(
                [f"{int(found.self_pairs.any(axis=1).sum())} rankings hold a self-pair: the same data twice."]
                if found.self_pairs.any()
                else []
            ),
        ),
    )


def _judged(found: Matrix, scores: Numbers) -> Iterator[str]:
    pairs = list(zip(found.gains, found.performances, scores, strict=True))
    columns = (
        [ranking.ndcg(g, s) for g, _, s in pairs],
        [ranking.ndcg(g, s, exponential=True) for g, _, s in pairs],
        [ranking.regret(p, s) for _, p, s in pairs],
        [ranking.regret(p, s, 3) for _, p, s in pairs],
        [ranking.weighted_tau(g, s) for g, _, s in pairs],
        [ranking.tau_b(g, s) for g, _, s in pairs],
        [ranking.spearman(g, s) for g, _, s in pairs],
    )
    for column in columns:
        values = np.array(column)
        there = np.isfinite(values)
        mean = np.average(values[there], weights=found.weights[there]) if there.any() else math.nan
        yield number(float(mean), ".2f")


def _random(found: Matrix) -> tuple[str, ...]:
    """What a random order is expected to reach."""
    ndcg, exponential, one, three, *_ = _judged(found, np.zeros_like(found.gains))
    return (ndcg, exponential, one, three, "0.00", "0.00", "0.00", "")


def _slopes(found: Matrix) -> Section:
    """Least squares of gains on a measure inside rankings, by family."""
    families = np.array([family for *_, family in found.rankings])
    lines = []
    for name in MEASURES:
        values = found.measures[name]
        if np.isfinite(values).all():
            lines += [
                (name, family or "all", str(int(one.sum())), number(_slope(found.gains[one], values[one]), "+.2f"))
                for family in ("", *dict.fromkeys(families.tolist()))
                if (one := (families == family) | (family == "")).any()
            ]
    return Section(
        "How gains rise with a measure (points a standard deviation)",
        ("measure", "family", "rankings", "slope"),
        tuple(lines),
        2,
        ("Inside rankings: gains less their mean on the measure less its mean. Empty where nothing varies.",),
    )


def _slope(gains: Numbers, scores: Numbers) -> float:
    centred = scores - scores.mean(axis=1, keepdims=True)
    spread = centred.std()
    if spread == 0:
        return math.nan
    return float((centred * (gains - gains.mean(axis=1, keepdims=True))).mean() / spread)


def _values(found: Matrix) -> Section:
    """The measures of every pair of tasks, with the mean gain over languages."""
    targets = list(dict.fromkeys(ranking[:2] for ranking in found.rankings))
    lines = []
    for backbone, target in targets:
        rows = [place for place, one in enumerate(found.rankings) if one[:2] == (backbone, target)]
        for place, task in enumerate(found.tasks):
            lines.append(
                (
                    f"{target}, {backbone}" if len({one for one, _ in targets}) > 1 else target,
                    task,
                    "self-pair" if found.self_pairs[rows[0], place] else "",
                    number(10 ** found.measures[SIZE][rows[0], place], ",.0f"),
                    number(-found.measures[VOCABULARY][rows[0], place], ".3f"),
                    number(float(found.gains[rows, place].mean()), "+.1f"),
                )
            )
    return Section(
        "Pairs of tasks",
        ("target", "intermediate", "mark", "examples", "divergence", "gain"),
        tuple(lines),
        3,
        ("divergence: Jensen-Shannon, in bits, of the words of the first 2,000 rows of either; 1: none in common.",),
    )


ANALYSIS = Analysis("similarity", "whether size and words of an intermediate task tell beforehand where it helps", run)
