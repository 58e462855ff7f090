"""``xstilts store``: what its users see."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from command import command, surroundings, xstilts
from xstilts.study.job import Settings, Start, Train
from xstilts.study.protocols import Places
from xstilts.study.store import Store


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A store of three trainings that no study names; of one a byte is another."""
    store = Store(tmp_path / "store")
    for seed in range(3):
        key = store.submit(Train("target", Start(backbone="x", checksum="c"), (), Settings(1, 2, 3e-4), seed), Places())
        with store.writing(key) as (folder, _):
            (folder / "weights.safetensors").write_text("w" * 5000)
    (store.folder(key) / "weights.safetensors").write_text("w" * 4999 + "v")
    return tmp_path


def failing(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command(folder, *arguments), capture_output=True, text=True, env=surroundings(folder))
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return done


def test_damage_is_found_and_repaired(place: Path) -> None:
    found = failing(place, "store", "verify")
    assert "weights.safetensors has other content than was written" in found.stdout
    assert "3 results, 1 damaged" in found.stdout and "store repair" in found.stderr
    listed = json.loads(failing(place, "store", "verify", "--json").stdout)
    assert [one["kind"] for one in listed["findings"]] == ["damaged"]
    assert "moved aside" in xstilts(place, "store", "repair").stdout
    assert "2 results, 0 damaged" in xstilts(place, "store", "verify").stdout


def test_room_is_measured_and_made(place: Path) -> None:
    sizes = json.loads(xstilts(place, "store", "size", "--json").stdout)
    assert sizes["target weights"] > 15_000
    assert "KiB" in xstilts(place, "store", "size").stdout
    xstilts(place, "store", "repair")
    said = xstilts(place, "store", "prune", "--unused")
    assert "would remove 2 results" in said.stdout and "--yes" in said.stderr
    assert "removed 2 results" in xstilts(place, "store", "prune", "--unused", "--yes").stdout
    assert "0 results, 0 damaged" in xstilts(place, "store", "verify").stdout


def test_two_stores_become_one(place: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    said = xstilts(other, "store", "merge", str(place / "store"))
    assert "2 results copied, 0 were there, 1 damaged" in said.stdout
    assert "2 results, 0 damaged" in xstilts(other, "store", "verify").stdout


def test_a_folder_that_is_no_store_is_named(tmp_path: Path) -> None:
    assert "is no store" in failing(tmp_path, "store", "verify").stderr


def test_a_store_of_a_later_version_is_refused(place: Path) -> None:
    (place / "store" / "store.json").write_text('{"format": 99}')
    for words in (("store", "verify"), ("status", "demo"), ("results", "demo"), ("run", "demo")):
        assert "a later xstilts" in failing(place, *words).stderr
