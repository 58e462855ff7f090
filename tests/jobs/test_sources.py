"""Constructed rows are made once and kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from xstilts.data.encode import Lengths, encode
from xstilts.data.vocabulary import train_vocabulary
from xstilts.jobs.sources import open_source
from xstilts.study.protocols import Places


def test_constructed_rows_are_kept_and_a_damaged_file_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XSTILTS_CACHE", str(tmp_path))
    source = open_source(Places(world={"test": 40}))
    rows = source.rows(source.task("world/nli"), "test", "qae")
    made = source.read(rows).to_pylist()  # a copy: the table itself is mapped from the file
    (kept,) = (tmp_path / "rows").iterdir()
    (table,) = kept.glob("*.arrow")
    written = table.stat().st_mtime_ns
    assert source.read(rows).to_pylist() == made
    assert table.stat().st_mtime_ns == written
    table.write_bytes(table.read_bytes()[:100])
    assert source.read(rows).to_pylist() == made
    assert open_source(Places(world={"test": 40})).read(rows).to_pylist() == made
    assert table.stat().st_size > 100


def test_another_world_has_rows_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XSTILTS_CACHE", str(tmp_path))
    tables = []
    for seed in (0, 1):
        source = open_source(Places(world={"test": 40, "seed": seed}))
        tables.append(source.read(source.rows(source.task("world/nli"), "test", "qae")))
    assert not tables[0].equals(tables[1])


@pytest.mark.parametrize("name", ["world/nli", "world/pos", "world/qa", "world/parallel", "world/lexicon"])
def test_lengths_of_constructed_rows_are_known_before_they_are_made(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XSTILTS_CACHE", str(tmp_path))
    source = open_source(Places(world={"train": 400, "parallel": 400, "phrases": 400}))
    task = source.task(name)
    rows = source.rows(task, "train", source.languages(task, "train")[-1])
    guessed = source.tokens(rows)
    assert not (tmp_path / "rows").exists()
    text = source.task("world/text")
    documents = [source.read(source.rows(text, "train", code)) for code in source.languages(text, "train")]
    vocabulary = train_vocabulary([line for table in documents for line in table["text"].to_pylist()], 3400)
    encoded = encode(source.read(rows), task.type, vocabulary, Lengths())
    assert guessed == pytest.approx(len(encoded.ids) / encoded.examples, rel=0.35)
