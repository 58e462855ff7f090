"""Documents and claims from a file of sentences.

In: ``development.txt``, ``calibration.txt``, ``held-out.txt`` (their heads explain the signs). Out: ``Case`` values: a
claim, the text it is held against, what was done to it, the labels that are right.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from xstilts.literature.terms import named

# The rules were made on the first part, their confidence on the second; the third was written before either.
PARTS = ("development", "calibration", "held-out")
TRUE = ("verbatim", "reworded", "rounded")
FALSE = ("number", "name", "turned", "unhedged", "absent")
RIGHT: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(TRUE, ("stated", "corroborated")),
    "number": ("contradicted",),
    "name": ("contradicted", "not found"),
    "turned": ("contradicted",),
    "unhedged": ("overstated",),
    "absent": ("not found",),
}
# Sentences in a document; documents in which an absent claim is looked for; how often a pattern is filled.
TOGETHER, OTHERS, FILLED = 6, 5, 6


@dataclass(frozen=True)
class Case:
    """``claim`` held against ``document``. ``item``: the number of the sentence that it was made from; ``pattern``:
    whether that was filled with names and numbers."""

    item: int
    kind: str
    claim: str
    document: str
    pattern: bool

    @property
    def true(self) -> bool:
        return self.kind in TRUE


@dataclass
class _Item:
    """A sentence with its claims by kind."""

    text: str
    number: int
    pattern: bool
    claims: list[tuple[str, str]] = field(default_factory=list)


@cache
def cases(part: str) -> tuple[Case, ...]:
    """All cases of one of ``PARTS``."""
    items = list(_filled(_items(part), random.Random(f"planted {part}")))
    groups = [items[start : start + TOGETHER] for start in range(0, len(items), TOGETHER)]
    texts = [" ".join(item.text for item in group) for group in groups]
    others = [" ".join((texts[place + 1 :] + texts[:place])[:OTHERS]) for place in range(len(texts))]
    return tuple(
        Case(item.number, kind, claim, others[place] if kind == "absent" else texts[place], item.pattern)
        for place, group in enumerate(groups)
        for item in group
        for kind, claim in [*item.claims, ("absent", item.claims[1][1])]
    )


def _items(part: str) -> Iterator[_Item]:
    text = files("xstilts.literature.trial").joinpath(f"{part}.txt").read_text(encoding="utf-8")
    found: _Item | None = None
    number = 0
    for line in text.splitlines():
        sign, said = line[:1], line[2:].strip()
        if sign == ">":
            if found:
                yield found
            number += 1
            found = _Item(said, number, "{" in said, [("verbatim", said)])
        elif found and sign == "=":
            found.claims.append(("reworded", said))
        elif found and sign in ("-", "!"):
            found.claims.append(({"-": "turned", "!": "unhedged"}[sign], said))
        elif found and sign in ("#", "@", "~") and " → " in said:
            old, _, new = said.partition(" → ")
            claim = found.claims[1][1]
            if claim.count(old) < 1:
                raise ValueError(f"{part}.txt, item {number}: {old!r} is not in {claim!r}")
            changed = re.sub(rf"(?<![\w.,]){re.escape(old)}(?![\w])", lambda _, new=new: new, claim, count=1)  # type: ignore[misc]
            found.claims.append(({"#": "number", "@": "name", "~": "rounded"}[sign], changed))
    if found:
        yield found


def _filled(items: Iterator[_Item], draws: random.Random) -> Iterator[_Item]:
    """Sentences as they are, then every pattern once, then once again with other names and numbers."""
    found = list(items)
    yield from (item for item in found if not item.pattern)
    for _ in range(FILLED):
        for item in found:
            if item.pattern:
                values = _values(draws)
                claims = [(kind, _fill(claim, values)) for kind, claim in item.claims]
                yield _Item(_fill(item.text, values), item.number, True, claims)


def _values(draws: random.Random) -> dict[str, str]:
    """Two tasks to train on and two targets by one of their names, two numbers."""
    single = {
        kind: [words for name, words in named().items() if _single(kind, name)] for kind in ("intermediate", "target")
    }
    first, second = (draws.choice(words[:2]) for words in draws.sample(single["intermediate"], 2))
    third, fourth = (draws.choice(words[:2]) for words in draws.sample(single["target"], 2))
    n = draws.randint(3, 60) / 10
    m = n + draws.randint(3, 60) / 10
    return {"A": first, "B": second, "T": third, "U": fourth, "n": f"{n:.1f}", "m": f"{m:.1f}"}


def _single(kind: str, name: str) -> bool:
    """Whether a name of the word list is a task, not a group of them."""
    groups = ("any", "nli", "commonsense", "retrieval", "tagging", "questions", "average")
    return name.startswith(f"{kind}.") and name.partition(".")[2] not in groups


def _fill(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text[:1].upper() + text[1:] if text[:1].islower() else text
