"""A note as one Markdown page: the same chapters and tables as in the HTML page.

In: a ``Note``, or a table alone. Out: text. Figures are linked where they were written to files, else named with the
way to get them.
"""

from __future__ import annotations

from collections.abc import Sequence

from xstilts.analysis.section import Section
from xstilts.report.note import Chapter, Figure, Note


def page(note: Note, figures: str = "") -> str:
    """The page, ending in a newline. ``figures``: the folder that holds them, as a link starts."""
    parts = [f"# {note.title}", note.question, f"**{note.word}.** {' '.join(note.answer)}"]
    if note.label:
        parts.append(f"**{note.label}**")
    parts += [_chapter(chapter, figures) for chapter in note.chapters]
    return "\n\n".join(parts) + "\n"


def _chapter(chapter: Chapter, figures: str) -> str:
    parts = [f"## {chapter.title}"]
    if chapter.name in ("limitations", "references"):
        parts.append("\n".join(f"- {line}" for line in chapter.text))
    else:
        parts += chapter.text
    if chapter.commands:
        parts.append("\n".join(["```", *chapter.commands, "```"]))
    for item in (*chapter.items, *chapter.more):
        parts.append(_figure(item, figures) if isinstance(item, Figure) else table(item, "###"))
    return "\n\n".join(parts)


def _figure(figure: Figure, folder: str) -> str:
    link = f"![{_safe(figure.title)}](<{folder}/{figure.name}.svg>)" if folder else "(--figures DIR writes it.)"
    notes = " ".join(figure.notes)
    return f"### {figure.title}\n\n{link}" + (f"\n\n{notes}" if notes else "")


def table(section: Section, heading: str = "##") -> str:
    """One section: heading, table, notes. What is surely not 0 (``Section.shades``) is bold."""
    rule = ["---" if i < section.left else "---:" for i in range(len(section.columns))]
    rows = [
        [f"**{cell}**" if (at, place) in section.shades else cell for place, cell in enumerate(row)]
        for at, row in enumerate(section.rows)
    ]
    lines = [_row(section.columns), _row(rule), *(_row(row) for row in rows)] if rows else []
    notes = [f"- {note.strip()}" for note in section.notes]
    return "\n\n".join([f"{heading} {section.title}", *("\n".join(part) for part in (lines, notes) if part)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _safe(text: str) -> str:
    return text.replace("[", "(").replace("]", ")")
