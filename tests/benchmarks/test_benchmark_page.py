"""What the benchmark says of what it measured; measuring itself needs minutes and is ``make bench``."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from benchmarks.__main__ import _numbers, main
from benchmarks.material import SHAPES, useful_flops
from benchmarks.rounds import ratio
from benchmarks.row import OURS, TUNED, Target
from benchmarks.rows import rows

from benchmarks import page


def test_every_row_of_the_table_is_there_and_has_a_target_or_says_why() -> None:
    found = rows()
    assert list(found) == list(range(1, 11))
    for row in found.values():
        for full in (False, True):
            assert any(case.targets for case in row.cases(full))
            for case in row.cases(full):
                assert OURS in case.ways and json.dumps(dataclasses.asdict(case))
                assert all(target.way in ("", *case.ways) for target in case.targets)


def test_rows_are_chosen_and_ordered() -> None:
    known = rows()
    assert _numbers("", known) == [8, 10, 1, 2, 3, 4, 5, 6, 7, 9]
    assert _numbers("3,5-7", known) == [3, 5, 6, 7]
    assert _numbers("1-10", known)[:2] == [8, 10]
    with pytest.raises(ValueError):
        _numbers("12", known)


def test_without_a_data_folder_nothing_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--row", "1", "--data", str(tmp_path / "none"), "--work", str(tmp_path)]) == 2
    assert "Nothing was measured" in capsys.readouterr().err
    assert main(["--row", "x", "--data", str(tmp_path), "--work", str(tmp_path)]) == 2


def test_a_ratio_is_paired_by_round() -> None:
    readings = {OURS: [{"cpu": 1.0}, {"cpu": 4.0}, {"cpu": 2.0}], TUNED: [{"cpu": 3.0}, {"cpu": 4.0}, {"cpu": 4.0}]}
    found = ratio(readings, TUNED, "cpu")
    assert found is not None and found.values == (3.0, 1.0, 2.0) and found.median == 2.0
    assert str(found) == "2.00 (1.00 to 3.00, 3 rounds)"
    assert ratio({OURS: []}, TUNED, "cpu") is None


def test_the_page_tells_misses_missing_rows_and_a_busy_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "RESULTS", tmp_path)
    monkeypatch.setattr(page, "PAGE", tmp_path / "performance.md")
    reading = {
        "wall": 2.0,
        "cpu": 2.0,
        "dtype": "bfloat16",
        "padding": 0.0,
        "others": 1.5,
        "flops": 5e10,
        "peak": 2**30,
    }
    case = {
        "name": "MNLI",
        "note": "",
        "targets": [dataclasses.asdict(Target(TUNED, 1.5))],
        "failed": ["1 of 5 rounds: the time was over"],
        "readings": {OURS: [reading], TUNED: [{**reading, "cpu": 2.4, "padding": 0.25}]},
    }
    machine = {"machine": "m", "threads": 1, "python": "3", "versions": {}, "commit": "abc", "changed": False}
    machine |= {"date": "d", "load": 3.0}
    result = {"row": 1, "machine": machine, "ceiling": {"bfloat16": 2e11}, "cases": [case], "seconds": 60.0}
    page.result_of(1).write_text(json.dumps(result), encoding="utf-8")
    page.write(rows())
    text = (tmp_path / "performance.md").read_text(encoding="utf-8")
    assert "1.20 (1 round) | **missed**" in text and "Preliminary" in text and "25.0%" in text
    assert "50 GF/s, 25%" in text and "1 of 5 rounds" in text and "Not measured yet: `make bench ROW=2`" in text


def test_useful_operations_are_those_of_a_plain_count() -> None:
    """One sequence of 3 tokens through one layer of width 256: the sums written out."""
    shape = dataclasses.replace(SHAPES["small"], layers=1)
    weights = 4 * 256 * 256 + 2 * 256 * 1024
    attention = 2 * (2 * 3 * 3 * 256)  # queries by keys, weights by values
    head = 2 * 256 * (3 + 256)
    assert useful_flops(shape, np.array([3]), 1, 3, 1) == 2 * weights * 3 + attention + head
    assert useful_flops(shape, np.array([3]), 1, 3) == 3 * useful_flops(shape, np.array([3]), 1, 3, 1)
