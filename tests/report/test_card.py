"""The card of a trained model: what is said of languages in which it is no better than a guess."""

from __future__ import annotations

import polars as pl
import pytest

from xstilts.report.card import Card, card

# Language, split, score, floor, examples: learned; on too few rows; worse than a guess; on validation rows alone.
ROWS = [
    ("en", "validation", 40.0, 77.6, 60),  # not asked: there are test rows
    ("en", "test", 88.8, 77.6, 400),
    ("sw", "test", 36.7, 33.3, 60),
    ("et", "test", 24.9, 26.3, 400),
    ("fi", "validation", 60.0, 59.0, 5000),
]


@pytest.fixture
def text() -> str:
    frame = pl.DataFrame(
        [
            {"language": language, "split": split, "score": score, "floor": floor, "examples": examples,
             "arm": "baseline", "seed": 0, "metric": "accuracy"}
            for language, split, score, floor, examples in ROWS
        ]
    )  # fmt: skip
    return card(
        Card(
            "mine", "classification", ("a", "b"), "en", "encoder", "", "baseline", 0, frame, (), (), "1", {}, pairs=True
        )
    )


def test_languages_in_which_it_is_no_better_than_a_guess_come_first(text: str) -> None:
    before = text.partition("`encoder`, pretrained")[0]
    warned = [line for line in before.splitlines() if "do not use it there" in line]
    assert [line.split()[1] for line in warned] == ["sw", "et", "fi"]
    # Three standard errors of 36.7 % of 60 are 3 * sqrt(36.7 * 63.3 / 60); of 60 % of 5,000 they are 2.1 points.
    assert "on 60 examples 18.7 above the floor are needed" in warned[0]
    assert "on 5,000 examples 2.1 above the floor are needed" in warned[2]


def test_only_languages_that_it_learned_are_named_to_hubs(text: str) -> None:
    head = text.split("---")[1]
    assert "- en\n" in head and not any(f"- {code}\n" in head for code in ("sw", "et", "fi"))


def test_the_example_feeds_a_pair_as_it_was_learned(text: str) -> None:
    assert 'tokenizer("one text", "and its other text", truncation=True' in text
