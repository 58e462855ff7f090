"""What a document is: text by pages with anchors, and which publication it is.

In: text and what is known about it. Out: ``Document``. A place in a document is a page (from 1) and characters of that
page's text, so that ``document.pages[place.page - 1][place.start : place.end]`` is what is quoted, letter by letter.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal["pdf", "html", "text", "bibtex", "given"]


@dataclass(frozen=True)
class About:
    """Which publication a document is. ``arxiv`` is the identifier without version (``2005.13013``), ``version`` its
    number; ``doi`` is in lower case; ``""`` and ``None``: not known."""

    title: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    arxiv: str = ""
    version: int | None = None
    doi: str = ""

    @property
    def identifier(self) -> str:
        """``arXiv:2005.13013v2``, ``doi:10.1/x`` or ``""``."""
        if self.arxiv:
            return f"arXiv:{self.arxiv}" + (f"v{self.version}" if self.version else "")
        return f"doi:{self.doi}" if self.doi else ""


@dataclass(frozen=True)
class Place:
    """Characters ``start`` to ``end`` (from 0, the end left out) of the text of ``page`` (from 1). Where a sentence
    runs over a page's end, ``end`` counts on the page ``until``, else that is 0."""

    page: int
    start: int
    end: int
    until: int = 0

    def __str__(self) -> str:
        end = f"p. {self.until}, {self.end}" if self.until else str(self.end)
        return f"p. {self.page}, {self.start}-{end}"


@dataclass(frozen=True)
class Document:
    """A text with its origin. ``sha256`` is that of the file's bytes, or of the text that was given; ``source`` the
    file's name, or the service that the text comes from. ``notes`` say what is missing or was left out."""

    kind: Kind
    sha256: str
    about: About
    source: str = ""
    pages: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def key(self) -> str:
        """The name under which a corpus keeps it: the first 12 digits of the checksum."""
        return self.sha256[:12]

    @property
    def name(self) -> str:
        """How a reader would call it: identifier, else title, else source."""
        return self.about.identifier or self.about.title or self.source or self.key

    def quote(self, place: Place) -> str:
        """The characters at ``place``; a page's end counts as a blank."""
        if place.until:
            return f"{self.pages[place.page - 1][place.start :]} {self.pages[place.until - 1][: place.end]}"
        return self.pages[place.page - 1][place.start : place.end]


def given(
    text: str,
    *,
    title: str = "",
    authors: Sequence[str] = (),
    year: int | None = None,
    arxiv: str = "",
    version: int | None = None,
    doi: str = "",
    source: str = "",
    kind: Kind = "given",
    notes: Sequence[str] = (),
) -> Document:
    """A document of a text that no file holds, such as the abstract that a service answered. ``arxiv`` may carry its
    version (``2005.13013v2``); ``text`` may be empty, which leaves a record of the publication only."""
    identifier, found = split_arxiv(arxiv)
    about = About(one_line(title), tuple(authors), year, identifier, version or found, clean_doi(doi))
    content = "\n".join([about.title, *about.authors, str(year), about.identifier, about.doi, text])
    pages = (text.strip(),) if text.strip() else ()
    return Document(kind, hashlib.sha256(content.encode()).hexdigest(), about, source, pages, tuple(notes))


def as_table(document: Document) -> dict[str, Any]:
    """``document`` as JSON holds it."""
    return asdict(document)


def from_table(table: Mapping[str, Any]) -> Document:
    """The document that ``as_table`` wrote. Raises ``KeyError`` or ``TypeError`` for other tables."""
    about = About(**{**table["about"], "authors": tuple(table["about"]["authors"])})
    return Document(
        **{**table, "about": about, "pages": tuple(map(str, table["pages"])), "notes": tuple(table["notes"])}
    )


def one_line(text: str) -> str:
    """``text`` without line breaks and characters that no line shows."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def split_arxiv(text: str) -> tuple[str, int | None]:
    """``("2005.13013", 2)`` of ``arXiv:2005.13013v2``; ``("", None)`` where there is no identifier."""
    found = re.search(r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v(\d{1,2}))?(?!\d)", text)
    return (found[1], int(found[2]) if found[2] else None) if found else ("", None)


def clean_doi(text: str) -> str:
    """``10.1/x`` of ``https://doi.org/10.1/X.``; ``""`` where there is none."""
    found = re.search(r"10\.\d{4,9}/[^\s\"<>{}|\\^`]+", text)
    if not found:
        return ""
    doi = found[0].rstrip(".,;:'")
    while doi.endswith(")") and doi.count(")") > doi.count("("):
        doi = doi[:-1].rstrip(".,;:")
    return doi.lower()
