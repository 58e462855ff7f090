"""Findings: verbatim sentences that state a result, with their place and what they state.

In: documents. Out: ``Finding`` values. How a sentence is read is a protocol with one method, so that a trained reader
can take the place of the rules; whoever reads, what is kept is the sentence itself and where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from xstilts.literature.document import Document, Place
from xstilts.literature.sentences import sentences
from xstilts.literature.statement import Statement, statements


class Reader(Protocol):
    """Reads what a sentence states; ``statement.statements`` is the one of rules."""

    def __call__(self, sentence: str) -> Sequence[Statement]: ...


@dataclass(frozen=True)
class Finding:
    """A sentence of ``document`` at ``place``. ``cited``: it reports what others found."""

    document: Document
    place: Place
    text: str
    statements: tuple[Statement, ...]
    cited: bool


_CITED = re.compile(
    r"\bet al\b|\(\s*[A-Z]\w+[^()]{0,60}\b(?:19|20)\d\d|\b[A-Z]\w+ (?:and [A-Z]\w+ )?\((?:19|20)\d\d|"
    r"\[\d+(?:,\s*\d+)*\]"
)


def findings(document: Document, read: Reader = statements) -> Iterator[Finding]:
    """The sentences of ``document`` that state something about what the catalogue knows."""
    for text, place in sentences(document):
        made = tuple(one for one in read(text) if states(one))
        if made:
            yield Finding(document, place, text, made, _CITED.search(text) is not None)


def states(one: Statement) -> bool:
    """Whether a statement says anything that can be held against another."""
    says = one.effect is not None or one.number is not None or bool(one.rank) or one.denied
    return (says and bool(one.things or one.number)) or len(one.things) > 1
