"""A paper as a service describes it, and the one form of its identifiers.

In: what services write (``https://doi.org/10.1/X``, ``http://arxiv.org/abs/2005.13013v2``, ``<jats:p>``). Out:
``Record`` with identifiers that can be compared, text without markup and control characters.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import unquote

from xstilts.literature.document import clean_doi

# From the one that names a paper best to the one that names it least.
KINDS = ("doi", "arxiv", "acl", "s2", "openalex")
TITLE, ABSTRACT, NAME = 500, 20_000, 200  # letters that are kept

_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(.+)")
_ACL_DOI = re.compile(r"10\.(?:18653|3115)/v1/([a-z]\d{2}-\d{4,5}|\d{4}\.[a-z0-9_]+-[a-z0-9]+\.\d+)")
_ARXIV = re.compile(r"(\d{4}\.\d{4,5}|([a-z-]+)(?:\.[a-z]{2})?/(\d{7}))(v\d+)?", re.IGNORECASE)
_ACL = re.compile(r"[A-Z]\d{2}-\d{4,5}|\d{4}\.[a-z0-9_]+-[a-z0-9]+\.\d+", re.IGNORECASE)
_OPENALEX = re.compile(r"W\d+")
_S2 = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Record:
    """One paper. ``identifiers``: kind (see ``KINDS``) to identifier. ``language``: two letters, "" where the service
    does not say. ``places``: (service, rank from 1) of every answer it was found in."""

    title: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    abstract: str = ""
    language: str = ""
    venue: str = ""
    address: str = ""
    identifiers: Mapping[str, str] = field(default_factory=dict)
    places: tuple[tuple[str, int], ...] = ()

    @property
    def name(self) -> str:
        """What the record is called in tables and decisions, such as ``doi:10.1/x``."""
        for kind in KINDS:
            if kind in self.identifiers:
                return f"{kind}:{self.identifiers[kind]}"
        return "title:" + hashlib.sha256(title_key(self.title).encode()).hexdigest()[:12]


def identified(**given: object) -> dict[str, str]:
    """Identifiers in their one form; what has not the form of its kind is left out. A DOI of arXiv or of the Anthology
    says their identifier as well."""
    readers = {"doi": doi_of, "arxiv": arxiv_of, "acl": acl_of, "s2": s2_of, "openalex": openalex_of}
    found = {kind: name for kind, value in given.items() if (name := readers[kind](text_of(value)))}
    if doi := found.get("doi"):
        if match := _ARXIV_DOI.fullmatch(doi):
            # Not a publication of its own: the same paper on arXiv, which has the better name.
            found.setdefault("arxiv", arxiv_of(match[1]))
            found.pop("doi")
        elif match := _ACL_DOI.fullmatch(doi):
            found.setdefault("acl", acl_of(match[1]))
    return {kind: found[kind] for kind in KINDS if found.get(kind)}


def doi_of(text: str) -> str:
    """``10.1/x`` in small letters (DOIs know no case), or ""."""
    return clean_doi(unquote(text))


def arxiv_of(text: str) -> str:
    """``2005.13013`` or ``cs/0701001``, without version and subject class, or ""."""
    ending = re.sub(r"^\s*(?:https?://)?(?:[a-z.]*arxiv\.org/(?:abs|pdf)/|arxiv:)", "", text, flags=re.IGNORECASE)
    match = _ARXIV.fullmatch(ending.strip().removesuffix(".pdf").rstrip("/"))
    if not match:
        return ""
    return f"{match[2].lower()}/{match[3]}" if match[2] else match[1]


def acl_of(text: str) -> str:
    """``2020.aacl-main.56`` or ``P18-1001``, or ""."""
    ending = re.sub(r"^\s*https?://[^/]*(?:aclanthology\.org|aclweb\.org)/(?:anthology/)?", "", text)
    ending = ending.strip().rstrip("/").removesuffix(".pdf")
    if not _ACL.fullmatch(ending):
        return ""
    return ending.upper() if ending[0].isalpha() else ending.lower()


def openalex_of(text: str) -> str:
    """``W123``, or ""."""
    ending = text.strip().rsplit("/", 1)[-1].upper()
    return ending if _OPENALEX.fullmatch(ending) else ""


def s2_of(text: str) -> str:
    """Forty hexadecimal digits, or ""."""
    return text.strip().lower() if _S2.fullmatch(text.strip().lower()) else ""


def text_of(value: object, most: int = NAME) -> str:
    """A text on one line, without markup and control characters; "" where ``value`` is none."""
    if not isinstance(value, str):
        return ""
    return line_of(_without_markup(value) if "<" in value or "&" in value else value, most)


def line_of(value: object, most: int = NAME) -> str:
    """The same of a text that knows no markup, in which < is a sign like others."""
    if not isinstance(value, str):
        return ""
    letters = (" " if sign.isspace() else sign for sign in value if sign.isspace() or _shown(sign))
    return " ".join("".join(letters).split())[:most].rstrip()


def year_of(value: object) -> int | None:
    """A year that papers can have, from a number or the beginning of a date."""
    if isinstance(value, str) and re.match(r"\d{4}(?!\d)", value.strip()):
        value = int(value.strip()[:4])
    return value if isinstance(value, int) and not isinstance(value, bool) and 1600 <= value <= 2200 else None


def title_key(title: str) -> str:
    """A title without case, accents, LaTeX, markup, punctuation and spaces: equal keys are equal titles."""
    return "".join(plain_words(re.sub(r"\\[a-zA-Z]+\s*|[{}$\\]", "", title)))


def plain_words(text: str) -> list[str]:
    """Words of letters and digits of any script, in small letters and without accents."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    # Accents of Latin, Greek and Cyrillic; other combining signs are part of their script's spelling.
    kept = "".join(sign for sign in folded if not "\u0300" <= sign <= "\u036f")
    return re.findall(r"[^\W_]+", kept)


def _shown(sign: str) -> bool:
    """Whether a sign is text: no control character, no change of direction. Joiners (U+200C, U+200D) are spelling."""
    return sign in "\u200c\u200d" or unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def _without_markup(text: str) -> str:
    reader = _Words()
    reader.feed(text)
    reader.close()
    return html.unescape("".join(reader.parts))


class _Words(HTMLParser):
    """Text between tags; the headings of an abstract ("Abstract") are left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.heading = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.heading += tag == "jats:title"
        if tag in ("jats:p", "p", "br", "jats:sec"):
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self.heading -= tag == "jats:title" and self.heading > 0

    def handle_data(self, data: str) -> None:
        if not self.heading:
            self.parts.append(data)
