"""Ranking metrics against worked values and other libraries; the analysis on gains that follow what was planted."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from xstilts.analysis.material import Material
from xstilts.analysis.named import get_analysis
from xstilts.analysis.section import Section
from xstilts.analysis.similarity import ranking
from xstilts.analysis.similarity.vocabulary import divergence, words
from xstilts.analysis.table import frame
from xstilts.study.evidence import Evidence

GAIN = np.array([3.0, 1.0, 2.0, 0.0, -1.0])
SCORE = np.array([0.7, 0.2, 0.9, 0.1, 0.3])
PERFORMANCE = np.array([0.8, 0.7, 0.75, 0.6, 0.65])

gains = hnp.arrays(np.float64, 6, elements=st.integers(-20, 40).map(lambda n: n / 4))
scores = hnp.arrays(np.float64, 6, elements=st.integers(0, 3).map(float))


def test_worked_values() -> None:
    assert ranking.ndcg(GAIN, SCORE) == pytest.approx(0.9246885429975416, abs=1e-10)
    assert ranking.ndcg(GAIN, SCORE, exponential=True) == pytest.approx(0.8498932729020808, abs=1e-10)
    assert ranking.ndcg(GAIN, SCORE, first=2) == pytest.approx(0.9373691761066302, abs=1e-10)
    assert ranking.weighted_tau(GAIN, SCORE) == pytest.approx(0.44160583941605835, abs=1e-10)
    assert ranking.tau_b(GAIN, SCORE) == pytest.approx(0.4, abs=1e-10)
    assert ranking.spearman(GAIN, SCORE) == pytest.approx(0.6, abs=1e-10)
    assert ranking.regret(PERFORMANCE, SCORE) == pytest.approx(6.25, abs=1e-10)
    assert ranking.regret(PERFORMANCE, SCORE, 2) == pytest.approx(0.0, abs=1e-10)


@settings(deadline=None)
@given(gains, scores, st.integers(1, 6))
def test_ndcg_is_scikit_learns_with_ties_averaged(gain: np.ndarray, score: np.ndarray, first: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    if np.ptp(gain) > 0:
        theirs = metrics.ndcg_score([gain - gain.min()], [score], k=first)
        assert ranking.ndcg(gain, score, first) == pytest.approx(theirs, abs=1e-12)


@settings(deadline=None)
@given(gains, scores, st.integers(1, 6))
def test_regret_of_ties_is_the_mean_over_all_ways_to_take_them(gain: np.ndarray, score: np.ndarray, first: int) -> None:
    performance = gain + 50
    edge = np.sort(score)[::-1][first - 1]
    sure = [i for i in range(6) if score[i] > edge]
    tied = [i for i in range(6) if score[i] == edge]
    ways = [[*sure, *more] for more in combinations(tied, first - len(sure))]
    losses = [100 * (performance.max() - performance[way].max()) / performance.max() for way in ways]
    assert ranking.regret(performance, score, first) == pytest.approx(np.mean(losses), abs=1e-9)


def test_what_has_no_order_has_no_correlation_and_loses_nothing() -> None:
    flat = np.ones(5)
    assert all(np.isnan(measure(GAIN, flat)) for measure in (ranking.weighted_tau, ranking.tau_b, ranking.spearman))
    assert ranking.ndcg(flat, SCORE) == 1.0


def test_a_measure_that_is_the_gain_is_told_from_chance_and_one_without_order_is_not() -> None:
    rng = np.random.default_rng(0)
    gain = rng.normal(0, 1, (1, 5)) + rng.normal(0, 0.1, (12, 5))
    both = np.stack([gain, np.zeros_like(gain)])
    p = ranking.against_chance(gain, both, np.ones(12), rng)
    assert p[0] == pytest.approx(1 / 120)  # the true order alone of 5! reaches it
    assert p[1] == 1


def test_chance_is_called_significant_as_often_as_it_should() -> None:
    rng = np.random.default_rng(1)
    found = [
        ranking.against_chance(rng.normal(0, 1, (4, 4)), rng.normal(0, 1, (3, 4, 4)), np.ones(4), rng).min()
        for _ in range(150)
    ]
    assert np.mean(np.array(found) <= 0.1) <= 0.1 + 3 * np.sqrt(0.09 / 150)


@settings(deadline=None)
@given(st.lists(st.text("abcd ", max_size=12), min_size=1), st.lists(st.text("bcde ", max_size=12), min_size=1))
def test_divergence_is_scipys_squared_distance(first: list[str], second: list[str]) -> None:
    distance = pytest.importorskip("scipy.spatial.distance")
    one, other = words(first), words(second)
    found = divergence(one, other)
    if not (one and other):
        assert np.isnan(found)
        return
    names = sorted(one | other)
    theirs = distance.jensenshannon([one[n] for n in names], [other[n] for n in names], base=2) ** 2
    assert found == pytest.approx(theirs, abs=1e-9)
    assert found == pytest.approx(divergence(other, one))
    assert -1e-12 <= found <= 1 + 1e-12


def test_words_are_runs_of_letters_marks_and_digits() -> None:
    assert words(["Das Haus, das 2. Haus!", "में है"]) == Counter({"das": 2, "haus": 2, "2": 1, "में": 1, "है": 1})


TASKS = {"nli": (1000, "a b c d"), "qa": (9000, "c d e f"), "tags": (80, "x y z")}
TARGETS = {"xnli": "a b c e", "udpos": "x y b"}


def table(seeds: int = 3) -> pl.DataFrame:
    """Gains rise by 4 points for every factor of ten in size, whatever the words."""
    rows = [
        {
            "study": "made@full",
            "backbone": "base",
            "arm": arm,
            "intermediate": "" if arm == "baseline" else arm,
            "intermediate_examples": 0 if arm == "baseline" else TASKS[arm][0],
            "target": target,
            "task_type": "classification",
            "language": language,
            "split": "test",
            "metric": "accuracy",
            "protocol": "xtreme",
            "score": 50.0 + (0 if arm == "baseline" else 4 * np.log10(TASKS[arm][0]) + 0.1 * seed),
            "floor": 33.3,
            "examples": 2000,
            "seed": seed,
            "status": "done",
            "self_pair": (arm, target) == ("nli", "xnli"),
            "seen": "labels" if language == "en" else "nothing",
            "job": f"{arm}/{target}/{language}/{seed}",
        }
        for arm in ("baseline", *TASKS)
        for target in TARGETS
        for language in ("en", "de", "sw", "tr")
        for seed in range(seeds)
    ]
    return frame(rows)


class Texts:
    """A reader that has training texts and nothing else."""

    def __init__(self, known: bool = True) -> None:
        self.known = known

    def trained_on(self, score: str) -> dict[str, list[str]]:
        arm, target, _, _ = score.split("/")
        return {arm: [TASKS[arm][1]], target: [TARGETS[target]]} if self.known else {}

    def predictions(self, score: str) -> None:
        return None

    counts = gold = predictions

    def labelled(self, score: str, split: str) -> None:
        return None

    changed = labelled


def told(rows: pl.DataFrame, known: bool = True) -> dict[str, Section]:
    material = Material(rows, Texts(known), Evidence())
    return {section.title: section for section in get_analysis("similarity").run(material)}


def lines(section: Section) -> dict[tuple[str, ...], dict[str, str]]:
    return {row[: section.left]: dict(zip(section.columns, row, strict=True)) for row in section.rows}


def test_the_measure_that_gains_follow_ranks_best() -> None:
    found = told(table())
    ranked = lines(found["How well a measure ranks intermediate tasks"])
    size, chance, vocabulary = (ranked[name,] for name in ("size", "random order", "vocabulary"))
    assert (size["NDCG"], size["regret@1"], size["rho"], size["p"]) == (
        "1.00",
        "0.00",
        "1.00",
        "0.167",
    )  # 1 of 3! orders
    assert float(chance["NDCG"]) < 1
    assert float(vocabulary["NDCG"]) < 1
    assert ranked["best elsewhere",]["NDCG"] == "1.00"
    assert ranked["best elsewhere",]["p"] == ""
    slopes = lines(found["How gains rise with a measure (points a standard deviation)"])
    spread = np.log10([size for size, _ in TASKS.values()]).std()
    assert float(slopes["size", "all"]["slope"]) == pytest.approx(4 * spread, abs=0.01)
    assert slopes["size", "Turkic"]["slope"] == slopes["size", "all"]["slope"]


def test_pairs_show_size_words_gain_and_self_pairs() -> None:
    pairs = lines(told(table())["Pairs of tasks"])
    assert pairs["xnli", "nli", "self-pair"]["examples"] == "1,000"
    assert float(pairs["xnli", "nli", "self-pair"]["divergence"]) == pytest.approx(0.25)
    assert float(pairs["xnli", "qa", ""]["divergence"]) == pytest.approx(0.5)
    assert float(pairs["xnli", "tags", ""]["divergence"]) == pytest.approx(1)


def test_texts_that_are_not_there_leave_only_their_measure_out() -> None:
    section = told(table(), known=False)["How well a measure ranks intermediate tasks"]
    assert ("vocabulary",) not in lines(section)
    assert "vocabulary: not known for every pair, left out." in section.notes


def test_two_tasks_are_no_ranking() -> None:
    (section,) = told(table().filter(pl.col("arm") != "tags")).values()
    assert not section.rows
    assert "three arms" in section.notes[0]
