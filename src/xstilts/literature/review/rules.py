"""Three rules that look for an item in different kinds of evidence, each without regard to the others.

In: a text's material, an item. Out: a finding a rule: *yes*, *no*, *partly* (said and denied) or *not found*, with what
it rests on. ``words``: sentences that say so. ``structure``: a section of its own, and what stands in it. ``figures``:
numbers, links, and columns of tables. They read the same text, so they are independent in what they look at, not in the
sense of statistics.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from xstilts.literature.document import Place
from xstilts.literature.review.checklist import Item
from xstilts.literature.review.material import Material, Unit

Score = Literal["yes", "partly", "no", "not found"]
Patterns = Mapping[str, tuple[re.Pattern[str], ...]]
# "We do not report intervals", "without intervals", "a lack of proper intervals", "we leave out intervals": a few
# words at most before what was found, without "and" or "but" between.
_BEFORE = re.compile(
    r"(?:\b(?:not|never|cannot|unable\s+to)|n't)\s+(?!only\b)(?:(?!and\b|but\b|or\b)[\w'-]+\s+){0,4}$"
    r"|\b(?:no|without|neither|nor|lacks?|lacking|lack\s+of|omit\w*|(?:leave|left|leaving)\s+out)\s+"
    r"(?:[\w'-]+\s+){0,2}$",
    re.IGNORECASE,
)
# "Intervals are not given", "intervals could not be computed", "intervals are omitted".
_AFTER = re.compile(
    r"^[^.;:,]{0,90}?\b(?:(?:is|are|was|were|has|have|had|could|can|will|would)(?:\s+not|n't)|cannot)\s+"
    r"(?:be\s+|been\s+)?\w+(?:ed|en|own|ound|ept|aid|ade|un)\b"
    r"|^[^.;:,]{0,90}?\b(?:is|are|was|were|remains?)\s+(?:omitted|missing|absent|lacking|unknown|unavailable|left\s+out)\b",
    re.IGNORECASE,
)
_KEPT = 5  # quotations of a finding


@dataclass(frozen=True)
class Quotation:
    """What stands at ``place``, and whether it speaks for or against."""

    place: Place
    text: str
    speaks: Literal["for", "against"]


@dataclass(frozen=True)
class Finding:
    """What one rule says of one item."""

    item: str
    rule: str
    score: Score
    quotations: tuple[Quotation, ...] = ()


def findings(material: Material, items: Sequence[Item]) -> list[Finding]:
    """Every rule of every item; an item has no finding of a rule that it does not define."""
    found = []
    for item in items:
        for name, patterns in item.rules.items():
            quotations = tuple(RULES[name](material, patterns, item.denial))
            found.append(Finding(item.name, name, _score(quotations), _few(quotations)))
    return found


def _score(quotations: Iterable[Quotation]) -> Score:
    sides = {one.speaks for one in quotations}
    if len(sides) == 2:
        return "partly"
    return "yes" if "for" in sides else "no" if "against" in sides else "not found"


def _few(quotations: Sequence[Quotation]) -> tuple[Quotation, ...]:
    """The first of both sides, in reading order."""
    kept = [[one for one in quotations if one.speaks == side][:_KEPT] for side in ("for", "against")]
    return tuple(sorted((*kept[0], *kept[1]), key=lambda one: (one.place.page, one.place.start)))


def _words(material: Material, patterns: Patterns, denial: bool) -> Iterable[Quotation]:
    for unit in material.units:
        if unit.kind == "sentence":
            yield from _said(unit, patterns.get("yes", ()), patterns.get("no", ()), denial)


def _figures(material: Material, patterns: Patterns, denial: bool) -> Iterable[Quotation]:
    for unit in material.units:
        if unit.kind == "head":
            cells = [cell.strip(" |*`\t") for cell in re.split(r"[|\t]", unit.text)]
            if any(pattern.fullmatch(cell) for pattern in patterns.get("columns", ()) for cell in cells):
                yield Quotation(unit.place, unit.text, "for")
        elif unit.kind != "heading":
            yield from _said(unit, patterns.get("yes", ()), (), denial)


def _structure(material: Material, patterns: Patterns, denial: bool) -> Iterable[Quotation]:
    for number, heading in enumerate(material.headings):
        if not any(pattern.search(heading.title) for pattern in patterns["sections"]):
            continue
        inside = material.within(number)
        if "has" not in patterns:
            texts = [unit for unit in inside if unit.kind != "heading"]
            yield from (Quotation(unit.place, unit.text, "for") for unit in texts[:1])
            continue
        for unit in inside:
            if unit.kind != "heading":
                yield from _said(unit, patterns["has"], (), denial)


RULES: dict[str, Callable[[Material, Patterns, bool], Iterable[Quotation]]] = {
    "words": _words,
    "structure": _structure,
    "figures": _figures,
}


def _said(
    unit: Unit, yes: Sequence[re.Pattern[str]], no: Sequence[re.Pattern[str]], denial: bool
) -> Iterable[Quotation]:
    """At most one quotation: a unit that says the contrary does not count as saying so."""
    if any(pattern.search(unit.text) for pattern in no):
        yield Quotation(unit.place, unit.text, "against")
        return
    matches = [match for pattern in yes if (match := pattern.search(unit.text))]
    if matches:
        denied = denial and unit.kind == "sentence" and all(_is_denied(unit.text, match) for match in matches)
        yield Quotation(unit.place, unit.text, "against" if denied else "for")


def _is_denied(text: str, found: re.Match[str]) -> bool:
    return bool(_BEFORE.search(text[max(0, found.start() - 80) : found.start()]) or _AFTER.match(text[found.start() :]))
