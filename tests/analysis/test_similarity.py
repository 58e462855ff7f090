"""Ranking metrics against worked values and other libraries; the analysis on gains that follow what was planted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import combinations
from types import MappingProxyType

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from xstilts.analysis.material import Material
from xstilts.analysis.mixed import Unfit
from xstilts.analysis.named import get_analysis
from xstilts.analysis.named.similarity import judge
from xstilts.analysis.planted import Truth
from xstilts.analysis.section import Section
from xstilts.analysis.similarity import ranking
from xstilts.analysis.similarity.planted import NOISE, TRUE, Pairs, planted
from xstilts.analysis.similarity.predicts import Slope, depends, predicts, slope
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
    use = np.ones(gain.shape, bool)
    p = ranking.against_chance(gain, [use, use], [gain, np.zeros_like(gain)], np.ones(12), rng)
    assert p[0] == pytest.approx(1 / 120)  # the true order alone of 5! reaches it
    assert p[1] > 0.3


def test_chance_is_called_significant_as_often_as_it_should() -> None:
    """Also where a measure is known for some rankings alone."""
    rng = np.random.default_rng(1)
    use = np.ones((4, 4), bool)
    half = use & (np.arange(4) < 2)[:, None]
    found = [
        ranking.against_chance(
            rng.normal(0, 1, (4, 4)), [use, use, half], rng.normal(0, 1, (3, 4, 4)), np.ones(4), rng
        ).min()
        for _ in range(150)
    ]
    assert np.mean(np.array(found) <= 0.1) <= 0.1 + 3 * np.sqrt(0.09 / 150)


@settings(deadline=None, max_examples=50)
@given(
    hnp.arrays(np.float64, (3, 5), elements=st.integers(-8, 8).map(float)),
    hnp.arrays(np.float64, (3, 5), elements=st.integers(0, 3).map(float)),
    hnp.arrays(np.bool_, (3, 5)),
    st.permutations(range(5)),
)
def test_many_orders_at_once_are_each_order_alone(
    gain: np.ndarray, score: np.ndarray, use: np.ndarray, order: list[int]
) -> None:
    found = ranking.ndcgs(gain, use, score, np.array([range(5), order]))
    for place, here in enumerate(use):
        for column, taken in enumerate((list(range(5)), order)):
            one = ranking.ndcg(gain[place][here], score[place][taken][here]) if here.any() else 1.0
            assert found[place, column] == pytest.approx(one, abs=1e-12)


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


TASKS = {"nli": (1000, "a b c d"), "qa": (9000, "c d e f"), "tags": (80, "x y z"), "more": (300, "a c e y")}
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


Shown = Mapping[str, np.ndarray] | None
Probes = Mapping[tuple[str, str, str, str], Mapping[str, np.ndarray]]


class Texts:
    """A reader that has training texts and some probes."""

    def __init__(self, known: bool = True, probes: Probes = MappingProxyType({})) -> None:
        self.known, self.probes = known, probes

    def trained_on(self, score: str) -> dict[str, list[str]]:
        arm, target, _, _ = score.split("/")
        return {arm: [TASKS[arm][1]], target: [TARGETS[target]]} if self.known else {}

    def predictions(self, score: str) -> None:
        return None

    counts = gold = predictions

    def labelled(self, score: str, split: str) -> None:
        return None

    changed = labelled

    def shown(self, shows: str, backbone: str, arm: str = "", target: str = "", language: str = "") -> Shown:
        return self.probes.get((shows, arm, target, language)) if self.known else None


def told(rows: pl.DataFrame, known: bool = True, probes: Probes | None = None) -> dict[str, Section]:
    material = Material(rows, Texts(known, probes or {}), Evidence())
    return {section.title: section for section in get_analysis("similarity").run(material)}


def lines(section: Section) -> dict[tuple[str, ...], dict[str, str]]:
    return {row[: section.left]: dict(zip(section.columns, row, strict=True)) for row in section.rows}


TITLE = "How well a measure ranks intermediate tasks"
VERDICTS = "Does a measure predict the gain by more than 0.1 points a standard deviation?"
SLOPES = "How gains rise with a measure, by family (points a standard deviation)"


def test_the_measure_that_gains_follow_ranks_best() -> None:
    found = told(table())
    ranked = lines(found[TITLE])
    for part in ("without", "with"):
        size, chance, vocabulary = (ranked[part, name] for name in ("size", "random order", "vocabulary"))
        assert (size["NDCG"], size["regret@1"], size["rho"]) == ("1.00", "0.00", "1.00")
        assert float(size["p"]) < 0.09  # 24 orders; of the target with a self-pair fewer
        assert float(chance["NDCG"]) < 1 and float(vocabulary["NDCG"]) < 1
        assert ranked[part, "best elsewhere"]["NDCG"] == "1.00" and ranked[part, "best elsewhere"]["p"] == ""
    assert float(lines(found["NDCG by family"])["size",]["Turkic"]) == 1
    verdicts = lines(found[VERDICTS])
    for one in found[VERDICTS].findings:
        assert one.asked.startswith("a measure of similarity predicts gains")
        assert any(names[0] == one.about and row["predicts"] == one.word for names, row in verdicts.items())
    assert len(found[VERDICTS].findings) == len(verdicts) > 0


def test_a_measure_no_better_than_the_best_task_elsewhere_is_not_supported() -> None:
    draws = np.random.default_rng(4)
    rows = table(seeds=6).drop("gain", "baseline").with_columns(pl.col("score") + draws.normal(0, 0.2, table(6).height))
    section = told(frame(rows.to_dicts()))[VERDICTS]
    assert lines(section)["size", "undecided"]["margin"] == "+0.00"
    assert any("ranks no better than the best task elsewhere" in note for note in section.notes)


def test_too_few_seeds_are_undecided_and_said() -> None:
    section = told(table())[VERDICTS]
    assert all(row[1] == row[7] == "undecided" for row in section.rows)
    assert any("3 seeds, 6 are needed" in note for note in section.notes)


def test_probes_become_measures_and_what_lacks_them_is_named() -> None:
    draws = np.random.default_rng(0)
    labels = np.arange(90) % 3
    sharp = {"nli": 0.0, "qa": 4.0, "tags": 1.0, "more": 2.0, "baseline": 4.0}
    probes: dict[tuple[str, str, str, str], dict[str, np.ndarray]] = {}
    for arm, how in sharp.items():
        seen = (draws.normal(size=(90, 12)) + how * np.eye(3, 12)[labels]) * np.linspace(3, 0.3, 12)
        probes["features", arm, "xnli", ""] = {"features": seen, "labels": labels}
        if arm != "baseline":
            probes["change", arm, "", ""] = {"sketch": np.array([[how, 1.0], [how, 1.0]])}
    probes["features", "nli", "xnli", ""]["outputs"] = np.full((90, 3), 1 / 3)
    probes["change", "baseline", "xnli", ""] = {"sketch": np.array([[1.0, 0.0], [1.0, 0.0]])}
    section = told(table(), probes=probes)["Pairs of tasks"]
    pairs = {row[1]: dict(zip(section.columns, row, strict=True)) for row in section.rows if row[0] == "xnli"}
    for measure in ("LogME", "H-score", "task vector"):
        order = sorted(pairs, key=lambda task: float(pairs[task][measure]))
        assert order == ["nli", "tags", "more", "qa"], measure
    assert pairs["qa"]["task vector"] == f"{4 / np.sqrt(17):.3f}"
    assert pairs["nli"]["NCE"] and not pairs["qa"]["NCE"]
    others = [dict(zip(section.columns, row, strict=True)) for row in section.rows if row[0] == "udpos"]
    assert not any(row["LogME"] for row in others)  # no probe of that target
    notes = told(table(), probes=probes)[TITLE].notes
    assert any("NCE: not known for enough pairs" in note for note in notes)


def test_pairs_show_size_words_gain_and_self_pairs() -> None:
    pairs = lines(told(table())["Pairs of tasks"])
    assert pairs["xnli", "nli", "self-pair"]["examples"] == "1,000"
    assert float(pairs["xnli", "nli", "self-pair"]["vocabulary"]) == pytest.approx(-0.25)
    assert float(pairs["xnli", "qa", ""]["vocabulary"]) == pytest.approx(-0.5)
    assert float(pairs["xnli", "tags", ""]["vocabulary"]) == pytest.approx(-1)


def test_texts_that_are_not_there_leave_only_their_measure_out() -> None:
    section = told(table(), known=False)[TITLE]
    assert ("without", "vocabulary") not in lines(section)
    assert "vocabulary: not known for enough pairs, left out." in section.notes


def test_two_tasks_are_no_ranking() -> None:
    (section,) = told(table().filter(~pl.col("arm").is_in(["tags", "more"]))).values()
    assert not section.rows
    assert "three arms" in section.notes[0]


def test_a_planted_slope_its_spread_and_its_verdict_come_back() -> None:
    evidence, draws = Evidence(), np.random.default_rng(2)
    truth = Truth("made", (3, 3, 3, 2, 2, 2), 6)
    found = planted(truth, Pairs(slope=1.0, spread=0.0, pair=0.2), draws)
    one = slope(found, found.measures[TRUE], evidence)
    assert isinstance(one, Slope)
    assert abs(one.mean - 1) < one.half < 0.5
    judged = judge(found, False, draws=300)
    assert judged[TRUE].p < 0.05 < judged[NOISE[0]].p
    assert predicts(one, judged[TRUE].margin, judged[TRUE].p, found.seeds, evidence).word == "supported"
    assert depends(one, found.seeds, evidence).word != "supported"
    noise = slope(found, found.measures[NOISE[0]], evidence)
    assert predicts(noise, judged[NOISE[0]].margin, judged[NOISE[0]].p, found.seeds, evidence).word != "supported"

    apart = planted(truth, Pairs(slope=0.5, spread=1.0, pair=0.2), draws)
    other = slope(apart, apart.measures[TRUE], evidence)
    assert isinstance(other, Slope) and other.spread is not None and other.spread > 0.4
    assert depends(other, apart.seeds, evidence).word == "supported"
    assert max(other.families.values()) - min(other.families.values()) > 0.5


def test_a_measure_that_is_the_same_for_all_has_no_slope() -> None:
    found = planted(Truth("made", (2, 2, 2), 2), Pairs(1.0, 0.0, tasks=3, targets=2), np.random.default_rng(3))
    one = slope(found, np.ones_like(found.gains), Evidence())
    assert isinstance(one, Unfit) and "same for all" in one.reason
    assert predicts(one, 0.1, 0.01, 6, Evidence()).word == depends(one, 6, Evidence()).word == "undecided"
