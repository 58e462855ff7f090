"""What is found in the files of others: everything, before anything is refused.

In: what the readers notice, file by file. Out: ``Findings``, mistakes and notes, as the rules of the request say which
is which.

``checked`` (the default) refuses what makes a score meaningless and notes what merely lowers it. ``strict`` refuses
the latter, too. ``official`` refuses only what stops the official evaluator or has no score, and notes the rest.
``seqeval-1`` is ``checked`` with the chunk rules of seqeval from 0.0.18 on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from xstilts.catalogue.errors import Problem, nearest

RULES = ("checked", "strict", "official", "seqeval-1")
_SHOWN = 3


@dataclass(frozen=True)
class Findings:
    """Mistakes and notes so far, a line each. ``rules`` is one of ``RULES``."""

    rules: str
    mistakes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.rules not in RULES:
            raise Problem(f"unknown rules '{self.rules}'{nearest(self.rules, RULES) or '.'} rules: {', '.join(RULES)}")

    def mistake(self, path: Path, text: str) -> None:
        """What cannot be scored under any rules."""
        self.mistakes.append(f"{path}: {text}")

    def fault(self, path: Path, text: str) -> None:
        """What the official evaluator scores although the score means nothing."""
        (self.notes if self.rules == "official" else self.mistakes).append(f"{path}: {text}")

    def note(self, path: Path, text: str) -> None:
        """What lowers a score, or leaves something out, as the official evaluator does."""
        (self.mistakes if self.rules == "strict" else self.notes).append(f"{path}: {text}")


def some_of(items: Sequence[object], what: str) -> str:
    """``"line 3"``, ``"lines 3, 8"``, ``"9 lines (3, 8, 11, ...)"``."""
    shown = ", ".join(map(str, items[:_SHOWN]))
    if len(items) == 1:
        return f"{what} {shown}"
    return f"{what}s {shown}" if len(items) <= _SHOWN else f"{len(items)} {what}s ({shown}, ...)"
