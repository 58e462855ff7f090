"""Where a study runs, and how long it would take elsewhere, by the command line."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from xstilts.cli import app

RUN = CliRunner()
STUDY = ("phang2020", "--variant", "constructed", "--level", "ci")


def said(folder: Path, *arguments: str) -> tuple[int, str]:
    done = RUN.invoke(app, [*arguments, "--store", str(folder / "store")])
    return done.exit_code, done.output


@pytest.mark.parametrize(
    "options, hint",
    [
        (("--backend", "slrum"), "did you mean 'slurm'"),
        (("--backend", "slurm", "--address", "auto"), "--address is that of a Ray cluster"),
        (("--backend", "ray", "--cluster", "nowhere.toml"), "nowhere.toml"),
        (("--backend", "ray", "--address", "127.0.0.1:1"), "ray"),
    ],
)
def test_what_can_not_be_meant_starts_nothing(options: tuple[str, ...], hint: str, tmp_path: Path) -> None:
    code, text = said(tmp_path, "run", *STUDY, *options)
    assert code == 2 and hint in text
    assert not (tmp_path / "store" / "results").exists()


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is installed")
def test_without_ray_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    assert said(tmp_path, "run", *STUDY, "--backend", "ray") == (
        2,
        "--backend ray needs Ray: pip install 'xstilts[ray]'\n",
    )


def test_a_simulation_tells_when_it_ends_and_what_can_not_be_faster(tmp_path: Path) -> None:
    code, text = said(tmp_path, "plan", *STUDY, "--simulate", "4", "--device", "a100")
    assert code == 0
    assert "simulated on 4 A100, one process each" in text
    assert "no number of workers is faster" in text and "pretraining tiny" in text.partition("critical path")[2]
    tables = []
    for workers in ("1", "4"):
        _, text = said(tmp_path, "plan", *STUDY, "--simulate", workers, "--device", "A100", "--json")
        tables.append(json.loads(text)["simulated"])
    one, four = tables
    assert one["seconds"] == pytest.approx(one["work"]) and one["efficiency"] == pytest.approx(1.0)
    assert four["work"] == pytest.approx(one["work"]) and one["seconds"] / 4 <= four["seconds"] < one["seconds"] / 3
    assert four["critical"] and four["chain"] < four["seconds"]


def test_an_unknown_device_is_named(tmp_path: Path) -> None:
    code, text = said(tmp_path, "plan", *STUDY, "--simulate", "4", "--device", "A1000")
    assert code == 2 and "did you mean 'A100'" in text
