"""The verdicts that analyses give as values are those of their tables."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analysis_reading import Nothing
from xstilts.analysis import planted
from xstilts.analysis.gains import paired
from xstilts.analysis.material import Material
from xstilts.analysis.named import get_analysis
from xstilts.analysis.planted import XNLI, Truth
from xstilts.analysis.section import Finding, Section, signed
from xstilts.study.evidence import Evidence

TRUTH = Truth("test", XNLI, 6)


def frame(name: str, effect: float, truth: Truth = TRUTH) -> pl.DataFrame:
    generator = np.random.default_rng(0)
    if name == "gains":
        return paired(planted.results(truth, effect, generator).drop("baseline", "gain"))
    if name == "scaling":
        return paired(planted.curve(truth, effect, (100, 1000, 10_000, 100_000), generator).drop("baseline", "gain"))
    if name == "model_size":
        return planted.ladder(truth, -effect, (10**6, 10**7, 10**8), generator)
    return paired(planted.languages_table(truth, effect, generator).drop("baseline", "gain"))


def primary(name: str, effect: float, truth: Truth = TRUTH) -> tuple[Section, Finding]:
    table = frame(name, effect, truth)
    section = next(one for one in get_analysis(name).run(Material(table, Nothing(), Evidence())) if one.findings)
    return section, section.findings[0]


@pytest.mark.parametrize("name", ["gains", "scaling", "model_size", "multilingual"])
def test_a_large_effect_is_found_with_its_value_and_interval_as_in_the_table(name: str) -> None:
    section, found = primary(name, 6.0)
    assert found.word in ("supported", "more") and found.asked[0].islower() and not found.why
    assert found.value is not None and found.low is not None and found.high is not None
    assert found.low < found.value < found.high and abs(abs(found.value) - 6) < 2 and (found.sure or 0) >= 0.95
    row = next(row for row in section.rows if found.word in row)
    assert signed(found.value) in row and f"{signed(found.low)} .. {signed(found.high)}" in row


@pytest.mark.parametrize("name", ["gains", "scaling", "model_size", "multilingual"])
def test_too_few_seeds_are_undecided_with_the_reason(name: str) -> None:
    section, found = primary(name, 6.0, Truth("few", XNLI, 3))
    assert found.word == "undecided" and "3 seeds, 6 are needed" in "; ".join(found.why)
    assert any("undecided" in row for row in section.rows)
