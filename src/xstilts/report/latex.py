"""A note's tables as one LaTeX file that compiles: booktabs, one long table each, to be taken over or set as it is.

In: a ``Note``. Out: text for pdfLaTeX, XeLaTeX or LuaLaTeX, ASCII alone. Characters beyond Latin are set by the
engines that know them; pdfLaTeX prints their number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from xstilts.analysis.section import Section
from xstilts.report.clean import CLOSE, OPEN
from xstilts.report.note import Chapter, Figure, Note

_HEAD = r"""\documentclass[10pt,a4paper,landscape]{article}
\usepackage[margin=15mm]{geometry}
\usepackage{iftex}
\ifPDFTeX\usepackage[T1]{fontenc}\usepackage{textcomp}\fi
\usepackage{array,booktabs,longtable}
\ifPDFTeX\newcommand{\glyph}[1]{{\footnotesize U+#1}}\else\newcommand{\glyph}[1]{\char"#1{}}\fi
\setlength{\LTleft}{0pt}\setlength{\tabcolsep}{3pt}\setlength{\parindent}{0pt}\setlength{\parskip}{4pt}
\raggedright\sloppy"""
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_\allowbreak{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "-": r"-{}",
    "±": r"$\pm$",
    "×": r"$\times$",
    "²": r"$^2$",
    "°": r"$^\circ$",
    "µ": r"$\mu$",
    "√": r"$\surd$",
    "δ": r"$\delta$",
    "τ": r"$\tau$",
    "α": r"$\alpha$",
    "β": r"$\beta$",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "−": r"$-$",
    "→": r"$\to$",
    "✓": r"$\surd$",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "…": r"\ldots{}",
    "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}",
    "‘": r"\textquoteleft{}",
    "’": r"\textquoteright{}",
    OPEN: "",
    CLOSE: "",
}
_WORDY = 32  # letters of a cell, a key among them, beyond which a column breaks its lines
WIDTH = 255.0  # mm
PAGE = 300  # rows of a table that are printed


def page(note: Note) -> str:
    """The file, ending in a newline."""
    parts = [_HEAD, r"\begin{document}", rf"\section*{{{escape(note.title)}: {escape(note.question)}}}"]
    parts.append(rf"\textbf{{{escape(note.word)}.}} {escape(' '.join(note.answer))}")
    if note.label:
        parts.append(rf"\textbf{{{escape(note.label)}}}")
    parts += [_chapter(chapter) for chapter in note.chapters]
    return "\n\n".join([*parts, r"\end{document}"]) + "\n"


def _chapter(chapter: Chapter) -> str:
    parts = [rf"\section{{{escape(chapter.title)}}}", *map(escape, chapter.text)]
    parts += [rf"\texttt{{{escape(line)}}}\par" for line in chapter.commands]
    for item in (*chapter.items, *chapter.more):
        if isinstance(item, Figure):
            parts.append(
                rf"\textit{{Figure {escape(item.name)}.svg: {escape(item.title)}.}} {escape(' '.join(item.notes))}"
            )
        else:
            parts.append(table(item))
    return "\n\n".join(parts)


def table(section: Section) -> str:
    """One section: heading, ``longtable``, notes."""
    notes = [rf"{{\footnotesize {escape(note.strip())}\par}}" for note in section.notes]
    if len(section.rows) > PAGE:
        notes.insert(0, rf"{{\footnotesize The first {PAGE} of {len(section.rows)} rows.\par}}")
    heading = rf"\subsection*{{{escape(section.title)}}}"
    if not section.rows:
        return "\n\n".join([heading, *notes])
    rows = section.rows[:PAGE]
    letters = r"\tiny" if _wide(section) else r"\scriptsize"
    lines = [rf"{{{letters}\begin{{longtable}}{{@{{}}{_columns(section)}@{{}}}}", r"\toprule"]
    lines += [_row([escape(name) for name in section.columns]), r"\midrule\endhead", r"\bottomrule\endfoot"]
    for at, row in enumerate(rows):
        if at in section.breaks:
            lines.append(r"\addlinespace")
        lines.append(_row([_cell(cell, (at, place) in section.shades) for place, cell in enumerate(row)]))
    return "\n\n".join([heading, "\n".join([*lines, r"\end{longtable}}"]), *notes])


def _wide(section: Section) -> bool:
    """Whether short columns alone would leave the page."""
    return sum(1.35 * width + 2.2 for width in _widths(section) if width <= _WORDY) > WIDTH


def _widths(section: Section) -> list[int]:
    """The most characters of each column."""
    return [max(len(row[place]) for row in (section.columns, *section.rows)) for place in range(len(section.columns))]


def _columns(section: Section) -> str:
    """Short columns as they are; columns of words share what room is left."""
    widest = _widths(section)
    wordy = [width > _WORDY for width in widest]
    short = sum(1.35 * width + 2.2 for width, long in zip(widest, wordy, strict=True) if not long)
    total = sum(min(width, 90) for width, long in zip(widest, wordy, strict=True) if long) or 1
    room = max(WIDTH - short, 20.0 * sum(wordy))
    found = []
    for place, (width, long) in enumerate(zip(widest, wordy, strict=True)):
        side = "l" if place < section.left else "r"
        broken = rf">{{\raggedright\arraybackslash}}p{{{room * min(width, 90) / total - 3:.0f}mm}}"
        found.append(broken if long else side)
    return "".join(found)


def _row(cells: Sequence[str]) -> str:
    # A cell that starts with a bracket would be read as an argument of the line before.
    return " & ".join(f"{{}}{cell}" if cell.startswith(("[", "*")) else cell for cell in cells) + r" \\"


def _cell(text: str, bold: bool) -> str:
    return rf"\textbf{{{escape(text)}}}" if bold else escape(text)


def escape(text: str) -> str:
    """``text`` with nothing in it that LaTeX would read as a command."""
    signed = re.sub(r"(?<!\w)-(?=[\d.]*\d)", "−", re.sub(r"\s+", " ", text))
    return "".join(_character(one) for one in signed)


def _character(one: str) -> str:
    if one in _SPECIAL:
        return _SPECIAL[one]
    if " " <= one <= "~":
        return one
    return rf"\glyph{{{ord(one):04X}}}" if ord(one) > 0x9F else ""
