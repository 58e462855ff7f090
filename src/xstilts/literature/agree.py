"""Whether one statement says what another says: field by field, never by likeness of words.

In: a claim's statement and one of a document. Out: ``Agreement``: stated, overstated or contradicted with the reasons,
or None where the two are not about the same. An effect is the set of directions that a statement leaves open: a claim
follows where the document's set lies within its own, is contradicted where they have nothing in common, and else says
more than the document does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from xstilts.literature.effect import FLAT, turned
from xstilts.literature.numbers import Number
from xstilts.literature.statement import PLAIN, Statement, Thing
from xstilts.literature.terms import groups

Label = Literal["stated", "overstated", "contradicted"]

# What a document may leave unsaid without being about something else.
_SOFT = frozenset(
    {
        ("intermediate", "any"),
        ("target", "average"),
        ("method", "english"),
        ("method", "zero-shot"),
        ("benchmark", "xtreme"),
    }
)
# What narrows a statement: a claim without it says more.
_NARROWING = frozenset(
    {"mlm", "translated", "multilingual", "shuffled", "low-resource", "high-resource", "larger", "amount"}
)


@dataclass(frozen=True)
class Agreement:
    """``weight``: how much the two have in common (names, number); ``missing``: what the document leaves unsaid."""

    label: Label
    reasons: tuple[str, ...]
    weight: float
    missing: int = 0


def agreement(claim: Statement, source: Statement) -> Agreement | None:
    """How ``source`` bears on ``claim``."""
    sides = _sides(claim, source)
    if sides is None:
        return None
    source, missing = sides
    number = _number(claim, source)
    if number == "missing":
        return None
    against: list[str] = []
    beyond: list[str] = []
    if number == "other":
        if not _comparable(claim, source, missing):
            return None
        against.append("number")
    elif number == "finer":
        beyond.append("digits")
    same_number = number == "same" and claim.number is not None
    effect = _effect(claim, source, same_number)
    one_of_them = claim.of("intermediate") == {"any"} and source.of("intermediate") - {"any"}
    if effect == "against" and one_of_them and claim.tasks < 4.0:
        if claim.tasks < PLAIN:
            return None  # one task's effect says nothing about most of them
        beyond.append("not " + ", ".join(sorted(source.of("intermediate") - {"any"})))
    elif effect == "against":
        against.append("direction")
    elif effect == "beyond":
        beyond.append("direction")
    elif effect == "silent" and not same_number:
        return None
    if claim.rank and source.rank and claim.rank != source.rank:
        against.append("rank")
    elif claim.rank and not source.rank:
        if claim.number is None and claim.effect is None:
            return None
        beyond.append("rank")
    if source.than and not claim.than and (against or not same_number) and claim.effect != frozenset((FLAT,)):
        return None  # measured against something else
    beyond += _hedges(claim, source)
    weight: float = len(claim.things & source.things) + len(claim.than & source.than) + 2 * same_number - missing
    weight += 0.5 * (claim.effect is not None and effect != "silent")
    if not strictly(claim) and not claim.than:  # nothing but words tells whether they are about the same
        shared = len(claim.words & source.words) / max(1, len(claim.words))
        if shared < WORDS:
            return None
        weight += shared
    label: Label = "contradicted" if against else "overstated" if beyond else "stated"
    return Agreement(label, tuple(against or beyond), weight, missing + (effect == "silent"))


# Of the words of a claim that names nothing, so many must be there.
WORDS = 0.5


def strictly(claim: Statement) -> frozenset[Thing]:
    """What a claim names that a document has to name as well."""
    return claim.things - _SOFT


def _sides(claim: Statement, source: Statement) -> tuple[Statement, int] | None:
    """``source`` turned so that it compares the same way round, and how much it leaves unsaid; None where it is about
    other things."""
    other = replace(
        source,
        things=(source.things - _compared(source)) | source.than,
        than=_compared(source),
        effect=None if source.effect is None else turned(source.effect),
    )
    level = frozenset((FLAT,)) in (source.effect, claim.effect)
    if (level and (claim.than or source.than) and not (claim.than and source.than)) or (
        level and source.effect == claim.effect
    ):
        joined = replace(source, things=source.things | source.than, than=claim.than)
        return _about(replace(claim, things=claim.things | claim.than), joined)
    if claim.than and not source.than:
        return None
    for one in (source, other) if source.than else (source,):
        if claim.than and not _within(claim.than - _SOFT, one.than) and not _within(claim.than, one.than):
            continue
        if claim.than and claim.than <= _SOFT and not claim.than <= one.than:
            continue
        found = _about(claim, one)
        if found is not None and (claim.than or one is source or not source.than):
            return found
    return None


def _compared(one: Statement) -> frozenset[Thing]:
    """The names on its own side of a comparison."""
    return frozenset(thing for thing in one.things if thing[0] in ("intermediate", "method", "model", "topic"))


def _about(claim: Statement, source: Statement) -> tuple[Statement, int] | None:
    wanted = claim.things
    if claim.of("intermediate") - {"any"} or claim.of("method"):
        wanted = wanted - {("intermediate", "any")}
    strict = (
        wanted - _SOFT
        if not claim.than
        else wanted - {("target", "average"), ("benchmark", "xtreme"), ("intermediate", "any")}
    )
    if not _within(strict, source.things):
        return None
    if ("intermediate", "any") in wanted and claim.effect is not None and not source.of("intermediate"):
        return None  # the effect of something else
    for kind in ("target", "benchmark", "model", "language"):  # another one of the kind is about something else
        theirs = source.of(kind)
        ours = claim.of(kind)
        ours = ours - {"average"} or ours
        if ours and theirs and not _within(frozenset((kind, name) for name in ours), source.things):
            return None
    return source, len(wanted - source.things)


def _within(names: frozenset[Thing], known: frozenset[Thing]) -> bool:
    """Whether every name is known, itself or as a group of which all are."""
    for kind, name in names:
        members = groups().get(name, ())
        if (kind, name) not in known and not (members and all((kind, one) in known for one in members)):
            return False
    return True


def _effect(claim: Statement, source: Statement, same_number: bool) -> Literal["same", "against", "beyond", "silent"]:
    a, b = claim.effect, source.effect
    if a is None or b is None:
        if a is None and b is None:
            return "against" if claim.denied != source.denied else "same"
        return "silent" if a is not None else "same"
    if claim.partly or source.partly:
        return _partly(claim, source)
    if b <= a or (same_number and a & b):
        return "same"
    return "beyond" if a & b else "against"


def _partly(claim: Statement, source: Statement) -> Literal["same", "against", "beyond"]:
    """Where one of the two only denies that something always holds."""
    a, b = claim.effect or frozenset(), source.effect or frozenset()
    if claim.partly and source.partly:
        return "same" if a == b else "beyond"
    if claim.partly:
        return "same" if not a & b else "against"
    return "against" if a <= b and max(claim.times, claim.tasks) == 4.0 else "beyond"


def _hedges(claim: Statement, source: Statement) -> Iterator[str]:
    """What the document holds back and the claim does not."""
    if (3.0 if claim.tasks == PLAIN else claim.tasks) > source.tasks and not claim.partly:
        yield "for how many"
    if claim.times > source.times and not claim.partly and not source.partly:
        yield "how often"
    if source.maybe and not claim.maybe:
        yield "certainty"
    if source.upper and not claim.upper and claim.number is not None:
        yield "up to"
    if source.mean and not claim.mean and claim.of("target") - {"average"}:
        yield "on average"
    if source.without and not claim.without:
        yield "without retrieval"
    narrow = {name for _, name in source.things} & _NARROWING - {name for _, name in claim.things | claim.than}
    if claim.of("method") & source.of("method"):  # listed beside what the claim is about
        narrow -= source.of("method")
    if narrow:
        yield "only " + ", ".join(sorted(narrow))
    if source.of("language") and not claim.of("language") and not claim.of("target") >= {"average"}:
        yield "only some languages"
    if claim.effect is not None and not claim.of("target") and source.of("target") - {"average"}:
        yield "only on " + ", ".join(sorted(source.of("target") - {"average"}))
    if source.than and not claim.than:
        yield "compared with " + ", ".join(sorted(name for _, name in source.than))
    if claim.of("intermediate") == {"any"} and source.of("intermediate") - {"any"} and claim.effect is not None:
        yield "only " + ", ".join(sorted(source.of("intermediate") - {"any"}))


def _comparable(claim: Statement, source: Statement, missing: int) -> bool:
    """Whether another number is one of the same quantity: the document names all that the claim names, and no target
    where the claim has none, it has an effect where the claim has one, and counts are of one order."""
    named = claim.things - {("intermediate", "any"), ("method", "english"), ("method", "zero-shot")}
    if missing or not named or (claim.effect is not None and source.effect is None):
        return False
    if claim.effect is not None and not claim.of("target") and source.of("target") - {"average"}:
        return False
    ours = [one for one in (claim.number, *claim.counts) if one and one.part == "count"]
    theirs = [one for one in (source.number, *source.counts) if one and one.part == "count"]
    return all(any(1 / 5 <= one.value / max(other.value, 1e-9) <= 5 for other in theirs) for one in ours)


_ALIKE = (
    frozenset(("points", "f1", "")),
    frozenset(("points", "accuracy", "")),
    frozenset(("points", "em", "")),
    frozenset(("percent", "accuracy", "")),
)


def _number(claim: Statement, source: Statement) -> Literal["same", "other", "finer", "missing"]:
    """Whether the claim's numbers are those of the document."""
    theirs = [*([source.number] if source.number else []), *source.counts]
    worst: Literal["same", "other", "finer"] = "same"
    for number in [*([claim.number] if claim.number else []), *claim.counts]:
        fitting = [one for one in theirs if one.part == number.part and _units(number, one)]
        if not fitting:
            if number is claim.number and any(one.part == number.part != "count" for one in theirs):
                return "other"
            if number.unit == "tasks" and number in claim.counts:
                continue  # how many targets an average is over is often left unsaid
            return "missing"
        found = [_same(number, one, claim.about or source.about) for one in fitting]
        if "same" not in found:
            worst = "finer" if "finer" in found and worst == "same" else "other"
    return worst


def _units(a: Number, b: Number) -> bool:
    return a.unit == b.unit or any({a.unit, b.unit} <= alike for alike in _ALIKE)


def _same(claim: Number, source: Number, about: bool) -> Literal["same", "other", "finer"]:
    """Equal to the digits that the claim gives. More digits than the document has are ``finer``."""
    if claim.value == source.value or round(source.value, claim.digits) == claim.value:
        return "same"
    if abs(source.value - claim.value) < 0.5 * 10.0**-claim.digits + 1e-9:  # halves may be rounded either way
        return "same"
    if claim.part == "count" and about and abs(claim.value - source.value) <= 0.05 * source.value:
        return "same"
    if claim.digits > source.digits and abs(source.value - claim.value) < 0.5 * 10.0**-source.digits:
        return "finer"
    return "other"
