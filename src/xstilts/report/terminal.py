"""A study's results as tables of text, for a terminal or a file.

In: the sections of a report. Out: lines on a stream, at most 100 columns wide; colour only where the stream is a
terminal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

import polars as pl
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from xstilts.analysis.section import Section
from xstilts.report.sections import CONSTRUCTED, constructed, sections

WIDTH = 100


def console(stream: TextIO) -> Console:
    """A console on ``stream``: as wide as the terminal, at most 100 columns, and 100 where it is none."""
    found = Console(file=stream, highlight=False, soft_wrap=False)
    found.width = min(found.width, WIDTH) if found.is_terminal else WIDTH
    return found


def show(
    frame: pl.DataFrame,
    stream: TextIO,
    question: str = "",
    closing: Sequence[str] = (),
    more: Sequence[Section] = (),
    caution: str = "",
) -> None:
    """Print the question, the ``caution`` with which all is to be read, every section, ``more`` sections, and the
    ``closing`` lines (where things lie, what to run next)."""
    out = console(stream)
    if question:
        out.print(Text(question, style="bold"))
    if caution:
        out.print(Text(caution, style="yellow"))
    if constructed(frame):
        out.print(Text(CONSTRUCTED, style="yellow"))
    for section in [*sections(frame), *(section for section in more if section.rows)]:
        out.print()
        _print(out, section)
    if closing:
        out.print()
    for line in closing:
        out.print(Text(line), soft_wrap=True)


def show_section(section: Section, stream: TextIO) -> None:
    """Print one section."""
    _print(console(stream), section)


def _print(out: Console, section: Section) -> None:
    out.print(Text(section.title, style="bold"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False)
    for i, column in enumerate(section.columns):
        table.add_column(column, justify="left" if i < section.left else "right", overflow="fold", no_wrap=False)
    before = ""
    for i, row in enumerate(section.rows):
        first = "" if section.breaks and i not in section.breaks and row[0] == before else row[0]
        before = row[0]
        table.add_row(Text(first), *(Text(cell) for cell in row[1:]), end_section=i + 1 in section.breaks)
    if section.rows:
        out.print(table)
    for note in section.notes:
        out.print(Text(note, style="dim"))
