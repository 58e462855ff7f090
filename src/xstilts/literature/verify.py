"""What a corpus says to a claim, with the sentence that says it.

In: the text of a claim, the findings of documents. Out: ``Verification``: *stated*, *corroborated* (stated by two
publications that have nothing to do with each other), *overstated*, *contradicted* or *not found*, the quotations with
their places, and how sure that is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from xstilts.literature.agree import Agreement, agreement
from xstilts.literature.confidence import Ground, confidence
from xstilts.literature.corpus import works
from xstilts.literature.document import Document
from xstilts.literature.extract import Finding, Reader, findings, states
from xstilts.literature.statement import Statement, statements

Label = Literal["stated", "corroborated", "overstated", "contradicted", "not found"]


@dataclass(frozen=True)
class Evidence:
    """A sentence, and how it bears on a claim."""

    finding: Finding
    agreement: Agreement


@dataclass(frozen=True)
class Verification:
    """``evidence``: the sentences that give the label, the best of every publication first; ``against``: those of other
    publications that contradict a claim which is stated somewhere. ``confidence``: how often such a label is right on
    planted claims (``confidence.csv``)."""

    claim: str
    label: Label
    confidence: float
    evidence: tuple[Evidence, ...] = ()
    against: tuple[Evidence, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """In what claim and quotation differ."""
        return tuple(dict.fromkeys(reason for one in self.evidence[:1] for reason in one.agreement.reasons))


@dataclass(frozen=True)
class Library:
    """The findings of a corpus, those of one publication together."""

    works: tuple[tuple[Finding, ...], ...]

    @classmethod
    def of(cls, documents: Sequence[Document], read: Reader = statements) -> Library:
        """Read every document once."""
        grouped = [sorted(group, key=lambda one: -(one.about.version or 0)) for group in works(documents)]
        return cls(tuple(tuple(one for document in group for one in findings(document, read)) for group in grouped))


def verify(claim: str, library: Library) -> Verification:
    """The label of ``claim`` by all documents together."""
    parts = claim_statements(claim)
    found = [one for one in (_of_work(parts, work) for work in library.works) if one]
    stated = [one for one in found if one[0].agreement.label == "stated"]
    differing = sorted(
        (one for one in found if one not in stated), key=lambda one: (-one[0].agreement.weight, one[0].agreement.label)
    )
    if stated:
        stated.sort(key=lambda one: (one[0].agreement.missing, -one[0].agreement.weight))
        first = [one[0] for one in stated]
        label: Label = "corroborated" if _independent(first) else "stated"
        against = tuple(one[0] for one in differing if one[0].agreement.label == "contradicted")
        return Verification(claim, label, confidence(ground(claim, stated[0])), tuple(first), against)
    if differing:
        label = differing[0][0].agreement.label
        same = tuple(one[0] for one in differing if one[0].agreement.label == label)
        return Verification(claim, label, confidence(ground(claim, differing[0])), same)
    return Verification(claim, "not found", confidence(ground(claim, [])))


def claim_statements(claim: str) -> tuple[Statement, ...]:
    """What a claim says that can be held against documents; parts that only name things are left out."""
    found = statements(claim)
    speaking = [one for one in found if _speaks(one)]
    return tuple(speaking or [one for one in found if states(one)])


def _speaks(one: Statement) -> bool:
    return one.effect is not None or one.number is not None or bool(one.rank) or one.denied


def in_part(claim: str) -> bool:
    """Whether a claim has parts that cannot be held against anything."""
    found = [one for one in statements(claim) if states(one)]
    return any(map(_speaks, found)) and not all(map(_speaks, found))


def ground(claim: str, evidence: Sequence[Evidence]) -> Ground:
    """What a label rests on, as the calibration knows it."""
    parts = claim_statements(claim)
    if not evidence:
        return Ground("not found", "number" if any(one.number for one in parts) else "words")
    best = evidence[0].agreement
    if best.label == "stated":
        number = any(one.number is not None for one in parts)
        return Ground(
            "stated", ("number" if number else "words") + (", in part" if best.missing or in_part(claim) else "")
        )
    if best.label == "overstated":
        return Ground("overstated", "what is held back")
    return Ground("contradicted", "number" if best.reasons[0] == "number" else "direction")


_ORDER = {"contradicted": 0, "overstated": 1, "stated": 2}


def _of_work(parts: Sequence[Statement], work: Iterable[Finding]) -> list[Evidence]:
    """The evidence of one publication: for each part of the claim its best sentence, the part that decides first; empty
    where a part is not found."""
    work = list(work)
    chosen = []
    for part in parts:
        seen = [
            Evidence(one, found)
            for one in work
            for source in one.statements
            if (found := agreement(part, source)) is not None
        ]
        if not seen:
            return []
        chosen.append(min(seen, key=_preference))
    return sorted(chosen, key=lambda one: _ORDER[one.agreement.label])


def _preference(one: Evidence) -> tuple[bool, float, float, int]:
    """A sentence that states the claim first, then the one that has most in common with it."""
    found = one.agreement
    return found.label != "stated", found.missing if found.label == "stated" else 0, -found.weight, _ORDER[found.label]


def _independent(evidence: Sequence[Evidence]) -> bool:
    """Whether two of the sentences come from publications without a common author, each in words of its own."""
    own = [one.finding for one in evidence if not one.finding.cited]
    return any(_apart(one, other) for i, one in enumerate(own) for other in own[i + 1 :])


def _apart(one: Finding, other: Finding) -> bool:
    a, b = one.document.about, other.document.about
    known = (a.authors and b.authors) or (a.identifier and b.identifier)
    shared = {_last(name) for name in a.authors} & {_last(name) for name in b.authors}
    same = re.sub(r"\W+", "", one.text.lower()) == re.sub(r"\W+", "", other.text.lower())
    return bool(known) and not shared and not same


def _last(name: str) -> str:
    return name.lower().split()[-1] if name.split() else ""
