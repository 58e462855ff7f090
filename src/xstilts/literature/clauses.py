"""Where one clause of a sentence ends and the next begins, and which of its words are only set aside.

In: a sentence and its marks. Out: places.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from xstilts.literature.terms import THINGS, Mark


def aside(text: str, mark: Mark, found: Sequence[Mark]) -> bool:
    """Whether a name is only set aside, or a word only part of another phrase."""
    before = text[: mark.start]
    if mark.kind in THINGS and re.search(
        r"\b(?:all|every|each)\b[^,.;]{0,40}\b(?:but|except|save)\s+$", before, re.IGNORECASE
    ):
        return True
    if mark.kind == "rank":
        return before.endswith("at ") or any(one.start <= mark.start < one.end for one in found if one.kind in THINGS)
    if mark.value == "multilingual":
        return (
            re.match(r"\s+(?:masked|language model|encoder|model|BERT|benchmark|pre-?train)", text[mark.end :])
            is not None
        )
    return False


VERBS = ("up.worth", "up.amount", "down.worth", "down.amount")


def clauses(text: str, found: Sequence[Mark]) -> Iterator[tuple[int, int]]:
    """Where one clause ends and the next begins: at words such as ``whereas``, at ``;`` and ``:``, and where ``and`` or
    a comma begins a second effect."""
    cuts = {mark.start for mark in found if mark.kind == "cut" and not _excepts(text, mark)}
    for one in re.finditer(r"[;:](?=\s)", text):  # what only lists numbers belongs to what it lists them of
        if one[0] == ";" or any(mark.start > one.start() and mark.kind in THINGS for mark in found):
            cuts.add(one.start())
    for mark in found:
        if mark.kind == "cut" and text[mark.start : mark.end].lower() == "which":
            comma = text.find(",", mark.end)
            cuts |= {comma} if comma > 0 else set()
    for one in re.finditer(r"(?:,|\band\b|\bor\b)\s+(?:also\s+|slightly\s+|even\s+)?(?=\w)", text):
        behind = [mark for mark in found if mark.kind in VERBS and mark.start == one.end()]
        ahead = [mark for mark in found if mark.kind in VERBS and mark.end <= one.start()]
        if (
            behind
            and ahead
            and behind[0].kind[:2] != ahead[-1].kind[:2]
            and not re.match(r"\w+\s+of\b", text[one.end() :])
        ):
            cuts.add(one.start())
    cuts |= {one.start() for one in re.finditer(r",\s+(?:less|more|better|worse|higher|lower)\s+than\b(?!\s+\d)", text)}
    for one in re.finditer(r",\s+and\s", text):
        if all(
            any(mark.kind in VERBS and (mark.start > one.start()) == late for mark in found) for late in (True, False)
        ):
            cuts.add(one.start())
    edges = [0, *sorted(cut for cut in cuts if cut > 0), len(text)]
    yield from ((a, b) for a, b in itertools.pairwise(edges) if b > a)


def _excepts(text: str, mark: Mark) -> bool:
    """Whether a "but" sets one thing aside: ``all tasks but CCG``."""
    but = text[mark.start : mark.end].lower() == "but"
    return (
        but
        and re.search(r"\b(?:all|every|each|none|no|nothing)\b[^,.;]{0,30}$", text[: mark.start], re.IGNORECASE)
        is not None
    )
