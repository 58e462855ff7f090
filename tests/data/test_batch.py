"""Batches: a cut loses nothing, reads stay on their tokens, masks hide what they say."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.catalogue.task import TaskType
from xstilts.data.batch import by_length, cut, gather, masked, sequences_of
from xstilts.data.encode import Encoded, Lengths, encode
from xstilts.data.random import stream


def made(lengths: list[int]) -> Encoded:
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Encoded(
        ids=np.arange(starts[-1], dtype=np.int32),
        segments=np.zeros(starts[-1], np.uint8),
        starts=starts,
        example=np.arange(len(lengths), dtype=np.int32),
        columns={"label": np.arange(len(lengths))},
    )


@given(st.lists(st.integers(1, 30), min_size=1, max_size=30), st.integers(1, 80))
def test_cut_keeps_every_sequence_in_order_and_under_the_budget(lengths: list[int], budget: int) -> None:
    encoded = made(lengths)
    whole = gather(encoded, by_length(encoded, np.arange(len(lengths))), TaskType.CLASSIFICATION)
    parts = list(cut(whole, budget))
    assert np.array_equal(np.concatenate([part.sequences for part in parts]), whole.sequences)
    assert np.array_equal(np.concatenate([part.ids for part in parts]), whole.ids)
    for part in parts:
        assert len(part.ids) <= budget or len(part.sequences) == 1
        assert np.array_equal(part.ids[part.where], encoded.starts[part.sequences])
        assert np.array_equal(part.target, part.sequences)
        assert np.array_equal(part.positions[part.starts[:-1]], np.zeros(len(part.sequences)))


def test_word_reads_follow_their_sequences(vocabulary) -> None:
    words = [["Anna", "sees", "cat"], ["two"], ["not", "the", "dog", "house"]]
    table = pa.table({"tokens": words, "tags": pa.array([[0, 1, 2], [3], [4, 5, 6, 7]], pa.list_(pa.int16()))})
    encoded = encode(table, TaskType.TOKEN_CLASSIFICATION, vocabulary, Lengths(32))
    batch = gather(encoded, sequences_of(encoded, np.array([2, 0])), TaskType.TOKEN_CLASSIFICATION)
    assert batch.target.tolist() == [4, 5, 6, 7, 0, 1, 2]
    assert batch.ids[batch.where].tolist() == [vocabulary.ids([word])[0][0] for word in words[2] + words[0]]


def test_masks_hide_the_asked_share_and_no_special_token(vocabulary) -> None:
    table = pa.table({"text": ["the old red cat sees a small bird"] * 600, "text_b": pa.nulls(600, pa.string())})
    encoded = encode(table, TaskType.MLM, vocabulary, Lengths(64))
    whole = gather(encoded, np.arange(600), TaskType.MLM)
    hidden = masked(whole, vocabulary, 0.15, stream(0, "test"))
    text = ~np.isin(whole.ids, vocabulary.special)
    assert len(hidden.where) / text.sum() == pytest.approx(0.15, abs=0.02)
    assert text[hidden.where].all()
    assert np.array_equal(hidden.target, whole.ids[hidden.where])
    assert (hidden.ids[hidden.where] == vocabulary.mask).mean() == pytest.approx(0.8, abs=0.05)
    untouched = np.setdiff1d(np.arange(len(whole.ids)), hidden.where)
    assert np.array_equal(hidden.ids[untouched], whole.ids[untouched])


def test_positions_begin_anew_at_a_translation(vocabulary) -> None:
    table = pa.table({"text": ["the old cat", "a bird"], "text_b": ["Anna sees", None]})
    encoded = encode(table, TaskType.MLM, vocabulary, Lengths(32))
    batch = gather(encoded, np.arange(2), TaskType.MLM)
    second = int(encoded.columns["second"][0])
    length = int(encoded.lengths[0])
    assert batch.positions[:length].tolist() == [*range(second), *range(length - second)]
    assert batch.ids[second : length - 1].tolist() == vocabulary.ids(["Anna sees"])[0]
    assert batch.positions[length:].tolist() == list(range(int(encoded.lengths[1])))
