"""What is said of two sides' scores, against another library's t test; training itself is ``make equality``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from benchmarks.equality import WIDTH, WORK, compared, main, section
from benchmarks.row import OURS, TUNED
from benchmarks.rows import rows
from scipy import stats

from benchmarks import page


def test_the_difference_is_welch_s_and_the_p_value_that_of_two_one_sided_tests() -> None:
    draw = np.random.default_rng(0)
    ours, theirs = (draw.normal(mean, spread, 6).tolist() for mean, spread in ((92.0, 0.3), (91.8, 0.6)))
    found = compared(ours, theirs)
    above = stats.ttest_ind(np.array(ours) + WIDTH, theirs, equal_var=False, alternative="greater").pvalue
    below = stats.ttest_ind(np.array(ours) - WIDTH, theirs, equal_var=False, alternative="less").pvalue
    assert found["p"] == pytest.approx(max(above, below))
    interval = stats.ttest_ind(ours, theirs, equal_var=False).confidence_interval(0.9)
    assert (found["low"], found["high"]) == pytest.approx((interval.low, interval.high))


@pytest.mark.parametrize(
    ("ours", "theirs", "word"),
    [
        ([92.0, 92.1, 91.9, 92.2, 92.0], [92.1, 92.0, 92.1, 91.9, 92.0], "the same"),
        ([92.0, 92.1, 91.9, 92.2, 92.0], [89.1, 89.0, 89.1, 88.9, 89.0], "different"),
        ([90.0, 94.1, 88.9, 95.2, 92.0], [92.1, 90.0, 95.1, 89.9, 92.0], "undecided"),
        ([92.0, 92.1], [92.0, 92.1], "undecided: 5 seeds of either side are needed"),
        ([92.0] * 5, [92.0] * 5, "undecided: scores without any spread"),
    ],
)
def test_the_word_follows_from_the_interval(ours: list[float], theirs: list[float], word: str) -> None:
    assert compared(ours, theirs)["word"] == word


def test_the_page_shows_the_runs_or_how_to_make_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "RESULTS", tmp_path)
    monkeypatch.setattr(page, "PAGE", tmp_path / "performance.md")
    page.write(rows())
    assert "make equality" in (tmp_path / "performance.md").read_text()
    runs = [
        {"way": way, "seed": seed, "score": 92 + 0.1 * seed, "dtype": "bfloat16"}
        for way in (OURS, TUNED)
        for seed in range(5)
    ]
    result = {"work": WORK, "machine": {"machine": "a machine", "commit": "abc"}, "runs": runs}
    (tmp_path / "equality.json").write_text(json.dumps(result))
    page.write(rows())
    text = (tmp_path / "performance.md").read_text()
    assert "| xstilts | bfloat16 | 5 | 92.20 | 0.16 |" in text and "**The same.**" in text
    assert "**Undecided: 5 seeds" in "\n".join(section({**result, "runs": runs[:3]}))


def test_without_data_nothing_is_trained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path / "none")]) == 2
    assert "no data folder" in capsys.readouterr().err
