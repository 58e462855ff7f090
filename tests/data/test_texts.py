"""What of two rows is compared, and which texts meet: equal ones, nearly equal ones, never short ones."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.catalogue import TaskType
from xstilts.data.near import SIMILAR, near, pieces, similarity
from xstilts.data.pool import hits, pool_of, searched
from xstilts.data.rows import SCHEMAS
from xstilts.data.texts import COLUMNS, ENOUGH, texts_of

SENTENCE = "The committee's annual report was published in Geneva on Monday."
DENSE = "委员会的年度报告星期一在日内瓦发表了。"


def mlm(*texts: str | None) -> pa.Table:
    return texts_of(pa.table({"text": texts, "text_b": [None] * len(texts)}, SCHEMAS[TaskType.MLM]), TaskType.MLM)


def test_every_type_has_texts_to_compare() -> None:
    for kind, names in COLUMNS.items():
        assert set(names) <= set(SCHEMAS[kind].names) and 1 <= len(names) <= 2
    assert set(COLUMNS) == set(TaskType)


def test_case_punctuation_spaces_and_forms_of_characters_do_not_count() -> None:
    tokens = ["The", "committee", "'s", "ANNUAL", "report", "was", "published", "in", "Geneva", "on", "Monday", "."]
    cut = pa.table({"tokens": [tokens], "tags": [[0] * 12]}, SCHEMAS[TaskType.TOKEN_CLASSIFICATION])
    mine = texts_of(cut, TaskType.TOKEN_CLASSIFICATION)["text"].to_pylist()
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter.isalnum() else letter for letter in SENTENCE)
    assert mlm(SENTENCE, wide)["text"].to_pylist() == mine * 2


def test_vowel_signs_are_part_of_a_word() -> None:
    text = "समिति की वार्षिक रिपोर्ट सोमवार को जिनेवा में प्रकाशित हुई"
    (found,) = mlm(text)["text"].to_pylist()
    assert found == text.replace(" ", "") and "ि" in found


def test_short_texts_do_not_stand_alone_and_pairs_of_them_count_as_one() -> None:
    assert mlm("yes", None, "a" * (ENOUGH - 1), "").num_rows == 0
    assert mlm("a" * ENOUGH)["row"].to_pylist() == [0]
    assert mlm(DENSE)["dense"].to_pylist() == [True] and len(DENSE) < ENOUGH
    pair = {"source": ["Ich weiß es nicht genau", "nein"], "target": ["I do not exactly know", "no"]}
    turned = {"query": pair["target"], "candidate": pair["source"], "id": [None, None], "matches": [None, None]}
    one = texts_of(pa.table(pair, SCHEMAS[TaskType.RETRIEVAL]), TaskType.RETRIEVAL)
    two = texts_of(pa.table(turned, SCHEMAS[TaskType.RANKING]), TaskType.RANKING)
    assert one["row"].to_pylist() == [0] and one["column"].to_pylist() == [-1]
    assert one["text"].to_pylist() == two["text"].to_pylist()


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.text(st.characters(categories=("L", "N", "P", "Z")), min_size=25, max_size=60) | st.text(), max_size=4)
)
def test_texts_name_rows_that_are_there(texts: list[str]) -> None:
    found = mlm(*texts)
    for row, text in zip(found["row"].to_pylist(), found["text"].to_pylist(), strict=True):
        assert 0 <= row < len(texts) and text and not set(text) & set(" .,!?'\"")
        assert mlm(text)["text"].to_pylist() == [text]  # what is compared is itself compared alike


def test_equal_texts_meet_wherever_they_stand() -> None:
    pool = pool_of([mlm("x" * 40, SENTENCE), mlm(SENTENCE.upper())])
    assert len(pool.texts) == 2 and [codes.tolist() for codes in pool.codes] == [[0, 1], [1]]
    found = hits(pool, mlm("short", "another text of more than thirty letters", SENTENCE))
    assert (found.code.tolist(), found.row.tolist(), found.share.tolist()) == ([1], [2], [1.0])
    assert len(hits(pool_of([]), mlm(SENTENCE)).code) == 0


@pytest.mark.parametrize(
    ("text", "other", "so"),
    [
        (SENTENCE, SENTENCE.replace("Monday", "Sunday"), True),
        (SENTENCE, SENTENCE.replace("annual", "yearly").replace("Geneva", "Vienna"), False),
        (DENSE, DENSE.replace("一", "二"), True),
        (DENSE, "委员会的会议星期二在北京举行了三个小时", False),
    ],
)
def test_nearly_equal_texts_meet(text: str, other: str, so: bool) -> None:
    pool = pool_of([mlm(text)])
    found = hits(pool, mlm("nothing like the other text, in no way at all", other), searched(pool))
    assert found.row.tolist() == ([1] if so else [])
    assert all(SIMILAR <= share < 1 for share in found.share)


def test_different_texts_are_never_equal_even_if_their_pieces_are() -> None:
    one, two = ("ab" * 20 + "a", "ba" * 20 + "b")
    assert pieces((one, False)) == pieces((two, False)) and one != two
    pool = pool_of([mlm(one)])
    (share,) = hits(pool, mlm(two), searched(pool)).share
    assert SIMILAR < share < 1


def test_the_search_finds_what_a_full_comparison_finds() -> None:
    words = ["river", "house", "garden", "window", "letter", "winter", "summer", "morning", "evening", "doctor"]
    words += ["teacher", "farmer"]
    texts = [
        ("".join(words[(k * step + k) % 12] for k in range(9)) + str(step % 4) * 3, False) for step in range(1, 160)
    ]
    every = {
        (one, two)
        for one, first in enumerate(texts)
        for two, second in enumerate(texts)
        if similarity(pieces(first), pieces(second)) >= SIMILAR
    }
    found = {(one, two): share for one, two, share in near(texts)(texts)}
    assert len(every) > 2 * len(texts)
    assert set(found) <= every
    assert len(found) >= 0.97 * len(every)
    assert all(found[number, number] == 1 for number in range(len(texts)))


@settings(deadline=None)
@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_similarity_is_the_share_of_members_in_both(one: set[int], two: set[int]) -> None:
    names = [{str(number) for number in members} for members in (one, two)]
    expected = len(one & two) / len(one | two) if one | two else 0
    assert similarity(*names) == pytest.approx(expected) == pytest.approx(similarity(*reversed(names)))


@settings(deadline=None, max_examples=80)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=50) | st.none(), max_size=6))
def test_the_short_ways_give_what_the_long_one_gives(texts: list[str | None]) -> None:
    # whole texts, in one expression and one after the other
    long = pc.utf8_lower(pc.utf8_normalize(pa.array(texts, pa.large_string()), "NFKC"))
    letters = pc.replace_substring_regex(long, r"[^\p{L}\p{M}\p{N}]+", "").to_pylist()
    found = mlm(*texts)
    assert found["text"].to_pylist() == [letters[row] for row in found["row"].to_pylist()]
    plain = [row for row, text in enumerate(letters) if text is not None and len(text) >= ENOUGH]
    assert set(plain) <= set(found["row"].to_pylist())


def test_a_short_text_that_the_form_makes_long_stands_alone() -> None:
    (found,) = mlm("ﷺﷺﷺ")["text"].to_pylist()  # nine bytes, 45 letters
    assert len(found) == 45
