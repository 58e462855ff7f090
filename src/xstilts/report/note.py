"""What a report is before anyone decides how it looks: a research note made of chapters.

In: nothing. Out: ``Note``, ``Chapter``, ``Figure``, which ``html``, ``markdown`` and ``latex`` only have to set. Tables
are ``Section`` values, so that all forms of a report show the same figures.
"""

from __future__ import annotations

from dataclasses import dataclass

from xstilts.analysis.section import Section

Value = str | int | float | bool | None


@dataclass(frozen=True)
class Figure:
    """A drawing and the numbers in it. ``name`` is that of its files; ``columns`` and ``rows`` are all that is drawn,
    unrounded; ``svg`` is a whole SVG file in light colours; ``notes`` are sentences on how to read it."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    svg: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """``name`` is its anchor. ``text``: paragraphs; ``items`` in order; ``more``: tables for who wants to know more,
    folded where a form can fold; ``commands``: what to type."""

    name: str
    title: str
    text: tuple[str, ...] = ()
    items: tuple[Section | Figure, ...] = ()
    more: tuple[Section, ...] = ()
    commands: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether it says nothing at all."""
        return not (self.text or self.commands or any(shown(one) for one in (*self.items, *self.more)))


@dataclass(frozen=True)
class Note:
    """``title`` names the study, ``answer`` is two sentences made from verdicts, ``word`` their shortest form;
    ``label`` is what every reader must know of the numbers (artificial languages), "" where there is nothing."""

    title: str
    question: str
    word: str
    answer: tuple[str, ...]
    label: str
    chapters: tuple[Chapter, ...]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All figures, in order."""
        return tuple(item for chapter in self.chapters for item in chapter.items if isinstance(item, Figure))


def shown(item: Section | Figure) -> bool:
    """Whether there is something to show: a table without rows may still say why it has none."""
    return isinstance(item, Figure) or bool(item.rows or item.notes)
