"""Strings of other people made fit to stand in a report, whatever its form.

In: a ``Note``. Out: the same note without characters that no text needs and that change how their neighbours read:
control characters, and those that turn the direction of writing (a name could turn the digits behind it around). Runs
of right-to-left letters are set apart from what surrounds them. What markup a form has is escaped by that form.
"""

from __future__ import annotations

import re
from dataclasses import replace

from xstilts.analysis.section import Section
from xstilts.report.note import Chapter, Figure, Note

_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_RIGHT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
# From a right-to-left letter to the last one before a letter of another script.
_RUN = re.compile(f"[{_RIGHT}](?:[^A-Za-z\u00c0-\u058f\u0900-\u1fff\u2c00-\ud7ff]*[{_RIGHT}])*")
OPEN, CLOSE = "\u2068", "\u2069"  # first strong isolate, and its end


def clean(text: str) -> str:
    """``text`` with the replacement character in place of each unfit one; right-to-left runs between isolates."""
    return _RUN.sub(lambda run: f"{OPEN}{run[0]}{CLOSE}", fit(text))


def fit(text: str) -> str:
    """``text`` with the replacement character in place of each unfit one."""
    return _UNFIT.sub("\ufffd", text)


def cleaned(note: Note) -> Note:
    """``note`` with every string clean."""
    return Note(
        title=clean(note.title),
        question=clean(note.question),
        word=clean(note.word),
        answer=_all(note.answer),
        label=clean(note.label),
        chapters=tuple(_chapter(chapter) for chapter in note.chapters),
    )


def _chapter(chapter: Chapter) -> Chapter:
    return replace(
        chapter,
        title=clean(chapter.title),
        text=_all(chapter.text),
        items=tuple(_figure(one) if isinstance(one, Figure) else _section(one) for one in chapter.items),
        more=tuple(_section(one) for one in chapter.more),
        commands=tuple(fit(line) for line in chapter.commands),
    )


def _section(section: Section) -> Section:
    return replace(
        section,
        title=clean(section.title),
        columns=_all(section.columns),
        rows=tuple(_all(row) for row in section.rows),
        notes=_all(section.notes),
    )


def _figure(figure: Figure) -> Figure:
    rows = tuple(tuple(fit(value) if isinstance(value, str) else value for value in row) for row in figure.rows)
    return replace(figure, title=clean(figure.title), rows=rows, notes=_all(figure.notes))


def _all(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(clean(text) for text in texts)
