"""A study's question answered in two sentences made from verdicts, and in one word.

In: the findings of its analyses. Out: text. Nothing is said here that no verdict says: undecided stays undecided, with
the reason.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from xstilts.analysis.gains import BASELINE
from xstilts.analysis.section import Finding, between, counted, signed

NAMED = 3  # of one verdict, named one by one; the rest is counted
# Verdicts in the order in which they are said.
WORDS = ("supported", "more", "less", "no difference", "refuted", "undecided")


def answered(groups: Sequence[Sequence[Finding]], frame: pl.DataFrame) -> tuple[str, tuple[str, ...]]:
    """The word and two sentences. ``groups``: findings by analysis, in the order in which the study names them; the
    last that has any is about the study's own question, the first is the gain of every arm."""
    told = [list(group) for group in groups if group]
    if not told:
        return "no answer yet", (nothing(frame), _standing(frame))
    # The study's own question, then the gains, or the gains of all targets, then those without retrieval.
    asked = [part for group in (told[-1], *told[:-1]) for part in _by_question(group)]
    second = sentence(asked[1]) if len(asked) > 1 else _standing(frame)
    return word(asked[0]), (sentence(asked[0]), second)


def _by_question(findings: Sequence[Finding]) -> list[list[Finding]]:
    return [[one for one in findings if one.asked == asked] for asked in dict.fromkeys(one.asked for one in findings)]


def word(findings: Sequence[Finding]) -> str:
    """One verdict for all, or how often each one was given."""
    found = [(name, sum(one.word == name for one in findings)) for name in WORDS]
    given = [(name, count) for name, count in found if count]
    return given[0][0] if len(given) == 1 else ", ".join(f"{count} {name}" for name, count in given)


def sentence(findings: Sequence[Finding]) -> str:
    """``Whether an arm gains ...: supported for nli (+2.1 points, 95 % +1.0 .. +3.2); undecided for qa (1 seed, ...).``

    Reasons that all undecided ones share are said once.
    """
    parts = []
    for name in WORDS:
        own = [one for one in findings if one.word == name]
        if not own:
            continue
        undecided = name == "undecided"
        shared = [why for why in own[0].why if undecided and all(why in one.why for one in own)]
        shown = own if len(own) <= NAMED else sorted(own, key=lambda one: -abs(one.value or 0.0))[:NAMED]
        apart = {one.about: [why for why in one.why if undecided and why not in shared] for one in shown}
        said = ", ".join(f"{one.about}{_value(one, apart[one.about])}" for one in shown)
        more = f" and {len(own) - len(shown)} more" if len(own) > len(shown) else ""
        parts.append(f"{name} for {said}{more}" + (f", since {'; '.join(shared)}" if shared else ""))
    return f"Whether {findings[0].asked}: {'; '.join(parts)}."


def nothing(frame: pl.DataFrame) -> str:
    """Why there is no answer."""
    if not frame["score"].is_not_null().any():
        return "There is no answer yet: no score is there."
    if set(frame["arm"].unique()) == {BASELINE}:
        return "There is no answer: the study has no arm but the baseline."
    if not frame["gain"].is_not_null().any():
        return "There is no answer yet: no score has its baseline beside it, so there is no gain."
    return "There is no answer: no arm has a gain in a language without labels of a target that the baseline learned."


def _standing(frame: pl.DataFrame) -> str:
    """What the verdicts rest on."""
    scored = frame.filter(pl.col("score").is_not_null())
    over = (
        counted(scored["seed"].n_unique(), "seed"),
        counted(scored["language"].n_unique(), "language"),
        counted(scored["family"].n_unique(), "family", "families"),
        counted(scored["target"].n_unique(), "target"),
    )
    whole = f"{len(scored):,} of {len(frame):,} scores are there"
    return f"{whole}, of {', '.join(over)}." if len(scored) else f"{whole}."


def _value(one: Finding, why: Sequence[str]) -> str:
    told = []
    if one.value is not None:
        told.append(f"{signed(one.value)} {one.unit}")
    if one.low is not None and one.high is not None:
        told.append(f"95 % {between(one.low, one.high)}")
    if why:
        told.append("; ".join(why))
    return f" ({', '.join(told)})" if told else ""
