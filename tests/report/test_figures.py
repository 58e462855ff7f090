"""Figures: what is drawn is what was computed, and every file can be read by others."""

from __future__ import annotations

import csv
import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from filled import HOSTILE, PLAIN, filled, hostile
from xstilts.analysis import gains, planted
from xstilts.analysis.gains import paired
from xstilts.analysis.similarity.planted import NOISE, TRUE, Pairs
from xstilts.analysis.similarity.planted import planted as pairs_of_tasks
from xstilts.cli.report import note_of, write_figures
from xstilts.report.figures.draw import COLOURS, looks, sheet, short
from xstilts.report.figures.gains import gain_figures
from xstilts.report.figures.losses import POINTS
from xstilts.report.figures.scaling import scaling_figures, size_figures
from xstilts.report.figures.similarity import similarity_figures
from xstilts.report.note import Figure, Note
from xstilts.study.manifest import Plan
from xstilts.study.store import Store

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Store, Note]:
    plan, store = filled(tmp_path_factory.mktemp("plain"), PLAIN)
    return plan, store, note_of(plan, store)


def named(note: Note, name: str) -> Figure:
    return next(one for one in note.figures if one.name == name)


def texts(figure: Figure) -> list[str]:
    return [text.text or "" for text in ET.fromstring(figure.svg).iter(f"{SVG}text")]


def test_every_figure_is_a_whole_svg_of_text_without_pictures(study: tuple[Plan, Store, Note]) -> None:
    assert {one.name for one in study[2].figures} == {
        "gains-by-target",
        "gains-by-language",
        "reliability-world-paraphrase",
        "learning-pretraining",
        "learning-intermediate",
        "learning-target",
    }
    for one in study[2].figures:
        root = ET.fromstring(one.svg)
        assert root.tag == f"{SVG}svg" and texts(one)
        assert not list(root.iter(f"{SVG}image")) and not list(root.iter(f"{SVG}script"))
        assert all(len(row) == len(one.columns) for row in one.rows) and one.rows


def test_names_of_the_data_stay_text_in_a_drawing(tmp_path: Path) -> None:
    plan, store = filled(tmp_path, hostile(tmp_path))
    for one in note_of(plan, store).figures:
        tags = {element.tag for element in ET.fromstring(one.svg).iter()}
        assert f"{SVG}img" not in tags and f"{SVG}script" not in tags
    found = named(note_of(plan, store), "gains-by-target")
    assert any(text.startswith(HOSTILE[:12]) for text in texts(found)) and HOSTILE in {row[1] for row in found.rows}


def test_gains_by_target_are_those_of_the_analysis() -> None:
    truth = planted.Truth("few", (2, 3), 4)
    frame = paired(planted.results(truth, 2.0, np.random.default_rng(1)).drop("baseline", "gain"))
    figure = next(iter(gain_figures(frame, "gains")))
    (one,) = [line for line in gains.by_target(frame, "zero-shot") if line.gain.units]
    assert figure.rows == (("target", "arm", one.gain.mean, one.gain.low, one.gain.high, 4),)


def test_points_of_a_scaling_curve_carry_the_planted_slope_and_the_fits_follow() -> None:
    sizes = (100, 300, 1000, 3000, 10_000, 30_000, 100_000)
    truth = planted.Truth("sure", (3, 4, 4), 6, 0, 0, 0, 0.01, slope_family=0, slope_seed=0)
    frame = paired(planted.curve(truth, 1.5, sizes, np.random.default_rng(2)).drop("baseline", "gain"))
    (figure,) = scaling_figures(frame)
    points = [(row[2], row[3]) for row in figure.rows if row[1] == "measured"]
    assert [size for size, _ in points] == list(sizes)
    slope = np.polyfit(
        [math.log10(float(size or 0)) for size, _ in points], [float(gain or 0) for _, gain in points], 1
    )[0]
    assert slope == pytest.approx(1.5, abs=0.02)
    fits = [row for row in figure.rows if str(row[1]).startswith("fit")]
    assert fits and max(abs(float(row[3] or 0)) for row in fits) < 10


def test_many_arms_are_told_apart_by_rows_not_by_colours() -> None:
    truth = planted.Truth("few", (2, 3), 3)
    generator = np.random.default_rng(1)
    arms = {f"arm {number}": (100, planted.gains_of(truth, number, generator)) for number in range(12)}
    frame = paired(planted.arms_table(truth, arms, generator).drop("baseline", "gain"))
    figure = next(iter(gain_figures(frame, "gains")))
    assert {row[1] for row in figure.rows} == set(arms) <= set(texts(figure))
    assert [row[2] for row in figure.rows] == pytest.approx(
        [float(np.mean(gain)) for _, gain in arms.values()], abs=1.0
    )


def test_points_by_model_size_carry_the_planted_slope() -> None:
    truth = planted.Truth("sure", (3, 4, 4), 6, 0, 0, 0, 0.01, slope_family=0, slope_seed=0)
    frame = planted.ladder(truth, -1.0, (10**6, 10**7, 10**8), np.random.default_rng(3))
    (figure,) = size_figures(frame)
    points = [row[3] for row in figure.rows if row[1] == "measured"]
    assert np.diff([float(point or 0) for point in points]) == pytest.approx([-1.0, -1.0], abs=0.05)
    assert not list(size_figures(frame.filter(pl.col("parameters_nonembedding") == 10**6)))


def test_similarity_shows_every_pair_of_tasks_for_every_measure() -> None:
    found = pairs_of_tasks(planted.Truth("pairs", (2, 2), 2), Pairs(1.0, 0.0, 4, 3), np.random.default_rng(4))
    (figure,) = similarity_figures(found)  # the size is the same for all tasks and tells nothing apart
    assert {row[0] for row in figure.rows} == {TRUE, *NOISE} and len(figure.rows) == 4 * 4 * 3
    for measure, _, task, target, _, gain, own, languages in figure.rows:
        rows = [row for row, one in enumerate(found.rankings) if one[1] == target]
        assert gain == pytest.approx(found.gains[rows, found.tasks.index(str(task))].mean()) and not own
        assert languages == len(rows) > 0, measure
    assert not list(similarity_figures(None))


def test_learning_curves_are_what_the_trainings_noted(study: tuple[Plan, Store, Note]) -> None:
    found = named(study[2], "learning-target")
    rows = [row for row in found.rows if row[0] == "world/pos" and row[1] == "nli"]
    assert len(rows) == POINTS and rows[0][2:] == (1.0, 2.0, 2.0, 2.0, 3) and rows[-1][2:4] == (8.0, 0.25)


def test_a_learning_curve_that_changed_on_disk_is_not_drawn(tmp_path: Path) -> None:
    plan, store = filled(tmp_path, PLAIN)
    for path in store.root.glob("results/*/*/losses.csv"):
        path.write_text(path.read_text(encoding="utf-8").replace("2.0", "9.0"), encoding="utf-8")
    assert not [one for one in note_of(plan, store).figures if one.name.startswith("learning")]


def test_reliability_bins_hold_every_scored_example(study: tuple[Plan, Store, Note]) -> None:
    plan, _, note = study
    found = named(note, "reliability-world-paraphrase")
    for arm in ("baseline", "nli", "paraphrase"):
        cells = [cell for cell in plan.cells if cell.target == "world/paraphrase" and cell.arm == arm]
        assert sum(int(row[5] or 0) for row in found.rows if row[1] == arm) == 60 * len(cells)
    for *_, confidence, right, size in found.rows:
        assert 0.5 <= float(confidence or 0) <= 1 and 0 <= float(right or 0) <= 1 and int(size or 0) > 0
    # Random answers are right half the time, whatever the confidence.
    right = np.average([float(row[4] or 0) for row in found.rows], weights=[int(row[5] or 0) for row in found.rows])
    assert abs(right - 0.5) < 0.1


def test_files_hold_the_drawing_and_its_numbers(study: tuple[Plan, Store, Note], tmp_path: Path) -> None:
    write_figures(study[2].figures, tmp_path / "made" / "here")
    for one in study[2].figures:
        ET.parse(tmp_path / "made" / "here" / f"{one.name}.svg")
        with (tmp_path / "made" / "here" / f"{one.name}.csv").open(encoding="utf-8", newline="") as lines:
            header, *rows = csv.reader(lines)
        assert tuple(header) == one.columns and len(rows) == len(one.rows)
        value = next(value for value in one.rows[0] if isinstance(value, float))
        assert repr(value) in rows[0]


def test_series_differ_in_more_than_colour() -> None:
    found = looks([str(number) for number in range(56)])
    assert len({(look.colour, look.marker) for look in found.values()}) == 56
    for one, other in pairwise(found.values()):
        assert one.marker != other.marker and one.line != other.line
    # Okabe and Ito's colours, but for yellow and black; grey in place of black, which a dark page would swallow.
    assert set(COLOURS[:6]) == {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"}


def test_a_drawing_is_the_same_every_time_and_no_formula_is_read() -> None:
    def drawn() -> Iterator[str]:
        for _ in range(2):
            with sheet("same", 2.0) as made:
                made.panels[0].plot([0, 1], [0, 1], label="$x_1$ \\frac")
                made.legend()
            yield made.svg

    first, second = drawn()
    assert first == second and "$x_1$ \\frac" in first


def test_short_numbers() -> None:
    assert [short(value) for value in (12.0, 3000.0, 1.2e6, 5e9)] == ["12", "3k", "1.2M", "5G"]
