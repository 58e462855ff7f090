"""A calibration measures every kind of work, and what it finds is a speed that a machine can have."""

from __future__ import annotations

import json

import pytest

from xstilts.jobs import calibrate
from xstilts.study.calibration import Rate


def test_every_kind_is_measured(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(calibrate, "SECONDS", 0.01)
    monkeypatch.setattr(calibrate, "WIDTHS", ((32, 4), (64, 4)))
    calibrate.main()
    said = json.loads(capsys.readouterr().out)
    rates = [Rate(**rate) for rate in said["rates"]]
    kinds = {(rate.kind, rate.precision, rate.hidden, rate.length) for rate in rates}
    assert len(rates) == len(kinds) == 2 * 2 * 2 * 2
    assert all(1e6 < rate.flops < 1e15 and 0 <= rate.moment < 1 for rate in rates)
    assert said["encoding"] > 1000
