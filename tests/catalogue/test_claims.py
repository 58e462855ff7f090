"""The shipped claims are whole, and mistakes in claims of one's own are told with place and nearest name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from xstilts.catalogue.claim import claims, own_claims
from xstilts.catalogue.errors import Problem

ARMS = {"baseline": SimpleNamespace(intermediate=()), "nli": SimpleNamespace(intermediate=("mnli",))}
GOOD = {
    "id": "nli-helps",
    "text": "NLI helps questions in other languages",
    "quantity": "mean_gain",
    "arm": "nli",
    "targets": ["xquad"],
    "languages": "zero-shot",
    "comparison": "above",
    "value": 0.5,
}


def told(*tables: Any) -> list[str]:
    with pytest.raises(Problem) as caught:
        own_claims(tables, "mine.toml", ARMS, ["xquad", "udpos"])
    return list(caught.value.problems)


def test_twenty_claims_and_five_questions_with_what_the_reports_said() -> None:
    known = claims()
    assert {f"C{n}" for n in range(1, 21)} | {f"Q{n}" for n in range(5)} <= set(known)
    assert [(one.name, one.tick, one.number) for one in known["C8"].reports] == [
        ("D0", True, 0.17),
        ("D1", True, 0.17),
        ("D2", True, 0.17),
        ("D3", False, 0.09),
        ("D4", True, 0.17),
    ]
    assert all(one.rules and one.text for one in known.values())
    assert {one.name for name in known for one in known[name].reports} == {"D0", "D1", "D2", "D3", "D4"}


def test_a_claim_of_ones_own_is_read() -> None:
    found = own_claims([GOOD | {"confidence": 0.7}], "mine.toml", ARMS, ["xquad"])["nli-helps"]
    (rule,) = found.rules
    assert (found.kind, rule.comparison, rule.value, rule.prior) == ("own", "above", 0.5, 2.0)
    assert rule.arguments == {"arm": "nli", "targets": ["xquad"], "languages": "zero-shot"}
    assert [(one.name, one.number) for one in found.reports] == [("own", 0.7)]


def test_several_rules_of_one_claim() -> None:
    rule = {name: value for name, value in GOOD.items() if name not in ("id", "text")}
    near = rule | {"comparison": "near", "value": 3, "tolerance": 1}
    found = own_claims([{"id": "a", "text": "b", "rules": [rule, near]}], "mine.toml", ARMS, ["xquad"])
    assert [one.comparison for one in found["a"].rules] == ["above", "near"]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"quantity": "mean_gian"}, "quantity: unknown quantity 'mean_gian': did you mean 'mean_gain'?"),
        ({"comparison": "abov"}, "comparison: 'abov' does not fit 'mean_gain': did you mean 'above'?"),
        ({"comparison": "near"}, "tolerance: is missing: how far from 'value' is near?"),
        ({"value": "much"}, "value: must be a number (found 'much')"),
        ({"targets": ["xqaud"]}, "targets: the study has no target 'xqaud': did you mean 'xquad'?"),
        ({"arm": "nil"}, "arm: the study has no arm 'nil': did you mean 'nli'?"),
        ({"langauges": "all"}, "unknown field 'langauges': did you mean 'languages'?"),
        ({"views": ["no retreival"]}, "views: unknown view 'no retreival': did you mean 'no retrieval'?"),
        ({"over": "sedes"}, "over: unknown value 'sedes': did you mean 'seeds'?"),
        ({"group": "little"}, "group: the study has no group of languages 'little': it has none"),
        ({"views": "neither"}, "views: must be a list of names (found 'neither')"),
        ({"quantity": ["mean_gain"]}, None),
        ({"rules": 3}, None),
        ({"says": 3}, "says: must be a text (found 3)"),
        ({"confidence": 7}, "confidence: a number from 0 to 1 (found 7)"),
        ({"prior": 0}, "prior: must be above 0 (found 0)"),
        ({"self_pairs": "no"}, "self_pairs: must be true or false (found 'no')"),
    ],
)
def test_a_mistake_is_told_with_its_place(change: dict[str, Any], line: str | None) -> None:
    lines = told(GOOD | change)
    assert all(one.startswith("mine.toml, [[claims]] 1 (nli-helps): ") for one in lines)
    assert line is None or lines == [f"mine.toml, [[claims]] 1 (nli-helps): {line}"]


def test_what_only_shipped_claims_have_is_refused() -> None:
    assert told(GOOD | {"kind": "fact"}) == [
        "mine.toml, [[claims]] 1: kind: only shipped claims have this: leave it out"
    ]


def test_all_mistakes_are_told_at_once() -> None:
    lines = told({"id": "a"}, GOOD | {"id": "C1"}, GOOD, GOOD)
    assert lines == [
        "mine.toml, [[claims]] 1 (a): text: is missing",
        "mine.toml, [[claims]] 1 (a): quantity: is missing: known are " + lines[1].rpartition("known are ")[2],
        "mine.toml, [[claims]] 2 (C1): a shipped claim has this id: choose another",
        "mine.toml, [[claims]] 4 (nli-helps): another claim of this file has this id: choose another",
    ]
