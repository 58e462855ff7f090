"""A text cut into what rules look at: headings, sentences, heads and rows of tables, each with its place.

In: pages of text, as documents hold them (paragraphs between empty lines, cells between tabs) or as Markdown. Out:
units in reading order. References are left out: a title in a bibliography says nothing about the paper that cites it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from xstilts.literature.document import Place

Kind = Literal["heading", "sentence", "head", "row"]
_NAMED = "|".join(
    (
        r"abstract|introduction|background|related work|motivation|methods?|methodology|approach|models?|data|datasets",
        r"tasks|experiments?|experimental (?:setup|design|details)|settings|results(?: and discussion)?",
        r"analysis|discussion|conclusions?|limitations?|ethics(?: statement)?|ethical considerations|broader impact",
        r"evaluation|reading",
        r"reproducibility(?: statement)?|acknowledge?ments?|references|bibliography|appendix|appendices",
        r"supplementary materials?|implementation details|training details|hyper-?parameters",
    )
)
_NUMBER = r"(?:(?:\d{1,2}|[A-Z])(?:\.\d{1,2}){0,3}\.?[ \t]+)"
_HEADING = re.compile(rf"({_NUMBER}[A-Z][^\n.!?]{{2,80}}|{_NUMBER}?(?i:{_NAMED})):?")
_CLEAR = (
    "abstract|introduction|related work|limitations?|conclusions?|references|bibliography|acknowledge?ments?|appendix"
)
_ALONE = re.compile(rf"{_NUMBER}?(?i:{_NAMED}):?")
# Without a number, only what begins no sentence.
_BEFORE_TEXT = re.compile(rf"({_NUMBER}(?i:{_NAMED})|(?i:{_CLEAR}))[:.]?[ \t]+(?=[A-Z][a-z]* )")
_MARKDOWN = re.compile(r"(#{1,6})[ \t]+(.+?)[ \t#]*$")
_RULE = re.compile(r"[ \t]*\|?[ \t:|-]*-{3}[ \t:|-]*$")
_ENDS = re.compile(r"(?<=[.!?])[\"')\]*]*\s+(?=[\"'(\[*]*[A-Z0-9])")
_SHORT = re.compile(
    r"(?:\b(?:e\.g|i\.e|al|cf|vs|approx|resp|Fig|Figs|Sec|Eq|Eqs|Tab|No|Nos|St|Dr|Prof|ca|etc)|\b[A-Z])\.[\"')\]*]*\s*$"
)
_REFERENCES = re.compile(rf"{_NUMBER}?(?:references|bibliography)$", re.IGNORECASE)
_FENCED = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_MOST = 200_000  # units


@dataclass(frozen=True)
class Unit:
    """``text`` is exactly what stands at ``place``; ``section``: number of the heading above it, 0 for none."""

    kind: Kind
    text: str
    place: Place
    section: int


@dataclass(frozen=True)
class Heading:
    """``level`` from 1; ``parents``: the numbers of the headings that it stands under."""

    title: str
    level: int
    parents: tuple[int, ...]


@dataclass(frozen=True)
class Material:
    """``headings[0]`` stands for the text above the first."""

    units: tuple[Unit, ...]
    headings: tuple[Heading, ...]

    def within(self, number: int) -> list[Unit]:
        """The units of a section and of those inside it."""
        return [u for u in self.units if u.section == number or number in self.headings[u.section].parents]


def material(pages: Sequence[str]) -> Material:
    """The units of a text, without its references and without blocks of code."""
    units: list[Unit] = []
    headings = [Heading("", 0, ())]
    silent = False
    for number, raw in enumerate(pages, 1):
        page = _FENCED.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), raw)
        for kind, start, end, level in _pieces(page):
            text = page[start:end]
            if kind == "heading":
                title = " ".join(re.sub(r"^#+[ \t]*|[ \t#:]+$", "", text).split())
                silent = bool(_REFERENCES.match(title))
                headings.append(Heading(title, level, _parents(headings, level)))
            if not silent and len(units) < _MOST:
                units.append(Unit(kind, text, Place(number, start, end), len(headings) - 1))
    return Material(tuple(units), tuple(headings))


def _parents(headings: Sequence[Heading], level: int) -> tuple[int, ...]:
    above = [i for i, heading in enumerate(headings) if i and heading.level < level]
    if not above:
        return ()
    return (*headings[above[-1]].parents, above[-1])


def _pieces(page: str) -> Iterator[tuple[Kind, int, int, int]]:
    """Kind, beginning, end and level of the units of one page."""
    for block in re.finditer(r"[^\n](?:.*?)(?=\n[ \t]*\n|\Z)", page, re.DOTALL):
        yield from _block(page, block.start(), block.end())


def _block(page: str, start: int, end: int) -> Iterator[tuple[Kind, int, int, int]]:
    """A paragraph: lines of tables and headings stand alone, the rest is sentences."""
    lines = []
    place = start
    for line in page[start:end].split("\n"):
        lines.append((place, place + len(line)))
        place += len(line) + 1
    open_at: int | None = None
    for i, (first, last) in enumerate(lines):
        line = page[first:last]
        mark = _MARKDOWN.match(line)
        item = re.match(r"[ \t]*(?:[-*+•]|\d{1,2}[.)])[ \t]+", line)
        row = "\t" in line.strip() or line.lstrip().startswith("|")
        alone = not mark and not row and len(lines) == 1 and _HEADING.fullmatch(line.strip())
        if (mark or row or alone or item) and open_at is not None:
            yield from _sentences(page, open_at, first)
            open_at = None
        if mark:
            yield "heading", first, last, len(mark[1])
        elif alone:
            yield "heading", first, last, _level(line)
        elif row:
            if not _RULE.match(line):
                yield ("head" if _is_head(page, lines, i) else "row"), first, last, 0
        elif open_at is None and line.strip():
            open_at = first
    if open_at is not None:
        yield from _sentences(page, open_at, end)


def _is_head(page: str, lines: Sequence[tuple[int, int]], i: int) -> bool:
    """Whether a row stands at the top of its table."""
    if page[slice(*lines[i])].lstrip().startswith("|"):
        return i + 1 < len(lines) and bool(_RULE.match(page[slice(*lines[i + 1])]))
    return i == 0 or "\t" not in page[slice(*lines[i - 1])].strip()


def _level(line: str) -> int:
    numbered = re.match(r"\s*(\d{1,2}|[A-Z])((?:\.\d{1,2})*)\.?[ \t]", line)
    return 1 + numbered[2].count(".") if numbered else 1


def _sentences(page: str, start: int, end: int) -> Iterator[tuple[Kind, int, int, int]]:
    """Sentences of running text; a full stop after an abbreviation or an initial ends none."""
    begin = start
    for found in _ENDS.finditer(page, start, end):
        if not _SHORT.search(page, max(begin, found.start() - 12), found.end()):
            yield from _trimmed(page, begin, found.start())
            begin = found.end()
    yield from _trimmed(page, begin, end)


def _trimmed(page: str, start: int, end: int) -> Iterator[tuple[Kind, int, int, int]]:
    text = page[start:end]
    start += len(text) - len(text.lstrip())
    end -= len(text) - len(text.rstrip())
    # Text out of a PDF often has headings at the beginning or the end of a paragraph.
    if start < end and (inline := _BEFORE_TEXT.match(page, start, end)):
        yield "heading", start, inline.end(1), _level(inline[1])
        start = inline.end()
    alone = start < end and _ALONE.fullmatch(page, start, end)
    if start < end:
        yield ("heading" if alone else "sentence"), start, end, _level(page[start:end]) if alone else 0
