"""A study's results as one Markdown page: the same sections as in the terminal.

In: the long table, the study's title and question, sections of its analyses. Out: the text of the page.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from xstilts.analysis.section import Section
from xstilts.report.sections import CONSTRUCTED, constructed, sections


def page(
    frame: pl.DataFrame,
    title: str,
    question: str = "",
    closing: Sequence[str] = (),
    more: Sequence[Section] = (),
) -> str:
    """The page, ending in a newline. ``more`` sections follow those of the table, ``closing`` lines come last, as a
    list."""
    parts = [f"# {title}"]
    if question:
        parts.append(question)
    if constructed(frame):
        parts.append(f"**{CONSTRUCTED}**")
    parts += [table(section) for section in [*sections(frame), *(section for section in more if section.rows)]]
    if closing:
        parts.append("## Where it lies\n\n" + "\n".join(f"- {line}" for line in closing))
    return "\n\n".join(parts) + "\n"


def table(section: Section) -> str:
    """One section: heading, table, notes."""
    rule = ["---" if i < section.left else "---:" for i in range(len(section.columns))]
    lines = [_row(section.columns), _row(rule), *(_row(row) for row in section.rows)]
    notes = "\n".join(f"- {note.strip()}" for note in section.notes)
    return f"## {section.title}\n\n" + "\n".join(lines) + (f"\n\n{notes}" if notes else "")


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
