"""Which direction a clause gives its effect: up, down, none, or several left open.

In: the words of a clause that speak of directions, and its number. Out: a set of directions. "Does not improve" leaves
none and down open, "hardly changes" none; the sign of a number counts more than any word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from xstilts.literature.numbers import Number
from xstilts.literature.terms import Mark

UP, FLAT, DOWN = "+", "0", "-"
Effect = frozenset[str]


def opposite(effect: Effect) -> Effect:
    """What is left open by denying it."""
    return frozenset((UP, FLAT, DOWN)) - effect


def turned(effect: Effect) -> Effect:
    """The same, seen from the other side of a comparison."""
    return frozenset({UP: DOWN, DOWN: UP}.get(one, one) for one in effect)


# "the mean gain" only names one; that there is one is said by a verb such as "shows".
_NAMED = re.compile(
    r"\b(?:the|an?|this|that|its|their|our|of|by|mean|average|published|expected|each|total|same|zero-shot|marginal)\s+"
    r"(?:gain|benefit|advantage|improvement|loss|increase|decrease|drop)s?$",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"\b(?:show|shows|showed|find|found|see|seen|saw|observ\w*|yield\w*|giv\w*|gave|bring\w*|brought|obtain\w*|lead|leads|led|"
    r"result\w*|report\w*|produc\w*|has|have|had|there (?:is|are|was|were)|vanish\w*|disappear\w*|shrink\w*|shrank|"
    r"significant|remain\w*|achiev\w*|with a)\b",
    re.IGNORECASE,
)
_NOUN = re.compile(r"(gain|benefit|advantage|improvement|loss|losses|degradation|damage)s?$", re.IGNORECASE)


def direction(
    text: str, said: Sequence[Mark], number: Number | None, than: bool, error: bool, likened: frozenset[int]
) -> tuple[Effect | None, int]:
    """The directions that the words leave open, and where the word stands that decides."""
    ways = [mark for mark in said if not mark.kind.endswith(".more") and mark.kind != "small"]
    more = [mark for mark in said if mark.kind.endswith(".more") and _compares(text, mark, than, ways, likened)]
    if number is not None and number.sign and not number.value:
        return frozenset((FLAT,)), number.start
    if number is not None and number.sign:
        return frozenset((UP if number.sign == "+" else DOWN,)), number.start
    flat = [mark for mark in ways if mark.kind == "flat"]
    if flat:
        return frozenset((FLAT,)), flat[0].start
    if number is not None:
        close = [mark for mark in more if 0 <= mark.start - number.end < 3]
        more = close or [mark for mark in more if mark.start < number.start or number.part != "change"]
        if close and not any(mark.end <= number.start for mark in ways if not mark.kind.endswith("weak")):
            return frozenset((UP if _sign(close[0], error) > 0 else DOWN,)), close[0].start
    if more and not (number is not None and ways and number.part == "change"):
        sign = _sign(more[0], error)
        nouns = [mark for mark in ways if mark.kind.startswith("down") and _NOUN.search(text[mark.start : mark.end])]
        return frozenset(((-sign if nouns else sign) > 0 and UP) or DOWN), more[0].start
    moving = [mark for mark in ways if mark.kind not in ("flat.change", "up.weak")]
    if number is None and not _SAID.search(text):
        moving = [mark for mark in moving if not _NAMED.search(text[: mark.end])]
    if not moving and number is not None and number.part == "change":
        moving = [mark for mark in ways if mark.kind == "up.weak"]
    if not moving:
        if number is not None and number.before is not None:
            up = (number.value > number.before) != error
            return frozenset((UP if up else DOWN,)), number.start
        changes = [mark for mark in ways if mark.kind == "flat.change"]
        return (frozenset((UP, DOWN)), changes[0].start) if changes else (None, 0)
    deciding = moving[0]
    if number is not None:
        preceding = [mark for mark in moving if mark.end <= number.start]
        deciding = preceding[-1] if preceding else moving[0]
        close = [mark for mark in moving if 0 <= mark.start - number.end < 3]
        deciding = close[0] if close else deciding
    sign = _sign(deciding, error)
    nouns = [mark for mark in moving if mark is not deciding and _NOUN.search(text[mark.start : mark.end])]
    if nouns and deciding.kind.endswith("amount"):
        kept = number is not None and number.part == "change"  # a gain that falls to 0.3 is a gain of 0.3
        sign = _sign(nouns[0], False) * (1 if kept else sign)
    elif not nouns and _NOUN.search(text[deciding.start : deciding.end]):
        verbs = [mark for mark in moving if mark.kind.endswith("amount") and mark.start > deciding.start]
        if verbs and number is None:
            sign *= _sign(verbs[0], False)
    return frozenset((UP if sign > 0 else DOWN,)), deciding.start


def _sign(mark: Mark, error: bool) -> int:
    """+1 for better, -1 for worse. Of an error, more of it is worse."""
    sign = 1 if mark.kind.startswith("up") else -1
    return -sign if error and not mark.kind.endswith("worth") else sign


def _compares(text: str, mark: Mark, than: bool, ways: Sequence[Mark], likened: frozenset[int]) -> bool:
    """Whether ``more`` or ``less`` says how two things compare: not in ``more than 50``, not before a noun."""
    after = text[mark.end : mark.end + 20]
    if re.match(r"\s+than\s+(?:a\s|an\s|[\d]|half|one|two|three)", after) or re.match(r"\s*,", after):
        return False
    if any(0 < mark.start - way.end < 25 for way in ways):
        return True
    if re.match(r"\s+(?:the\s+)?(?:effect|gain|benefit|advantage|improvement)s?\b", after):
        return True
    return than or mark.end + 1 in likened
