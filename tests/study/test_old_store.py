"""A store that an earlier revision wrote (commit a2996b4, format 1) is read, checked and brought up to date.

``old_store.tar.gz`` holds its folder, without work and logs, and ``results.csv`` as that revision printed it.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import polars as pl
import pytest

from command import results, xstilts
from xstilts.study.store import FORMAT, Store
from xstilts.study.tend import examine


@pytest.fixture
def place(tmp_path: Path) -> Path:
    with tarfile.open(Path(__file__).with_name("old_store.tar.gz")) as held:
        held.extractall(tmp_path, filter="data")
    return tmp_path


def test_its_results_are_those_of_then(place: Path) -> None:
    then = pl.read_csv(place / "results.csv")
    now = results(place, "old@full")
    assert now.select(then.columns).equals(then)


def test_it_is_whole_and_can_be_sealed(place: Path) -> None:
    assert Store(place / "store").format == 1
    assert "0 damaged" in xstilts(place, "store", "verify").stdout
    said = xstilts(place, "store", "repair").stdout
    assert "sealed" in said and "16 whole results" in said
    store = Store(place / "store")
    assert store.format == FORMAT and list(examine(store)) == []
    assert results(place, "old@full").height == pl.read_csv(place / "results.csv").height


def test_damage_in_it_is_seen(place: Path) -> None:
    store = Store(place / "store")
    for key in store.keys()[:3]:
        (path, *_) = (store.place(key) / name for name in store.record(key)["files"])
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    assert sum(one.kind == "damaged" for one in examine(store)) == 3
