"""Numbers of a sentence with unit, sign and part: a change, a score that is reached, a count, a share.

In: a sentence and its marks. Out: ``Number`` values with their place. Numbers that only name something (years,
versions, tables, citations) are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from xstilts.catalogue.words import words
from xstilts.literature.terms import THINGS, Mark, unit_after

Part = Literal["change", "score", "count", "share"]

_SMALL = words("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen")
WORDS: dict[str, float] = {word: float(number) for number, word in enumerate(_SMALL)}
WORDS |= {"twenty": 20.0, "thirty": 30.0, "forty": 40.0, "fifty": 50.0, "hundred": 100.0, "half": 0.5}
_SHARES = {"half": 1 / 2, "a third": 1 / 3, "two thirds": 2 / 3, "a quarter": 1 / 4, "three quarters": 3 / 4}
_NUMBER = re.compile(
    r"(?<![\w.,])(?P<sign>[+-])?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<size>\s?(?:million|billion|[kKMB]\b))?"
    r"(?![\w]|\.\d)|\b(?P<word>" + "|".join(WORDS) + r")\b",
    re.IGNORECASE,
)
_SHARE = re.compile(
    r"\b(?:by |of )?(" + "|".join(map(re.escape, sorted(_SHARES, key=len, reverse=True))) + r")\b", re.IGNORECASE
)
_SIZES = {"million": 1e6, "billion": 1e9, "k": 1e3, "m": 1e6, "b": 1e9}
_NAMING = re.compile(
    r"(?:\b(?:table|section|figure|fig\.|sec\.|appendix|equation|eq\.|layer|version|seed|epoch|step|phase|page|in|since|of)\s*"
    r"|[\[(@=<>]\s*|et al\.,?\s*|et al\. \()$",
    re.IGNORECASE,
)
_RATIO = re.compile(
    r"\b(\d+|"
    + "|".join(WORDS)
    + r")\s+(?:out of|of)\s+(?:the\s+|all\s+|our\s+)?(\d+|"
    + "|".join(WORDS)
    + r")\b(?!\.\d)",
    re.IGNORECASE,
)
# Units of what is no result of the field: time, memory, effort.
_ELSE = re.compile(
    r"[\s-]*(?:s|ms|h|min|[GMK]i?B|hours?|minutes?|seconds?|days?|epochs?|layers?|steps?|updates?|times|fold|x|×|tokens?|"
    r"words?|pages?|GPUs?|cores?|threads?|characters?|columns?|ids?|bits?|heads?|dimensions?|windows?)(?!\w)"
)
COUNTS = frozenset(("examples", "languages", "tasks", "phases", "parameters", "seeds"))


@dataclass(frozen=True)
class Number:
    """A value as written. ``digits``: how many follow the point; ``unit``: one of ``terms.toml`` or ``""``; ``sign``:
    ``+``, ``-`` or ``""``; ``before``: for ``from A to B``, the A of this B."""

    start: int
    end: int
    value: float
    digits: int
    unit: str
    sign: str
    part: Part
    before: float | None = None


def numbers(text: str, marks: Sequence[Mark]) -> list[Number]:
    """The numbers of ``text`` in order, of ``from A to B`` only B."""
    taken = [(mark.start, mark.end) for mark in marks if mark.kind in (*THINGS, "baseline")]
    taken += [found.span() for found in _RATIO.finditer(text)]
    directed = [mark for mark in marks if mark.kind.startswith(("up.", "down.", "flat.change"))]
    found: list[Number] = []
    for one in _NUMBER.finditer(text):
        if any(start <= one.start() < end for start, end in taken):
            continue
        made = _number(text, one, found[-1] if found else None, directed)
        if made is not None:
            found.append(made)
    found += [
        Number(one.start(1), one.end(1), _SHARES[one[1].lower()], 2, "percent", "", "share")
        for one in _SHARE.finditer(text)
    ]
    ordered = sorted(found, key=lambda one: one.start)
    for i in range(len(ordered) - 2, -1, -1):  # of "7.0 and 7.5 points" both are points
        first, following = ordered[i], ordered[i + 1]
        listed = re.fullmatch(r"\s*(?:,|and|,\s*and)\s*", text[first.end : following.start])
        if listed and not first.unit and following.part != "count":
            ordered[i] = replace(first, unit=following.unit)
        elif not first.unit and first.digits == 0 and first.value >= 100 and following.part == "count":
            ordered[i] = replace(first, unit=following.unit, part="count")
    return list(_ranges(text, ordered)) if ordered else []


def ratios(text: str) -> Iterator[tuple[int, float]]:
    """Place and value of ``eight out of nine``."""
    for found in _RATIO.finditer(text):
        some, total = (
            float(WORDS.get(part.lower(), 0) or (part.isdigit() and int(part)) or 0) for part in found.groups()
        )
        if total >= some > 0 and total > 1:
            yield found.start(), some / total


def _number(text: str, found: re.Match[str], last: Number | None, directed: Sequence[Mark]) -> Number | None:
    unit, end = unit_after(text, found.end()) or ("", found.end())
    if not unit and _ELSE.match(text, found.end()):
        return None
    if word := found["word"]:
        if word.lower() in ("half", "hundred") or (word.lower() in ("one", "zero") and not unit):
            return None
        if not unit and not _counted(text, found.end()) and not (last and last.part == "count"):
            return None
        value, digits, sign = float(WORDS[word.lower()]), 0, ""
        unit = unit or _counted(text, found.end()) or (last.unit if last else "")
        return Number(found.start(), end, value, digits, unit, sign, "count" if unit in COUNTS else "change")
    plain = found["digits"].replace(",", "")
    value, digits = float(plain), len(plain.partition(".")[2])
    size = (found["size"] or "").strip().lower()
    if size:
        value *= _SIZES[size]
    sign = found["sign"] or ""
    if sign == "-" and re.search(r"\w$", text[: found.start()]):
        sign = ""
    before = text[: found.start()]
    if not unit and not sign and (_names(before, plain, size) or (1950 <= value <= 2040 and digits == 0 and not size)):
        return None
    if not unit:
        unit = _counted(text, found.end()) or _metric_before(before)
    if not unit and last is not None and last.part == "count" and digits == 0:
        unit = last.unit
    return Number(found.start(), end, value, digits, unit, sign, _part(text, found, unit, end, sign, directed))


def _counted(text: str, place: int) -> str:
    """The unit of ``nine English target tasks``: a count whose noun follows after a few words."""
    for skip in range(4):
        skipped = re.match(rf"(?:\s+[A-Za-z][\w+-]*){{{skip}}}(?=\s)", text[place:])
        if skipped and (unit := unit_after(text, place + skipped.end())) and unit[0] in COUNTS:
            between = text[place : place + skipped.end()]
            return "" if re.search(r"\b(?:on|for|in|with|of|and|or|by|to|over|at)\b", between) else unit[0]
    return ""


def _metric_before(before: str) -> str:
    """``an F1 of 3`` and ``accuracy by 3``: the unit before the number."""
    found = re.search(r"\b(F1|exact match|EM|accuracy)(?:\s+\w+){0,4}\s+(?:of|by|to|at)\s*$", before)
    return {"F1": "f1", "exact match": "em", "EM": "em", "accuracy": "accuracy"}[found[1]] if found else ""


def _names(before: str, digits: str, size: str) -> bool:
    """Whether a number only names something."""
    naming = _NAMING.search(before)
    if not naming:
        return False
    word = naming[0].strip().lower()
    if word in ("in", "since", "of"):
        return bool(re.fullmatch(r"(?:19|20)\d\d", digits)) and not size
    return word not in ("(", "=", "<", ">") or (word == "(" and bool(re.fullmatch(r"(?:19|20)\d\d", digits)))


_REACHED = re.compile(
    r"\b(?:(?<!up )to|at(?! most| best)|reach\w*|is|was|are|were|obtain\w*|achiev\w*|attain\w*|scor\w*|report\w*|"
    r"of just|stops at)\s+"
    r"(?:about |only |an? (?:accuracy|F1|score) of )?$",
    re.IGNORECASE,
)


def _part(text: str, found: re.Match[str], unit: str, end: int, sign: str, directed: Sequence[Mark]) -> Part:
    if unit in COUNTS or (not unit and not sign and "." not in found["digits"] and len(found["digits"]) > 3):
        return "count"
    before = text[: found.start()]
    after = text[end : end + 30]
    if unit == "percent" and re.match(r"\s*of\b", after):
        return "share"
    if sign or re.search(r"\bby\s+(?:about\s+|only\s+|as much as\s+|up to\s+|at most\s+)?$", before):
        return "change"
    if re.match(
        r"[\s-]*(?:better|worse|higher|lower|above|below|ahead|behind|short|advantage|gain|improve|drop|loss|less|more)",
        after,
    ):
        return "change"
    points = "point" in text[found.end() : end]
    if points and re.search(r"\b(?:is|was|are|were)\s+(?:about |only )?$", before):
        return "change"
    if _REACHED.search(before):
        noun = re.search(r"\b(?:gain|benefit|advantage|improvement|increase|loss|drop|decrease|effect)s?\b", before)
        return "change" if noun else "score"
    if points:
        return "change"
    return (
        "change" if any(mark.end <= found.start() and found.start() - mark.end < 60 for mark in directed) else "score"
    )


def _ranges(text: str, found: Sequence[Number]) -> Iterator[Number]:
    """``from A to B`` and ``A before and B after`` as B, which knows its A."""
    skip = False
    for number, following in zip(found, [*found[1:], None], strict=True):
        if skip:
            skip = False
            continue
        between = text[number.end : following.start] if following else ""
        start = text[: number.start]
        span = re.search(r"\bfrom\s+$", start) and re.fullmatch(r"\s*(?:\S+\s+){0,3}to\s+", between)
        times = re.fullmatch(r"\s*before\s+(?:and|but)\s+", between)
        if following and (span or times):
            skip = True
            unit = following.unit or number.unit
            noun = re.search(r"\b(?:gain|benefit|advantage|improvement)s?\b", start)
            part: Part = "count" if unit in COUNTS else "change" if noun else "score"
            yield replace(following, unit=unit, before=number.value, part=part)
        else:
            yield number
