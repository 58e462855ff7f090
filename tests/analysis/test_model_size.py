"""Gains by model size: four scales against closed forms, planted slopes, what can not be said."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analysis_reading import Nothing, text
from xstilts.analysis.intervals import crossed
from xstilts.analysis.material import Material
from xstilts.analysis.model_size import ERRORS, FACTOR, ODDS, POINTS, SCALES, Ladder, ladders
from xstilts.analysis.named import get_analysis
from xstilts.analysis.planted import XNLI, Truth, ladder
from xstilts.analysis.scaling.both import grids
from xstilts.analysis.section import Section
from xstilts.study.evidence import Evidence

SIZES = (86_000_000, 303_000_000, 3_500_000_000, 10_700_000_000)
TRUTH = Truth("test", XNLI, 6)


class Reader(Nothing):
    """Nothing is behind the scores."""


def planted(slope: float, truth: Truth = TRUTH, sizes: tuple[int, ...] = SIZES, seed: int = 0) -> pl.DataFrame:
    return ladder(truth, slope, sizes, np.random.default_rng(seed))


def told(frame: pl.DataFrame) -> list[Section]:
    return list(get_analysis("model_size").run(Material(frame, Reader(), Evidence())))


def constant_factor(sizes: np.ndarray) -> Ladder:
    """An arm that leaves .8 of the reducible error .10 + 30 N^-.3: worth the same factor of size everywhere."""
    errors = [0.1 + share * 30 * sizes**-0.3 for share in (1, 0.8)]
    base, arm = (np.tile(100 * (1 - error)[:, None], (2, 1, 3)) for error in errors)
    return Ladder("arm", ("t",), False, sizes, ("a", "b"), (0, 1, 2), arm, base, 0)


def test_a_constant_factor_of_size_makes_points_shrink() -> None:
    found = constant_factor(np.geomspace(86e6, 10.7e9, 8))
    gains = found.gains()
    assert all(gains[scale] is not None for scale in SCALES)
    points, factor = gains[POINTS], gains[FACTOR]
    assert points is not None and factor is not None
    assert points[0, [0, -1], 0] == pytest.approx([2.4992040444276, 0.5879442089588904], abs=1e-9)
    assert 10**factor == pytest.approx(2.103940126984261, rel=1e-4)
    assert crossed(found.slopes(points)).mean < -0.8
    assert found.slopes(factor) == pytest.approx(0.0, abs=1e-4)


def test_scales_that_are_not_defined_are_none() -> None:
    found = constant_factor(np.geomspace(86e6, 10.7e9, 4))
    perfect = Ladder(**{**found.__dict__, "scores": np.full_like(found.scores, 100.0)})
    gains = perfect.gains()
    assert gains[ODDS] is None and gains[FACTOR] is None and gains[ERRORS] is not None


def test_a_planted_slope_comes_back_from_the_table() -> None:
    still = Truth("still", (2, 1), 3, 0, 0, 0, 0, 0, 0, baseline_seed=0)
    (found,) = ladders(planted(-0.7, still))
    assert found.slopes(found.scores - found.baselines) == pytest.approx(-0.7)
    assert found.sizes.tolist() == list(SIZES) and len(found.families) == 2 and not found.left_out


@pytest.mark.parametrize(("slope", "word"), [(-2.0, "supported"), (1.5, "refuted")])
def test_the_verdict_follows_a_planted_slope(slope: float, word: str) -> None:
    primary, *rest = told(planted(slope))
    rows = {row[1]: dict(zip(primary.columns, row, strict=True)) for row in primary.rows}
    assert rows[POINTS]["verdict"] == word
    assert {rows[scale]["verdict"] for scale in SCALES[1:]} == {""}
    assert [section.title.split()[0] for section in rest] == ["Gains", "Slopes", "What"]


@pytest.mark.parametrize(
    ("truth", "sizes", "reason"),
    [
        (Truth("few", XNLI, 3), SIZES, "3 seeds, 6 are needed"),
        (Truth("one", (4,), 6), SIZES, "1 family, 2 are needed"),
        (TRUTH, SIZES[:2], "2 sizes, 3 are needed"),
    ],
)
def test_what_can_not_be_said_is_undecided_with_the_reason(truth: Truth, sizes: tuple[int, ...], reason: str) -> None:
    primary, *_ = told(planted(-3.0, truth, sizes))
    assert primary.rows[0][2] == "undecided" and reason in text([primary])


def test_one_size_has_nothing_to_say() -> None:
    (only,) = told(planted(0.0, sizes=SIZES[:1]))
    assert not only.rows and "Nothing can be said" in only.notes[0]


def test_nothing_is_foretold_beyond_three_times_the_largest_size() -> None:
    (found,) = ladders(planted(-1.0))
    assert found.ahead(3 * SIZES[-1]).mean < found.ahead(SIZES[-1]).mean
    with pytest.raises(ValueError, match="beyond 3 times"):
        found.ahead(4.0 * SIZES[-1])


def test_families_and_seeds_without_all_sizes_are_left_out_and_counted() -> None:
    frame = planted(-1.0)
    lost = (pl.col("backbone") == f"size {SIZES[0]}") & (pl.col("seed") == 2) & (pl.col("language") == "l3")
    (found,) = ladders(frame.filter(~lost))
    assert len(found.seeds) == 5 and found.left_out == 1


def test_the_law_that_made_a_grid_foretells_its_largest_cell() -> None:
    amounts = (300, 1000, 3000, 10_000)
    frames = []
    for size in (10_000, 40_000, 150_000, 600_000):
        table = ladder(Truth("g", (2, 2), 3, 0, 0, 0, 0, 0, 0, 0), 0.0, (size,), np.random.default_rng(0))
        base, arm = table.filter(pl.col("arm") != "arm"), table.filter(pl.col("arm") == "arm")
        frames.append(base)
        for amount in amounts:
            error = 0.12 + 9 * size**-0.2 * amount**-0.15
            frames.append(
                arm.with_columns(
                    arm=pl.lit(f"nli {amount}"),
                    intermediate_examples=pl.lit(amount, pl.Int64),
                    score=pl.lit(100 * (1 - error)),
                )
            )
    (grid,) = grids(pl.concat(frames))
    assert grid.cells.shape == (16, 2) and grid.seeds == 3
    tried = {one.form.name: one.ahead for one in grid.tried()}
    assert set(tried) == {"plane", "additive", "multiplicative"}
    assert tried["multiplicative"] is not None and tried["multiplicative"] < 1e-3
    assert all(miss is not None and miss > 5e-3 for name, miss in tried.items() if name == "plane")
