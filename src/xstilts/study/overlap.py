"""What a study both trains on and scores: the values that plans keep and reports show.

In: what ``jobs.overlap`` finds. Out: ``Overlap`` values, as JSON and in a line; numbers of rows as a short text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Meeting:
    """One scored row and the trained row that it met. ``through`` is the language in which they met, where the scored
    row's own translation did; ``similarity`` is 1 for equal texts."""

    language: str
    row: int
    text: str
    trained_language: str
    trained_row: int
    trained_text: str
    similarity: float = 1.0
    through: str = ""

    def line(self) -> str:
        """Both texts, with where they stand."""
        how = "equal" if self.similarity == 1 else f"{self.similarity:.2f} alike"
        more = f", met in {self.through}" if self.through else ""
        same = self.similarity == 1 and self.text == self.trained_text
        other = "" if same else f" and '{self.trained_text}'"
        return (
            f"{self.language} row {self.row + 1:,}, trained on as {self.trained_language} row {self.trained_row + 1:,} "
            f"({how}{more}): '{self.text}'{other}"
        )


@dataclass(frozen=True)
class Overlap:
    """What one split that is trained on and one that is scored have in common.

    ``trained_rows`` and ``rows`` were compared, none where the rows are not on this machine. Of ``rows``, ``equal``
    have a text (or are as a whole) one that is trained on, ``near`` have one nearly, ``elsewhere`` have one in another
    language, through their translation; each row counts once, in this order. ``near`` is None where it was not looked
    for. ``trained_met`` of the trained rows are met. ``lineage`` says how the two sets are related, ``kin`` how closely
    (``catalogue.task.Kin``); both are empty where nothing is known.
    """

    trained: str
    trained_split: str
    phases: tuple[str, ...]
    scored: str
    split: str
    trained_rows: int
    trained_met: int
    rows: int
    equal: int
    near: int | None
    elsewhere: int
    languages: tuple[str, ...]
    kin: str = ""
    lineage: str = ""
    meetings: tuple[Meeting, ...] = ()

    @property
    def met(self) -> int:
        """Scored rows that met a trained one."""
        return self.equal + (self.near or 0) + self.elsewhere

    @property
    def warns(self) -> bool:
        """Whether a score may say less than it seems: rows met, or the sets hold the same texts."""
        return bool(self.met) or self.kin in ("same", "translated")

    @property
    def where(self) -> str:
        """The languages in which rows met; their number where they are many."""
        many = len(self.languages) > 12
        return f"{len(self.languages)} languages" if many else " ".join(self.languages)

    def line(self) -> str:
        """What was found, in one line."""
        kinds = ((self.equal, "equal"), (self.near, "nearly equal"), (self.elsewhere, "in another language"))
        counts = ", ".join(f"{number:,} {how}" for number, how in kinds if number)
        found = [f"{self.met:,} of {self.rows:,} scored rows ({counts}) in {self.where}"] if counts else []
        said = "; ".join([*found, *([self.lineage] if self.lineage else [])])
        return f"{self.scored} ({self.split}) is scored and {self.trained} ({self.trained_split}) trained on: {said}"


def overlap_from_json(value: Mapping[str, Any]) -> Overlap:
    """The ``Overlap`` that ``dataclasses.asdict`` made plain."""
    meetings = tuple(Meeting(**one) for one in value["meetings"])
    texts = {name: tuple(value[name]) for name in ("phases", "languages")}
    return Overlap(**{**value, **texts, "meetings": meetings})


Exclude = Literal["nothing", "equal", "near"]


def ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers as a text: ``"3,7-9"``."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and parts[-1][-1] == number - 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ",".join("-".join(map(str, part)) for part in parts)


def numbers_in(text: str) -> list[int]:
    """The numbers that ``ranges`` wrote."""
    found: list[int] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found
