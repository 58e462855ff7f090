"""What is told of a study is held against what was true of it."""

from __future__ import annotations

import pytest
from benchmarks.foretold import _at, page

MACHINE = {"date": "2026-01-01 00:00 UTC", "machine": "a machine", "commit": "0123456789ab"}


def test_a_time_left_that_was_told_rightly_is_not_off() -> None:
    told = [(0.0, None), (10.0, 90.0), (50.0, 30.0), (100.0, 0.0)]
    assert _at(told, 5.0, 100.0)["off"] is None
    assert _at(told, 10.0, 100.0)["off"] == 0
    assert _at(told, 60.0, 100.0) == {"moment": 60.0, "told": 30.0, "true": 40.0, "off": pytest.approx(-0.1)}


def test_the_page_says_how_far_off_the_plan_was_and_leaves_out_phases_without_work() -> None:
    phases = {"target": {"foreseen": 1.2, "taken": 1.0}, "probes of models": {"foreseen": 0.0, "taken": 0.0}}
    points = [_at([(0.0, None), (60.0, 60.0)], 60.0, 100.0)]
    text = page(
        {
            "command": "xstilts run x",
            "load": 0.0,
            "machine": MACHINE,
            "seconds": 100.0,
            "jobs": 9,
            "before": 2,
            "phases": phases,
            "points": points,
        }
    )
    assert "| target | 1.2000 | 1.0000 | +20% |" in text and "probes" not in text
    assert "| 60% | 60 s | 40 s | +20% |" in text
