"""HTML: its text without scripts, and what its head says of the publication.

In: the text of a page. Out: a document of one page. Nothing of it is executed or fetched; the parser is the standard
library's, which reads broken pages to their end.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from xstilts.catalogue.words import words
from xstilts.literature.document import About, Document, clean_doi, one_line, split_arxiv
from xstilts.literature.read.refused import Refused
from xstilts.literature.read.shape import paragraphs

_SILENT = frozenset(words("script style noscript template svg math head nav object iframe select button"))
_BLOCKS = frozenset(
    words("p div section article li ul ol h1 h2 h3 h4 h5 h6 table tr br hr blockquote pre header footer figcaption")
    + words("dd dt")
)
_CELLS = frozenset(("td", "th"))


class _Page(HTMLParser):
    """Collects the text, the title and the named values of the head."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.named: list[tuple[str, str]] = []
        self.title: list[str] = []
        self.heading: list[str] = []
        self._silent: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "meta" and (name := values.get("name") or values.get("property")):
            self.named.append((name.lower(), values.get("content", "")))
        if tag == "title" or (tag == "h1" and not self.heading):
            self._inside = tag
        if tag in _SILENT:
            self._silent.append(tag)
        elif tag in _CELLS:
            self.parts.append("\t")
        elif tag == "tr":
            self.parts.append("\n")
        elif tag in _BLOCKS:
            self.parts.append("\n\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag in _SILENT:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""
        if tag in self._silent:  # what was opened inside and never closed ends here too
            del self._silent[self._silent.index(tag) :]
        elif tag == "body":
            self._silent.clear()
        elif tag in _BLOCKS and tag != "tr":
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self.title.append(data)
        elif not self._silent:
            if self._inside == "h1":
                self.heading.append(data)
            self.parts.append(re.sub(r"[\n\t]+", " ", data))


def document(text: str, checksum: str, source: str) -> Document:
    """The page as a document. Raises ``Refused`` where it has no text."""
    page = _Page()
    page.feed(text)
    page.close()
    body = paragraphs("".join(page.parts))
    if not body:
        raise Refused("a page without text")
    return Document("html", checksum, _about(page, source), source, (body,))


def _about(page: _Page, source: str) -> About:
    named: dict[str, str] = {}
    for name, value in reversed(page.named):
        named[name] = value
    title = named.get("citation_title") or named.get("dc.title") or "".join(page.heading) or "".join(page.title)
    authors = tuple(one_line(value) for name, value in page.named if name in ("citation_author", "dc.creator"))
    stated = " ".join(named.get(name, "") for name in ("citation_arxiv_id", "citation_pdf_url", "og:url"))
    identifier, version = split_arxiv(stated) if "arxiv" in " ".join(named) + stated else ("", None)
    if not identifier and re.match(r"\d{4}\.\d{4,5}", source):
        identifier, version = split_arxiv(source)
    year = re.search(r"\b(?:19|20)\d\d\b", named.get("citation_date") or named.get("citation_publication_date") or "")
    doi = clean_doi(named.get("citation_doi") or named.get("dc.identifier") or "")
    return About(one_line(title)[:500], authors, int(year[0]) if year else None, identifier, version, doi)
