"""The answer in front of a report says what the verdicts say, and no more."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from xstilts.analysis import planted
from xstilts.analysis.gains import paired
from xstilts.analysis.section import Finding
from xstilts.report.answer import answered, sentence, word

TABLE = paired(planted.results(planted.TRUTHS[0], 1.0, np.random.default_rng(0)).drop("baseline", "gain"))


def finding(about: str, verdict: str, **more: object) -> Finding:
    return Finding("an arm gains", about, verdict, **more)  # type: ignore[arg-type]


def test_a_sentence_names_verdict_estimate_interval_and_reason() -> None:
    told = sentence(
        [
            finding("nli", "supported", value=2.1, low=1.0, high=3.2, sure=0.99),
            finding("qa", "undecided", value=0.4, why=("1 seed, 6 are needed",)),
        ]
    )
    assert told == (
        "Whether an arm gains: supported for nli (+2.10 points, 95 % +1.00 .. +3.20); "
        "undecided for qa (+0.40 points), since 1 seed, 6 are needed."
    )


def test_reasons_that_differ_stand_beside_their_arm() -> None:
    told = sentence([finding("a", "undecided", why=("few", "x")), finding("b", "undecided", why=("few", "y"))])
    assert told == "Whether an arm gains: undecided for a (x), b (y), since few."


def test_many_arms_are_counted_and_the_largest_effects_named() -> None:
    told = sentence([finding(f"arm {n}", "refuted", value=float(-n)) for n in range(9)])
    assert "arm 8" in told and "arm 0" not in told and told.endswith("and 6 more.")


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (("undecided", "undecided"), "undecided"),
        (("supported",), "supported"),
        (("refuted", "supported", "undecided"), "1 supported, 1 refuted, 1 undecided"),
        (("no difference",), "no difference"),
    ],
)
def test_one_word_for_one_verdict_else_how_often(verdicts: tuple[str, ...], expected: str) -> None:
    assert word([finding(str(at), verdict) for at, verdict in enumerate(verdicts)]) == expected


def test_the_studys_own_question_comes_before_the_gains() -> None:
    gains = [finding("nli", "supported", value=1.0)]
    own = [Finding("it grows", "nli", "undecided", why=("few",))]
    told, (first, second) = answered([gains, own, []], TABLE)
    assert told == "undecided" and first.startswith("Whether it grows") and second.startswith("Whether an arm gains")


def test_without_verdicts_it_says_what_is_missing() -> None:
    nothing = TABLE.with_columns(score=pl.lit(None, pl.Float64), gain=pl.lit(None, pl.Float64))
    alone = TABLE.filter(pl.col("arm") == "baseline")
    lonely = TABLE.with_columns(gain=pl.lit(None, pl.Float64))
    for frame, expected in ((nothing, "no score is there"), (alone, "no arm but the baseline"), (lonely, "no gain")):
        told, (first, second) = answered([], frame)
        assert told == "no answer yet" and expected in first and f"of {len(frame):,} scores" in second
