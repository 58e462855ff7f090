"""A note as one Markdown page: the same chapters and tables as in the HTML page.

In: a ``Note``, or a table alone. Out: text. Figures are linked where they were written to files, else named with the
way to get them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from xstilts.analysis.section import Section
from xstilts.report.note import Chapter, Figure, Note


def page(note: Note, figures: str = "") -> str:
    """The page, ending in a newline. ``figures``: the folder that holds them, as a link starts."""
    parts = [f"# {safe(note.title)}", safe(note.question), f"**{safe(note.word)}.** {safe(' '.join(note.answer))}"]
    if note.label:
        parts.append(f"**{safe(note.label)}**")
    parts += [_chapter(chapter, figures) for chapter in note.chapters]
    return "\n\n".join(parts) + "\n"


def _chapter(chapter: Chapter, figures: str) -> str:
    parts = [f"## {safe(chapter.title)}"]
    if chapter.name in ("limitations", "references"):
        parts.append("\n".join(f"- {safe(line)}" for line in chapter.text))
    else:
        parts += map(safe, chapter.text)
    if chapter.commands:
        parts.append("\n".join(["```", *chapter.commands, "```"]))
    for item in (*chapter.items, *chapter.more):
        parts.append(_figure(item, figures) if isinstance(item, Figure) else table(item, "###"))
    return "\n\n".join(parts)


def _figure(figure: Figure, folder: str) -> str:
    link = f"![{safe(figure.title)}](<{folder}/{figure.name}.svg>)" if folder else "(--figures DIR writes it.)"
    notes = safe(" ".join(figure.notes))
    return f"### {safe(figure.title)}\n\n{link}" + (f"\n\n{notes}" if notes else "")


def table(section: Section, heading: str = "##") -> str:
    """One section: heading, table, notes. What is surely not 0 (``Section.shades``) is bold."""
    rule = ["---" if i < section.left else "---:" for i in range(len(section.columns))]
    rows = [
        [f"**{safe(cell)}**" if (at, place) in section.shades else safe(cell) for place, cell in enumerate(row)]
        for at, row in enumerate(section.rows)
    ]
    lines = [_row([safe(name) for name in section.columns]), _row(rule), *map(_row, rows)] if rows else []
    notes = [f"- {safe(note.strip())}" for note in section.notes]
    return "\n\n".join([f"{heading} {safe(section.title)}", *("\n".join(part) for part in (lines, notes) if part)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def safe(text: str) -> str:
    """``text`` on one line, without what would become HTML, a link or code."""
    found = " ".join(text.splitlines()).replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([\[`])", r"\\\1", found)
