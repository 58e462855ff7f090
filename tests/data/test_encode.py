"""Encoding: cutting, offsets, windows, words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.catalogue.task import TaskType
from xstilts.data import encode as module
from xstilts.data.encode import Lengths, encode, encode_cached


def one_token_at_a_time(a: int, b: int, budget: int) -> tuple[int, int]:
    """The rule as the benchmark states it: drop from the longer text, from the second one on equal lengths."""
    while a + b > budget:
        if a > b:
            a -= 1
        else:
            b -= 1
    return a, b


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 70))
def test_longer_text_is_cut_token_by_token(a: int, b: int, budget: int) -> None:
    first, second = module._shortened([1] * a, [2] * b, budget)
    assert (len(first), len(second)) == one_token_at_a_time(a, b, budget)


def test_pair_stands_between_special_tokens(vocabulary, pairs_table: pa.Table) -> None:
    encoded = encode(pairs_table, TaskType.CLASSIFICATION, vocabulary, Lengths(128))
    pair = vocabulary.tokenizer.encode(pairs_table["text_a"][3].as_py(), pairs_table["text_b"][3].as_py())
    low, high = encoded.starts[3:5]
    assert encoded.ids[low:high].tolist() == pair.ids
    assert encoded.columns["label"].tolist() == pairs_table["label"].to_pylist()


@given(st.integers(1, 400), st.integers(1, 60), st.integers(1, 60))
def test_windows_cover_every_token_and_each_has_one_owner(tokens: int, capacity: int, stride: int) -> None:
    windows = module._windows(tokens, capacity, stride)
    if stride <= capacity:
        covered = {place for low, high in windows for place in range(low, high)}
        assert covered == set(range(tokens))
        owner = module._owner(tokens, windows)
        for place, number in enumerate(owner):
            best = max(
                min(place - low, high - 1 - place) + 0.01 * (high - low) for low, high in windows if low <= place < high
            )
            low, high = windows[number]
            assert min(place - low, high - 1 - place) + 0.01 * (high - low) == pytest.approx(best)


def span_table() -> pa.Table:
    context = (
        "Anna sees the old red house in the river. Ben takes two small birds at the old house then gives Carla three."
    )
    answers = ["red house", "two small birds", "Carla"]
    return pa.table(
        {
            "id": [str(k) for k in range(3)],
            "question": ["what old", "takes what", "gives who"],
            "context": [context] * 3,
            "answer_texts": [[text] for text in answers],
            "answer_starts": pa.array([[context.index(text)] for text in answers], pa.list_(pa.int32())),
        }
    )


def test_gold_span_points_at_the_answer_in_some_window(vocabulary) -> None:
    table = span_table()
    encoded = encode(table, TaskType.SPAN_EXTRACTION, vocabulary, Lengths(24, 8))
    assert len(encoded.example) > 3  # several windows
    held = set()
    for window, question in enumerate(encoded.example):
        start, end = (int(encoded.columns[name][window]) for name in ("answer_start", "answer_end"))
        if start == 0:
            continue
        at = int(encoded.starts[window])
        context = table["context"][int(question)].as_py()
        text = context[encoded.columns["from"][at + start] : encoded.columns["to"][at + end]].strip()
        assert text == table["answer_texts"][int(question)].as_py()[0]
        held.add(int(question))
    assert held == {0, 1, 2}
    assert encoded.columns["best"].sum() == sum(
        len(ids) for ids, _ in vocabulary.ids_and_offsets(table["context"].to_pylist())
    )


def test_every_word_is_read_once_at_its_first_piece(vocabulary) -> None:
    words = [["Anna", "sees", "xylophones"], ["the"] * 50, ["", "cat"]]
    tags = [[0, 1, 2], [3] * 50, [4, 5]]
    table = pa.table({"tokens": words, "tags": pa.array(tags, pa.list_(pa.int16()))})
    encoded = encode(table, TaskType.TOKEN_CLASSIFICATION, vocabulary, Lengths(16))
    assert encoded.columns["words"][-1] == 55
    assert encoded.lengths.max() <= 16
    assert encoded.example.tolist() == sorted(encoded.example.tolist())
    assert encoded.columns["tag"].tolist() == [tag for row in tags for tag in row]
    flat = [word for row in words for word in row]
    for place, word in zip(encoded.columns["word"], flat, strict=True):
        piece = vocabulary.ids([word])[0]
        assert encoded.ids[place] == (piece[0] if piece else vocabulary.unknown)


def test_cached_arrays_equal_fresh_ones_and_are_not_made_twice(vocabulary, pairs_table: pa.Table, tmp_path) -> None:
    reads = []

    def read() -> pa.Table:
        reads.append(1)
        return pairs_table

    for _ in range(2):
        found = encode_cached(read, "some checksum", TaskType.CLASSIFICATION, vocabulary, Lengths(64), tmp_path)
    fresh = encode(pairs_table, TaskType.CLASSIFICATION, vocabulary, Lengths(64))
    assert len(reads) == 1
    np.testing.assert_array_equal(found.ids, fresh.ids)
    np.testing.assert_array_equal(found.columns["label"], fresh.columns["label"])
