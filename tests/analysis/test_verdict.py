"""Verdicts: the closed form, the words, what keeps a claim undecided, and symmetry."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from xstilts.analysis.verdict import Region, Rule, above, near, posterior, under, verdict

GAIN = Rule(above(0.5), under(0.5), 2.0)


def test_posterior_of_the_worked_example() -> None:
    belief = posterior(1.0, 0.5, 2.0)
    assert belief.mean == pytest.approx(0.9411764705882353, abs=1e-9)
    assert belief.deviation == pytest.approx(0.48507125007266594, abs=1e-9)
    assert above(0.25).holds(belief) == pytest.approx(0.9229064821785082, abs=1e-9)
    assert under(-0.25).holds(belief) == pytest.approx(0.007031048499070838, abs=1e-9)
    assert near(0.0, 0.25).holds(belief) == pytest.approx(0.07006246932242097, abs=1e-9)
    worked = verdict(1.0, 0.5, Rule(above(0.25), under(-0.25), 2.0))
    assert worked.word == "undecided" and worked.support == pytest.approx(0.9229064821785082)


@pytest.mark.parametrize(
    ("estimate", "error", "word"),
    [(3.0, 0.3, "supported"), (-2.0, 0.3, "refuted"), (0.5, 0.3, "undecided"), (3.0, 5.0, "undecided")],
)
def test_words(estimate: float, error: float, word: str) -> None:
    assert verdict(estimate, error, GAIN).word == word


def test_few_degrees_of_freedom_make_a_verdict_harder() -> None:
    assert verdict(1.6, 0.5, GAIN).word == "supported"
    assert verdict(1.6, 0.5, GAIN, degrees=2.0).word == "undecided"


def test_a_verdict_that_hangs_on_the_prior_is_none() -> None:
    """P is above .95 under the stated and the wide prior, below under the narrow one."""
    rule = Rule(above(0.5), under(0.5), 1.0)
    close = [posterior(1.8, 0.6, tau) for tau in (0.5, 1.0, 2.0)]
    assert above(0.5).holds(close[2]) > 0.95 > above(0.5).holds(close[0])
    assert verdict(1.8, 0.6, rule).word == "undecided"


@pytest.mark.parametrize(
    ("more", "cap"),
    [
        ({"beyond": ["a smaller model than the claim's"]}, 0.6),
        ({"missing": ["3 seeds, 6 are needed"]}, 0.6),
        ({"controls": ["matched updates"]}, 0.9),
    ],
)
def test_caps_name_their_reason(more: dict[str, list[str]], cap: float) -> None:
    found = verdict(9.0, 0.1, GAIN, **more)  # type: ignore[arg-type]
    assert found.confidence == cap and found.why
    assert (found.word == "supported") == ("controls" in more)


@pytest.mark.parametrize("estimate", [None, float("nan"), float("inf")])
def test_no_estimate_is_undecided_and_says_so(estimate: float | None) -> None:
    found = verdict(estimate, 1.0, GAIN)
    assert found.word == "undecided" and found.why


def test_three_seeds_of_a_large_model_need_99_percent() -> None:
    assert verdict(1.6, 0.5, GAIN).word == "supported"
    assert verdict(1.6, 0.5, GAIN, few=True).word == "undecided"


regions = st.sampled_from([above(0.5), under(-0.25), near(0.0, 0.5), near(8.2, 2.0), Region(-2.0, 2.0, outside=True)])


@given(
    st.floats(-20, 20),
    st.floats(0.01, 10),
    st.one_of(st.none(), st.floats(1, 200)),
    regions,
    regions,
)
def test_a_verdict_follows_a_change_of_sign(
    estimate: float, error: float, degrees: float | None, one: Region, other: Region
) -> None:
    assume(one != other)
    rule = Rule(one, other, 2.0)
    found, turned = verdict(estimate, error, rule, degrees), verdict(-estimate, error, rule.turned(), degrees)
    assert found.word == turned.word
    assert found.support == pytest.approx(turned.support, abs=1e-12)
    assert found.confidence == pytest.approx(turned.confidence, abs=1e-12)


@given(st.floats(-10, 10), st.floats(0.01, 5), st.floats(0.1, 5), st.floats(-5, 5))
def test_probabilities_of_a_region_and_the_rest_sum_to_one(
    estimate: float, error: float, prior: float, edge: float
) -> None:
    belief = posterior(estimate, error, prior, 5.0)
    assert above(edge).holds(belief) + under(edge).holds(belief) == pytest.approx(1.0)
    assert abs(belief.mean) <= abs(estimate) + 1e-12 and math.isfinite(belief.deviation)
