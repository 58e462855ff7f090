"""Every worked value of ``methods_oracles.json``, where that file is at hand: a test by name, so that none is
forgotten."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xstilts.analysis import effects, intervals, multiplicity, verdict
from xstilts.analysis.calibration import binned, proper, rescale, selective, smooth
from xstilts.analysis.calibration.binned import equal_mass, equal_width
from xstilts.analysis.scaling.choose import multiplier
from xstilts.analysis.scaling.fit import Fit, fit
from xstilts.analysis.scaling.forms import FORMS
from xstilts.analysis.similarity import ranking

FILE = Path(os.environ.get("XSTILTS_REFERENCE", Path(__file__).parents[3] / "shared" / "reference"))
FILE = FILE / "methods_oracles.json"
Given = dict[str, Any]


def sure(given: Given) -> tuple[np.ndarray, np.ndarray]:
    return np.array(given["confidence"]), np.array(given["correct"], dtype=float)


def classes(given: Given) -> tuple[np.ndarray, np.ndarray]:
    return np.array(given["logits"]), np.array(given["y"])


def in_width(of: Callable[[binned.Bins], float]) -> Callable[[Given, Any], Any]:
    return lambda given, wanted: {bins: of(equal_width(*sure(given), int(bins))) for bins in wanted}


def debiased(given: Given, _: Any) -> Any:
    bins = equal_mass(*sure(given), 5)
    square = binned.debiased_square(bins)
    return {"plugin": binned.squared_error(bins), "debiased": square, "reported": binned.signed_root(square)}


def binary(given: Given, _: Any) -> Any:
    confidence, correct = sure(given)
    pairs, labels = np.stack([1 - confidence, confidence], 1), correct.astype(int)
    return {"brier": proper.brier(pairs, labels) / 2, "nll": proper.log_loss(pairs, labels)}


def decomposition(given: Given, _: Any) -> Any:
    one = proper.decomposed(*sure(given), 5)
    parts = one.reliability, one.resolution, one.uncertainty, one.within_variance, one.within_covariance, one.brier
    return dict(zip(("REL", "RES", "UNC", "WBV", "WBC", "BS"), parts, strict=True))


def areas(given: Given, _: Any) -> Any:
    both = sure(given)
    measures = selective.risk_coverage_area, selective.excess_area, selective.auroc
    return dict(zip(("aurc", "eaurc", "auroc"), (measure(*both) for measure in measures), strict=True))


def temperature(given: Given, _: Any) -> Any:
    logits, labels = classes(given)
    found = rescale.temperature(logits, labels)
    losses = [proper.log_loss(rescale.probabilities(logits, t), labels) for t in (1.0, found)]
    return {"T": found, "nll_1": losses[0], "nll_T": losses[1]}


def multiclass(given: Given, _: Any) -> Any:
    logits, labels = classes(given)
    shares = rescale.probabilities(logits)
    return {"brier_sum": proper.brier(shares, labels), "classwise_ece5": binned.classwise_error(shares, labels, 5)}


def ranked(given: Given, _: Any) -> Any:
    gains, scores, performances = (np.array(given[name]) for name in ("gain", "score", "perf"))
    return {
        "ndcg_linear": ranking.ndcg(gains, scores),
        "ndcg_exp": ranking.ndcg(gains, scores, exponential=True),
        "ndcg2_linear": ranking.ndcg(gains, scores, 2),
        "weightedtau": ranking.weighted_tau(gains, scores),
        "kendall": ranking.tau_b(gains, scores),
        "spearman": ranking.spearman(gains, scores),
        "regret1": ranking.regret(performances, scores, 1),
        "regret2": ranking.regret(performances, scores, 2),
    }


def paired(given: Given, _: Any) -> Any:
    one = effects.paired(np.array(given["b"]) - np.array(given["a"]))
    assert one is not None
    tests = {"p_t": one.p_t, "p_signflip": one.p_flips, "p_wilcoxon": one.p_wilcoxon, "bf10": one.factor}
    return {"mean": one.mean, "sd": one.deviation, "t": one.t, "dz": one.effect, "J": one.correction, **tests}


def crossed(given: Given, _: Any) -> Any:
    way, found = intervals.two_way(given["table"]), intervals.crossed(given["table"])
    names = "mean", "var_language", "var_seed", "var_residual", "se", "df", "half95"
    return dict(zip(names, (found.mean, *way.components, found.error, found.degrees, found.half), strict=True))


def believed(given: Given, _: Any) -> Any:
    one = verdict.posterior(given["estimate"], given["se"], given["tau"])
    rope = given["rope"]
    regions = verdict.above(rope), verdict.under(-rope), verdict.near(0.0, rope)
    names = "mean", "sd", "p_gt_rope", "p_lt_minus_rope", "p_in_rope"
    return dict(zip(names, (one.mean, one.deviation, *(region.holds(one) for region in regions)), strict=True))


def power_law(given: Given, _: Any) -> Any:
    found = fit(FORMS["saturating"], given["n"], given["err"])
    assert isinstance(found, Fit)
    return list(found.values.values())


def chinchilla(given: Given, _: Any) -> Any:
    x = np.array([(n, d) for n in given["N"] for d in given["D"]])
    terms = given["a"] - given["al"] * np.log(x[:, 0]), given["b"] - given["be"] * np.log(x[:, 1])
    y = np.exp(given["e"]) + np.exp(terms[0]) + np.exp(terms[1])
    found = fit(FORMS["additive"], x, y, loss="huber")
    assert isinstance(found, Fit)
    return found.free.tolist()


def marginal(given: Given, _: Any) -> Any:
    sizes = np.array(given["N"])
    base, arm = (0.1 + share * 30 * sizes**-0.3 for share in (1.0, 0.8))
    many = np.geomspace(1e7, 1e11, 12)
    curve = fit(FORMS["saturating"], many, 0.1 + 30 * many**-0.3)
    assert isinstance(curve, Fit)
    factors = [multiplier(curve, float(n), float(error)) for n, error in zip(sizes, arm, strict=True)]
    assert factors == pytest.approx([factors[0]] * len(factors), abs=1e-6)
    return {
        "gain_points": (100 * (base - arm)).tolist(),
        "rer": [effects.error_reduction(100 - 100 * a, 100 - 100 * b) for a, b in zip(arm, base, strict=True)],
        "multiplier": pytest.approx(factors[0], abs=1e-6),  # of a fitted curve
    }


def of(module: str, name: str, call: Callable[[Any, Given], Any]) -> Callable[[Given, Any], Any]:
    """A measure of a module that may not be there."""
    return lambda given, _: call(getattr(pytest.importorskip(f"xstilts.analysis.similarity.{module}"), name), given)


def features(measure: Any, given: Given) -> Any:
    return measure(np.array(given["features"]), np.array(given["y"]))


CHECKS: dict[str, Callable[[Given, Any], Any]] = {
    "ece_equal_width": in_width(binned.expected_error),
    "rms_ce": in_width(lambda bins: math.sqrt(binned.squared_error(bins))),
    "mce": in_width(binned.largest_error),
    "ece_equal_mass": lambda given, wanted: {
        bins: binned.expected_error(equal_mass(*sure(given), int(bins))) for bins in wanted
    },
    "debiased_ce2": debiased,
    "smece": lambda given, _: smooth.smooth_error(*sure(given)),
    "brier_nll_binary": binary,
    "brier_decomposition": decomposition,
    "aurc": areas,
    "edge_saturated": lambda given, _: binned.expected_error(equal_width(*sure(given), 10)),
    "edge_boundary": lambda given, wanted: {
        "right_closed": binned.expected_error(equal_width(*sure(given), 5)),
        "left_closed": wanted["left_closed"],  # the other convention, which is not ours
    },
    "temperature": temperature,
    "multiclass": multiclass,
    "leep": of("transfer", "leep", lambda leep, given: leep(np.array(given["theta"]), np.array(given["y"]))),
    "nce": of("transfer", "nce", lambda nce, given: nce(np.array(given["z"]), np.array(given["y"]))),
    "logme": of("transfer", "logme", features),
    "hscore": of("transfer", "h_score", features),
    "ranking": ranked,
    "paired": paired,
    "multiplicity": lambda given, _: {
        "holm": multiplicity.holm(given["p"]).tolist(),
        "fdr_bh": multiplicity.benjamini_hochberg(given["p"]).tolist(),
    },
    "crossed": crossed,
    "posterior": believed,
    "bayes_fdr": lambda given, _: multiplicity.expected_false(given["p"]).tolist(),
    "power_law": power_law,
    "chinchilla": chinchilla,
    "marginal_gain": marginal,
}
# The debiased CKA alone is there, on purpose; the Fisher of a batch is a test of the network (tests of probes).
APART = {"cka", "fisher_batch"}


def oracles() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else []
    return found


@pytest.mark.parametrize("oracle", oracles(), ids=lambda one: str(one["id"]))
def test_every_worked_value_comes_out(oracle: dict[str, Any]) -> None:
    if oracle["id"] in APART:
        if oracle["id"] == "cka":
            alike = pytest.importorskip("xstilts.analysis.similarity.alike")
            given = oracle["input"]
            found = alike.cka(np.array(given["X"]), np.array(given["Y"]))
            assert found == pytest.approx(oracle["expected"]["debiased"], abs=oracle["tol"])
        return
    found, wanted = CHECKS[oracle["id"]](oracle["input"], oracle["expected"]), oracle["expected"]
    if isinstance(wanted, dict):
        assert set(found) == set(wanted)
        for name, value in wanted.items():
            if not isinstance(found[name], float | int | list):
                assert value == found[name], name
            else:
                assert found[name] == pytest.approx(value, abs=oracle["tol"], rel=0), name
    else:
        assert found == pytest.approx(wanted, abs=oracle["tol"], rel=0)


@pytest.mark.skipif(not FILE.is_file(), reason="the file of oracles is not at hand")
def test_no_oracle_is_without_a_test() -> None:
    assert {one["id"] for one in oracles()} == set(CHECKS) | APART
