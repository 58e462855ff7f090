"""The card of a trained model: what is said of languages in which it is no better than a guess."""

from __future__ import annotations

import polars as pl
import pytest

from xstilts.report.card import Card, Fit, card

# Language, split, score, floor, examples: learned; on too few rows; worse than a guess; on validation rows alone.
ROWS = [
    ("en", "validation", 40.0, 77.6, 60),  # not asked: there are test rows
    ("en", "test", 88.8, 77.6, 400),
    ("sw", "test", 36.7, 33.3, 60),
    ("et", "test", 24.9, 26.3, 400),
    ("fi", "validation", 60.0, 59.0, 5000),
    ("de", "test", 99.5, 99.0, 400),
    ("et", "validation", 100.0, 50.0, 4),
    ("qu", "test", 100.0, 50.0, 4),
]
FITS = (Fit("validation", "en", 60, 0.4, 20.0, None), Fit("test", "sw", 60, 0.4, 30.0, 25.0))


def written(language: str = "en", fitted: int = 60, seeds: int = 1) -> str:
    frame = pl.DataFrame(
        [
            {"language": language, "split": split, "score": score, "floor": floor, "examples": examples,
             "arm": "baseline", "seed": seed, "metric": "accuracy"}
            for language, split, score, floor, examples in ROWS for seed in range(seeds)
        ]
    )  # fmt: skip
    return card(
        Card(
            "mine", "classification", ("a", "b"), language, "encoder", "", "baseline", 0, frame, FITS, (), "1", {},
            pairs=True, fitted=fitted,
        )
    )  # fmt: skip


@pytest.fixture
def text() -> str:
    return written()


def test_languages_in_which_it_is_no_better_than_a_guess_come_first(text: str) -> None:
    before = text.partition("`encoder`, pretrained")[0]
    warned = [line for line in before.splitlines() if "a trivial predictor" in line]
    assert [line.split()[1] for line in warned] == ["sw", "et", "fi", "de", "qu"]
    # 3 sqrt(52.64 * 47.36 / 60) is 52.64 - 33.3, and 3 sqrt(61.07 * 38.93 / 5000) is 61.07 - 59.
    assert "does not clearly beat" in warned[0] and "more than 52.6 would be clear" in warned[0]
    assert "is no better than" in warned[1] and "floor 26.3" in warned[1]
    assert "more than 61.1 would be clear" in warned[2] and all(
        "no score would be clear" in line for line in warned[3:]
    )
    assert ["name more, with --test" in line for line in warned] == [True, False, False, False, True]


def test_only_languages_that_it_learned_are_named_to_hubs(text: str) -> None:
    head = text.split("---")[1]
    assert "- en\n" in head and not any(f"- {code}\n" in head for code in ("sw", "et", "fi", "de"))
    assert "- sw\n" not in written("sw").split("---")[1]


def test_nothing_is_said_of_a_fit_or_a_choice_that_was_not_made(text: str) -> None:
    assert "fits the 60 validation answers" in text and "| test | sw | 60 | 40.0 | 30.0 | 25.0 |" in text
    raw = written(fitted=0)
    assert "Nothing was rescaled" in raw and "| test | sw | 60 | 40.0 | 30.0 | not fitted |" in raw
    assert "Fitted in" not in raw and "that was fitted" not in raw
    assert "have chosen the run" not in text and "have chosen the run" in written(seeds=2)


def test_the_example_feeds_a_pair_as_it_was_learned(text: str) -> None:
    assert 'tokenizer("one text", "and its other text", truncation=True' in text
