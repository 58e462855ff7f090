"""What a claim is: a sentence with the quantity it is about and the rule that decides it.

In: ``published/claims.toml`` and ``[[claims]]`` of study files. Out: ``Claim`` records, or one ``Problem`` with every
mistake. Claims are data: what their quantities are worth and what follows is said by ``analysis``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

from xstilts.catalogue.errors import Problem, nearest

Kind = Literal["effect", "fact", "question", "own"]

_ONE = ("above", "below", "near")
_EACH = ("all below", "almost all above", "several above")
VIEWS: Mapping[str, Mapping[str, bool]] = {
    "no retrieval": {"retrieval": False},
    "no self-pairs": {"self_pairs": False},
    "neither": {"retrieval": False, "self_pairs": False},
    "with MLM": {"mlm": True},
}


@dataclass(frozen=True)
class Known:
    """A quantity by name: what it is, the arguments it takes, the comparisons that fit, the standard deviation of what
    is believed of it beforehand (in its own unit)."""

    says: str
    arguments: tuple[str, ...]
    comparisons: tuple[str, ...] = _ONE
    prior: float = 2.0


_ARM = ("intermediate", "arm")
_WHERE = ("targets", "else_all", "languages", "group", "retrieval", "self_pairs", "mlm")
QUANTITIES: Mapping[str, Known] = {
    "mean_gain": Known("mean gain of an arm", (*_ARM, *_WHERE, "over")),
    "mean_score": Known("mean score of an arm", (*_ARM, *_WHERE), prior=1000.0),
    "gain_difference": Known("gain of one arm less that of another", ("first", "second", *_WHERE, "over")),
    "joint_over_best": Known("gain of the arm of most tasks less the best single arm's", _WHERE),
    "best_per_target": Known("mean gain where each target gets its best arm", ("targets", "languages")),
    "gain_of_each": Known("gain of each intermediate task", (*_WHERE, "joint"), _EACH),
    "smallest_gain_of_each": Known("each intermediate task's gain on its worst target", (*_WHERE, "joint"), _EACH),
    "alone_over_mlm": Known("gain without less gain with masked language modelling alongside", _WHERE),
    "english_over_translated": Known("gain of English less gain of translated intermediate data", _WHERE),
    "multilingual_over_english": Known("gain of multilingual less gain of English intermediate data", _WHERE),
    "slope_difference": Known(
        "gain a factor of ten in intermediate examples, one group less another", (*_ARM, *_WHERE, "than"), prior=1.0
    ),
    "size_slope": Known("gain a factor of ten in intermediate examples", (*_ARM, *_WHERE), prior=1.0),
    "scale_slope": Known("gain a factor of ten in parameters", (*_ARM, *_WHERE, "up_to"), prior=1.0),
    "similarity_margin": Known("ranking by similarity less ranking by best average", ()),
    "calibration_interaction": Known("size by morphology in the loss of calibration", ("arm",), prior=0.02),
    "fact": Known("a number or name in a source", ("fact",), ("equal",)),
}
_TYPES: Mapping[str, type] = {
    "retrieval": bool,
    "self_pairs": bool,
    "mlm": bool,
    "joint": bool,
    "else_all": bool,
    "fact": str,
    "arm": str,
    "group": str,
    "than": str,
}
OVER = ("seeds", "families")


@dataclass(frozen=True)
class Rule:
    """A quantity, and what of it supports or refutes. ``name`` tells several rules of a claim apart; ``says`` is the
    quantity in words. ``value`` and ``tolerance`` are in the quantity's unit. ``views``: names of ``VIEWS`` under which
    the quantity is shown as well; they decide nothing."""

    quantity: str
    arguments: Mapping[str, Any]
    comparison: str
    value: float | str
    tolerance: float = 0.0
    prior: float = 2.0
    name: str = ""
    says: str = ""
    views: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """What a report says of a claim: its tick ("verified") and its number between 0 and 1, None where it has none."""

    name: str
    tick: bool | None = None
    number: float | None = None


@dataclass(frozen=True)
class Claim:
    """A sentence and its rules, all of which must hold. ``backbone`` and ``benchmark`` are those it is about ("" where
    it names none). ``published``: what the published table can and cannot tell; without ``bears`` that is nothing."""

    id: str
    text: str
    kind: Kind
    rules: tuple[Rule, ...]
    reports: tuple[Report, ...] = ()
    backbone: str = ""
    benchmark: str = ""
    published: str = ""
    bears: bool = True
    settled_by: str = ""


@cache
def claims() -> Mapping[str, Claim]:
    """The shipped claims by id, in the order of their file."""
    text = files("xstilts.catalogue.published").joinpath("claims.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    found = [
        claim_from_table({**tables["defaults"].get(one["kind"], {}), **one}, "claims.toml") for one in tables["claims"]
    ]
    return MappingProxyType({claim.id: claim for claim in found})


def own_claims(
    tables: Sequence[Any],
    place: str,
    arms: Mapping[str, Any],
    targets: Sequence[str],
    groups: Sequence[str] = (),
) -> dict[str, Claim]:
    """The claims of ``[[claims]]`` of the study file ``place``, by id. Raises ``Problem`` with every mistake.

    ``arms``, ``targets`` and ``groups`` are those of the study: a claim of its own can only be about them. An arm has
    its intermediate tasks as ``intermediate``.
    """
    wrong: list[str] = []
    found: dict[str, Claim] = {}
    for number, table in enumerate(tables, 1):
        if not isinstance(table, Mapping):
            raise Problem(f"{place}: claims must be tables, as in [[claims]]")
        where = f"{place}, [[claims]] {number}"
        if shipped := [name for name in _SHIPPED if name in table]:
            wrong.append(f"{where}: {', '.join(shipped)}: only shipped claims have this: leave it out")
            continue
        try:
            claim = claim_from_table({"kind": "own", **table}, where)
        except Problem as problem:
            wrong += problem.problems
            continue
        if claim.id in found or claim.id in claims():
            other = "a shipped claim" if claim.id in claims() else "another claim of this file"
            wrong.append(f"{place}, [[claims]] {number} ({claim.id}): {other} has this id: choose another")
        wrong += [
            f"{place}, [[claims]] {number} ({claim.id}): {line}" for line in _strangers(claim, arms, targets, groups)
        ]
        found[claim.id] = claim
    if wrong:
        raise Problem(*wrong)
    return found


def _strangers(claim: Claim, arms: Mapping[str, Any], targets: Sequence[str], groups: Sequence[str]) -> Iterator[str]:
    """Names in ``claim`` that are no arms, targets or intermediate tasks of the study."""
    prepared = ["joint", *("+".join(arm.intermediate) for arm in arms.values() if arm.intermediate)]
    known = {
        "arm": list(arms),
        "targets": list(targets),
        "group": list(groups),
        "than": list(groups),
        **dict.fromkeys(("intermediate", "first", "second"), prepared),
    }
    what = {"arm": "arm", "targets": "target", "group": "group of languages", "than": "group of languages"}
    for rule in claim.rules:
        for field, names in known.items():
            said = rule.arguments.get(field, ())
            for name in [said] if isinstance(said, str) else said:
                if name not in names:
                    kind = what.get(field, "arm with the intermediate task")
                    near = nearest(name, names) or f": it has {', '.join(names) or 'none'}"
                    yield f"{field}: the study has no {kind} '{name}'{near}"


_CLAIM = ("id", "text", "kind", "rules", "reports", "confidence", "backbone", "benchmark")
_ABOUT = ("published", "bears", "settled_by")
_SHIPPED = ("kind", "reports", "published", "bears")
_RULE = ("quantity", "comparison", "value", "tolerance", "prior", "name", "says", "views")
_ARGUMENTS = tuple(dict.fromkeys(name for one in QUANTITIES.values() for name in one.arguments))


def claim_from_table(table: Mapping[str, Any], place: str) -> Claim:
    """One claim. With a single rule its fields may stand in the claim's own table. ``place`` opens every line of the
    ``Problem`` that is raised for mistakes."""
    place = f"{place} ({table['id']})" if isinstance(table.get("id"), str) else place
    about = {name: table[name] for name in (*_CLAIM, *_ABOUT) if name in table and name != "rules"}
    rest = {name: value for name, value in table.items() if name not in (*_CLAIM, *_ABOUT)}
    rules = table.get("rules", [rest])
    wrong = [f"{name}: is missing" for name in ("id", "text") if not table.get(name)]
    wrong += [
        f"{name}: must be a text"
        for name in ("id", "text", "backbone", "benchmark")
        if not isinstance(table.get(name, ""), str)
    ]
    if "rules" in table and rest:
        wrong.append(f"{', '.join(rest)}: belongs into one of its [[claims.rules]]")
    if not isinstance(rules, list) or not all(isinstance(rule, Mapping) for rule in rules) or not rules:
        wrong.append("rules: must be tables, as in [[claims.rules]]")
        rules = []
    made: list[Rule] = []
    for number, rule in enumerate(rules, 1):
        before = f"[[claims.rules]] {number}: " if len(rules) > 1 else ""
        mistakes = list(_rule_mistakes(rule))
        wrong += [before + line for line in mistakes]
        if not mistakes:
            made.append(_rule(rule))
    reports = [Report(*one) for one in about.pop("reports", ())]
    if (number := about.pop("confidence", None)) is not None:
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= 1:
            wrong.append(f"confidence: a number from 0 to 1 (found {number!r})")
        else:
            reports.append(Report("own", None, float(number)))
    if wrong:
        raise Problem(*(f"{place}: {line}" for line in wrong))
    return Claim(**about, rules=tuple(made), reports=tuple(reports))


def _rule(table: Mapping[str, Any]) -> Rule:
    known = QUANTITIES[table["quantity"]]
    value = table["value"]
    return Rule(
        quantity=table["quantity"],
        arguments={name: table[name] for name in known.arguments if name in table},
        comparison=table["comparison"],
        value=value if isinstance(value, str) else float(value),
        tolerance=float(table.get("tolerance", 0.0)),
        prior=float(table.get("prior", known.prior)),
        name=table.get("name", ""),
        says=table.get("says", "") or _said(table, known),
        views=tuple(table.get("views", ())),
    )


def _said(table: Mapping[str, Any], known: Known) -> str:
    """The quantity in words, where the claim has none of its own: ``mean gain of nli, xquad mlqa``."""
    said = known.says
    if name := table.get("arm") or table.get("intermediate"):
        said = said.replace("an arm", name if isinstance(name, str) else " or ".join(name))
    if {"first", "second"} <= set(table):
        first, second = (
            "+".join([table[name]] if isinstance(table[name], str) else table[name]) for name in ("first", "second")
        )
        said = f"gain of {first} - gain of {second}"
    return ", ".join([said, *([" ".join(table["targets"])] if table.get("targets") else [])])


def _rule_mistakes(table: Mapping[str, Any]) -> Iterator[str]:
    name = table.get("quantity")
    if not isinstance(name, str) or name not in QUANTITIES:
        near = nearest(str(name), QUANTITIES) if name else ""
        said = f"unknown quantity '{name}'" if name else "is missing"
        yield f"quantity: {said}{near or ': known are ' + ', '.join(QUANTITIES)}"
        return
    known = QUANTITIES[name]
    for field in table:
        if field not in (*_RULE, *known.arguments):
            theirs = f"'{name}' has no argument '{field}'" if field in _ARGUMENTS else f"unknown field '{field}'"
            options = (*known.arguments, *_RULE)
            yield f"{theirs}{nearest(field, options) or '; known: ' + ', '.join(options)}"
    comparison = table.get("comparison")
    if comparison not in known.comparisons:
        said = f"'{comparison}' does not fit '{name}'" if comparison else "is missing"
        near = nearest(str(comparison), known.comparisons) if comparison else ""
        yield f"comparison: {said}{near or ': one of ' + ', '.join(known.comparisons)}"
    if "value" not in table:
        yield "value: is missing"
    numbers = [
        field for field in ("value", "tolerance", "prior") if field in table and (field, name) != ("value", "fact")
    ]
    for field in numbers:
        if isinstance(table[field], bool) or not isinstance(table[field], int | float):
            yield f"{field}: must be a number (found {table[field]!r})"
        elif field != "value" and table[field] <= 0:
            yield f"{field}: must be above 0 (found {table[field]!r})"
    if comparison == "near" and "tolerance" not in table:
        yield "tolerance: is missing: how far from 'value' is near?"
    yield from _argument_mistakes(table, known)


def _argument_mistakes(table: Mapping[str, Any], known: Known) -> Iterator[str]:
    for field in ("name", "says"):
        if not isinstance(table.get(field, ""), str):
            yield f"{field}: must be a text (found {table[field]!r})"
    views = table.get("views", ())
    if not isinstance(views, list | tuple) or not all(isinstance(view, str) for view in views):
        yield f"views: must be a list of names (found {views!r})"
        views = ()
    for view in views:
        if view not in VIEWS:
            yield f"views: unknown view '{view}'{nearest(view, VIEWS) or ': known are ' + ', '.join(VIEWS)}"
    for field in known.arguments:
        value = table.get(field)
        if value is None:
            if field in ("fact", "first", "second", "than") or (field == "group" and "than" in known.arguments):
                yield f"{field}: is missing"
        elif field in _TYPES:
            if not isinstance(value, _TYPES[field]):
                yield f"{field}: must be {'true or false' if _TYPES[field] is bool else 'a text'} (found {value!r})"
        elif field == "up_to":
            if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
                yield f"up_to: must be a number above 0 (found {value!r})"
        elif field == "over":
            if value not in OVER:
                yield f"over: unknown value {value!r}{nearest(str(value), OVER) or ': one of ' + ', '.join(OVER)}"
        elif isinstance(value, str):
            if field == "languages" and value not in ("all", "zero-shot"):
                yield f"languages: 'all', 'zero-shot' or a list of codes (found '{value}')"
            if field == "targets":
                yield f"targets: must be a list of names (found '{value}')"
        elif not isinstance(value, list | tuple) or not value or not all(isinstance(part, str) for part in value):
            yield f"{field}: must be a list of names (found {value!r})"
