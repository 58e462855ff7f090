"""Sentences of a document, verbatim, with their places.

In: a document. Out: sentences and where they stand. Rows of tables, questions and headings are no sentences. Rules for
English prose: a point ends a sentence unless it belongs to an abbreviation, an initial or a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from xstilts.literature.document import Document, Place

SHORT, LONG = 12, 1000
_ABBREVIATED = re.compile(
    r"(?:\b(?:et al|e\.g|i\.e|cf|vs|resp|approx|ca|Fig|Figs|Tab|Sec|Eq|No|Dr|Prof|Mr|Ms|al|pp|vol|ed|eds|acc|incl)"
    r"|(?:^|\s)[A-Z])\.$"
)
_END = re.compile(r"[.!?][\"')\]]*(?=\s+(?:<[^<>\s]{1,10}>|[^\w\s]){0,3}[A-ZÀ-Þ0-9+]|\s*$)")
_REFERENCES = re.compile(
    r"^(?:\d+\.?\s+)?(?:references|bibliography|literature cited)\s*$", re.IGNORECASE | re.MULTILINE
)


def sentences(document: Document) -> Iterator[tuple[str, Place]]:
    """Every sentence before the references, in order."""
    carried: tuple[int, int] | None = None  # page and start of a sentence that the page's end cut
    for number, page in enumerate(document.pages, 1):
        stop = _REFERENCES.search(page)
        last = stop is not None and number * 2 > len(document.pages)
        text = page[: stop.start()] if stop and last else page
        for start, end in _blocks(text):
            if carried is not None:
                first = text[start : start + 1]
                if first.islower():
                    close = _first_end(text, start, end)
                    place = Place(carried[0], carried[1], close, number)
                    carried = None
                    sentence = document.quote(place)
                    if SHORT <= len(sentence) <= LONG:
                        yield sentence, place
                    start = close
                carried = None
            for a, b in _pieces(text, start, end):
                ended = re.search(r"[.!?][\"')\]]*$", text[a:b]) is not None
                if ended and SHORT <= b - a <= LONG and not text[a:b].endswith("?"):
                    yield text[a:b], Place(number, a, b)
                elif not ended and b >= len(text.rstrip()) and number < len(document.pages) and b - a > SHORT:
                    carried = (number, a)
                elif not ended and _open(document, text[start:end]) and SHORT * 2 <= b - a <= LONG:
                    yield text[a:b], Place(number, a, b)
        if last:
            return


def _open(document: Document, paragraph: str) -> bool:
    """Whether what ends without a point counts as a sentence: in abstracts and lists, not in papers, where it is a
    heading."""
    return document.kind in ("given", "bibtex") or re.match(r"[-*+•]\s", paragraph) is not None


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Paragraphs without rows of tables."""
    for found in re.finditer(r"[^\n]+", text):
        if "\t" not in found[0]:
            yield found.start(), found.end()


def _first_end(text: str, start: int, end: int) -> int:
    return next((b for _, b in _pieces(text, start, end)), end)


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The sentences between two places."""
    begin = start
    for found in _END.finditer(text, start, end):
        if found[0][0] == "." and _ABBREVIATED.search(text[max(begin, found.start() - 12) : found.start() + 1]):
            continue
        while begin < found.end() and text[begin].isspace():
            begin += 1
        if found.end() > begin:
            yield begin, found.end()
        begin = found.end()
    while begin < end and text[begin].isspace():
        begin += 1
    if begin < end:
        yield begin, end
