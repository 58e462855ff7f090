"""Adjusted p values against published vectors, and what adjusting may never do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.analysis.multiplicity import accepted, benjamini_hochberg, expected_false, holm

P = [0.001, 0.008, 0.012, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212]
HOLM = [0.01, 0.072, 0.096, 0.273, 0.273, 0.273, 0.273, 0.273, 0.41, 0.41]
BH = [0.01, 0.04, 0.04, 0.07, 0.07, 0.07, 0.08571428571, 0.0925, 0.212, 0.212]


def test_holm_and_benjamini_hochberg_give_the_published_values_in_any_order() -> None:
    order = np.random.default_rng(0).permutation(len(P))
    assert holm(np.array(P)[order]) == pytest.approx(np.array(HOLM)[order], abs=1e-9)
    assert benjamini_hochberg(np.array(P)[order]) == pytest.approx(np.array(BH)[order], abs=1e-9)


def test_expected_false_discoveries() -> None:
    found = expected_false([0.99, 0.97, 0.96, 0.9, 0.8, 0.6])
    assert found == pytest.approx([0.01, 0.02, 0.02666666666666669, 0.045, 0.076, 0.13], abs=1e-12)
    assert accepted([0.6, 0.99, 0.97, 0.8, 0.96, 0.9]) == [False, True, True, False, True, True]


@given(st.lists(st.floats(0, 1), max_size=30))
def test_adjusting_lowers_no_p_and_keeps_their_order(p: list[float]) -> None:
    for adjust in (holm, benjamini_hochberg):
        found = adjust(p)
        assert (found >= np.array(p) - 1e-12).all() and (found <= 1).all()
        order = np.argsort(p, kind="stable")
        assert (np.diff(found[order]) >= -1e-12).all()
    assert (benjamini_hochberg(p) <= holm(p) + 1e-12).all()


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="0 to 1"):
        holm([0.5, 1.5])
    with pytest.raises(ValueError, match="0 to 1"):
        accepted([float("nan")])
