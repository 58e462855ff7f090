"""Changes of sentence pairs: what each does, what it leaves alone, and that it can be repeated."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.data.change import CHANGES, changed, dictionary
from xstilts.data.random import stream

texts = st.text(st.sampled_from(list("abcdeÄßあ語कि ..,?!'’")), max_size=40)
tables = st.lists(st.tuples(texts, texts), min_size=1, max_size=8)


def rows(pairs: list[tuple[str, str]]) -> pa.Table:
    first, second = zip(*pairs, strict=True)
    return pa.table({"text_a": list(first), "text_b": list(second), "label": pa.array([1] * len(pairs), pa.int16())})


def one(name: str, first: str, second: str, seed: int = 0, **words: str) -> tuple[str, str]:
    table, _ = changed(rows([(first, second)]), name, stream(seed, name), words)
    return table["text_a"][0].as_py(), table["text_b"][0].as_py()


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("exchanged", ("a dog ran?", "Anna saw it.")),
        ("punctuated", ("Anna saw it", "a dog ran")),
        ("recased", ("anna saw it.", "A dog ran?")),
    ],
)
def test_what_a_change_does(name: str, after: tuple[str, str]) -> None:
    assert one(name, "Anna saw it.", "a dog ran?") == after


def test_a_full_stop_comes_where_there_is_no_mark() -> None:
    assert one("punctuated", "Anna saw it", "彼は見た。") == ("Anna saw it.", "彼は見た")


@settings(deadline=None)
@given(st.integers(0, 50))
def test_a_typing_mistake_swaps_two_letters_inside_one_long_word(seed: int) -> None:
    first, second = one("mistyped", "The river froze.", "go on", seed)
    assert sorted(first) == sorted("The river froze.")
    assert sum(a != b for a, b in zip(first, "The river froze.", strict=True)) == 2
    assert [word[0] for word in first.split()] == ["T", "r", "f"]
    assert second == "go on"  # no word is long enough


def test_a_word_is_said_in_the_other_language_with_its_marks_kept() -> None:
    words = dictionary(pa.table({"query": ["Hund", "der Hund", "Hund"], "candidate": ["dog", "the dog", "hound"]}))
    assert words == {"hund": "dog"}
    assert one("mixed", "Ein Hund, ja!", "Hund", **words) == ("Ein dog, ja!", "Hund")
    assert one("mixed", "Eine Katze.", "Hund", **words) == ("Eine Katze.", "Hund")


@settings(deadline=None)
@given(st.integers(0, 50))
def test_shuffling_keeps_words_and_marks_and_always_changes_the_order(seed: int) -> None:
    first, second = one("shuffled", "left alone", "one, two three.", seed)
    assert first == "left alone"
    assert second != "one, two three."
    assert sorted(second.replace(",", "").replace(".", "").split()) == ["one", "three", "two"]
    assert second.endswith(".")
    assert one("shuffled", "", "語語語", seed) == ("", "語語語")


@settings(deadline=None)
@given(tables, st.sampled_from(sorted(CHANGES)), st.integers(0, 5))
def test_a_change_is_repeatable_keeps_labels_and_says_what_it_did(
    pairs: list[tuple[str, str]], name: str, seed: int
) -> None:
    table = rows(pairs)
    words = {"abc": "xyz"}
    after, marks = changed(table, name, stream(seed, name), words)
    again, _ = changed(table, name, stream(seed, name), words)
    assert after.equals(again)
    assert after.schema.equals(table.schema)
    assert after["label"].equals(table["label"])
    now = list(zip(after["text_a"].to_pylist(), after["text_b"].to_pylist(), strict=True))
    assert marks.to_pylist() == [before != later for before, later in zip(pairs, now, strict=True)]


@settings(deadline=None)
@given(tables)
def test_exchanging_twice_changes_nothing(pairs: list[tuple[str, str]]) -> None:
    table = rows(pairs)
    once, _ = changed(table, "exchanged", np.random.default_rng(0), {})
    twice, _ = changed(once, "exchanged", np.random.default_rng(0), {})
    assert twice.equals(table)
