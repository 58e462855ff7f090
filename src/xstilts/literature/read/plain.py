"""Plain text in any encoding.

In: bytes. Out: text, and a document of one page. UTF-8 and UTF-16 are told by the bytes themselves; for what is
neither, charset-normalizer (the extra ``literature``) guesses the encoding from the letters it gives.
"""

from __future__ import annotations

import codecs
import re

from xstilts.literature.document import About, Document, one_line, split_arxiv
from xstilts.literature.read.refused import Refused
from xstilts.literature.read.shape import paragraphs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
MAX_TEXT = 20_000_000
# Control characters that no text has.
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def decode(content: bytes) -> str:
    """The text of ``content``. Raises ``Refused`` where it is none, or a longer one than 20 million characters."""
    text = _decoded(content)
    if len(_BINARY.findall(text[:100_000])) > len(text[:100_000]) / 500:
        raise Refused("binary, not a text")
    if len(text) > MAX_TEXT:
        raise Refused(f"{len(text):,} characters: longer than {MAX_TEXT:,}")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(content: bytes) -> str:
    for mark, name in _MARKS:
        if content.startswith(mark):
            return _strictly(content, name)
    try:
        text = content.decode()
        if "\0" not in text:
            return text
    except UnicodeDecodeError:
        pass
    start = content[:4000]
    if start.count(0) > len(start) / 5:  # UTF-16 without a mark: every second byte of Latin letters is 0
        try:
            return content.decode("utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be")
        except UnicodeDecodeError:
            pass
    if b"\0" in start:
        raise Refused("binary, not a text")
    return _guessed(content)


def _strictly(content: bytes, name: str) -> str:
    try:
        return content.decode(name)
    except UnicodeDecodeError:
        raise Refused(f"not the {name.upper().removesuffix('-SIG')} text that it begins as") from None


def _guessed(content: bytes) -> str:
    try:
        from charset_normalizer import from_bytes
    except ImportError:
        raise Refused(
            "neither UTF-8 nor UTF-16; to have its encoding guessed: pip install 'xstilts[literature]'"
        ) from None
    best = from_bytes(content[:1_000_000]).best()
    if best is None:
        raise Refused("in no known encoding")
    return content.decode(best.encoding, errors="replace")


def document(text: str, checksum: str, source: str) -> Document:
    """A text as a document of one page. Its first line, if short, is the title."""
    lines = text.strip().split("\n")
    title = one_line(lines[0].lstrip("#").strip()) if len(lines) > 1 and len(lines[0]) <= 200 else ""
    body = paragraphs(text)
    identifier, version = (
        split_arxiv(source) if re.match(r"(arxiv[-_ ]?)?\d{4}\.\d{4,5}", source.lower()) else ("", None)
    )
    return Document("text", checksum, About(title, (), None, identifier, version), source, (body,) if body else ())
