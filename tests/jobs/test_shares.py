"""Rows of a share: a cap encodes the rows that it takes and no others, and what is learned from them stays the same."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from xstilts.catalogue.task import TaskType
from xstilts.data.batch import Batch, by_length, gather, sequences_of
from xstilts.data.encode import Encoded
from xstilts.data.sample import Pool, updates
from xstilts.jobs.shares import gathered
from xstilts.jobs.sources import AllSources, open_source
from xstilts.study.job import Settings, Share
from xstilts.study.protocols import Places

WORLD = {"train": 120, "parallel": 120}
SETTINGS = Settings(1, 8, 1e-3, max_length=48, stride=16)
TASKS = {
    "world/nli": ("qaa",),
    "world/nli-translated": ("qaa", "qab"),
    "world/pos-translated": ("qaa", "qab"),
    "world/qa": ("qaa",),
    "world/parallel": ("qab", "qac"),
    "world/parallel-ranking": ("qab", "qac"),
}


@pytest.fixture(scope="module")
def source() -> AllSources:
    return open_source(Places(world=WORLD))


def share_of(source: AllSources, name: str, examples: int | None) -> Share:
    task = source.task(name)
    rows = tuple(source.rows(task, "train", code) for code in TASKS[name])
    return Share(name, str(task.type), rows, task.labels, examples=examples)


def batches(found: tuple[Encoded, Pool], type: str) -> list[Batch]:
    """The first updates of a training on these rows, in its order."""
    encoded, pool = found
    order = updates([pool], np.ones(1), 8, 6, 3)
    return [
        gather(encoded, by_length(encoded, sequences_of(encoded, rows)), TaskType(type)) for _, rows in islice(order, 6)
    ]


def alike(one: list[Batch], other: list[Batch]) -> None:
    for left, right in zip(one, other, strict=True):
        for name in ("ids", "segments", "positions", "starts", "where", "target", "whole", "other"):
            np.testing.assert_array_equal(getattr(left, name), getattr(right, name), err_msg=name)


def stored(cache: Path) -> list[int]:
    """How many examples each encoded set in the cache holds."""
    numbers = [np.load(path) for path in (cache / "encoded").glob("*/example.npy")]
    return sorted(len(np.unique(found)) for found in numbers)


@pytest.mark.parametrize("name", TASKS)
def test_few_rows_train_the_same_whether_the_others_are_encoded_or_not(
    name: str, source: AllSources, vocabulary: Any, tmp_path: Path
) -> None:
    share = share_of(source, name, 30)
    few = gathered(share, source, vocabulary, SETTINGS, tmp_path / "few", 5)
    assert sum(stored(tmp_path / "few")) == 30 == few[1].examples
    gathered(replace(share, examples=None), source, vocabulary, SETTINGS, tmp_path / "all", 5)
    whole = gathered(share, source, vocabulary, SETTINGS, tmp_path / "all", 5)
    assert stored(tmp_path / "all") == [rows.rows for rows in share.data]
    alike(batches(few, share.type), batches(whole, share.type))


def test_what_was_encoded_is_not_read_again(vocabulary: Any, tmp_path: Path) -> None:
    class Counting(AllSources):
        read_so_far = 0

        def read(self, rows: Any) -> pa.Table:
            self.read_so_far += 1
            return super().read(rows)

    source = Counting(Places(world=WORLD))
    share = share_of(source, "world/nli", 30)
    gathered(share, source, vocabulary, SETTINGS, tmp_path, 0)
    assert source.read_so_far == 1  # labels and rows at once
    gathered(share, source, vocabulary, SETTINGS, tmp_path, 0)
    assert source.read_so_far == 1
    gathered(replace(share, subset_seed=1), source, vocabulary, SETTINGS, tmp_path, 0)
    assert source.read_so_far == 2 and stored(tmp_path) == [30, 30]


def test_most_of_a_set_is_encoded_with_the_rest(source: AllSources, vocabulary: Any, tmp_path: Path) -> None:
    share = share_of(source, "world/nli", 100)
    assert gathered(share, source, vocabulary, SETTINGS, tmp_path, 0)[1].examples == 100
    assert stored(tmp_path) == [120]


def test_shuffled_labels_are_dealt_out_among_all_rows(source: AllSources, vocabulary: Any, tmp_path: Path) -> None:
    share = replace(share_of(source, "world/nli", 30), shuffled_labels=True)
    encoded, pool = gathered(share, source, vocabulary, SETTINGS, tmp_path, 5)
    straight, _ = gathered(replace(share, shuffled_labels=False), source, vocabulary, SETTINGS, tmp_path, 5)
    assert (encoded.examples, pool.examples) == (120, 30)
    assert sorted(encoded.columns["label"]) == sorted(straight.columns["label"])
    assert (encoded.columns["label"] != straight.columns["label"]).any()


@pytest.mark.parametrize("how", ["once", "each"])
def test_translations_take_the_same_rows_of_every_language(
    how: Any, source: AllSources, vocabulary: Any, tmp_path: Path
) -> None:
    share = replace(share_of(source, "world/nli-translated", 30), translations=how)
    few = gathered(share, source, vocabulary, SETTINGS, tmp_path / "few", 0)
    gathered(replace(share, examples=None, translations=""), source, vocabulary, SETTINGS, tmp_path / "all", 0)
    whole = gathered(share, source, vocabulary, SETTINGS, tmp_path / "all", 0)
    assert few[1].examples == (30 if how == "once" else 60)
    alike(batches(few, share.type), batches(whole, share.type))
