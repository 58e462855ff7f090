"""The ACL Anthology: its whole bibliography with abstracts, one compressed BibTeX file.

In: a query. Out: the one request, and the entries that have every word and phrase in title or abstract, best first by
BM25 (of more than 5,000 the newest).
The Anthology has no search for programs (its own looks into prepared files within the browser); this file is what it
publishes for all. It is recorded once and serves every query until it is asked for again.
"""

from __future__ import annotations

import gzip
import io
import logging
import re
import unicodedata
import zlib
from collections.abc import Iterator

from xstilts.literature.search.answers import instead_of
from xstilts.literature.search.protocol import Page, Query, Request, Settings, Unreadable
from xstilts.literature.search.rank import scores
from xstilts.literature.search.records import ABSTRACT, TITLE, Record, identified, line_of, year_of

name = "acl"
_UNPACKED = 4 * 2**30  # bytes
_ENTRY = 200_000  # letters
_RANKED = 5_000  # matching entries; the newest come first in the file
_MARKUP = re.compile(r"\\[a-zA-Z]+\s?|[{}\\\"'`^~]")


def first(query: Query, settings: Settings) -> Request:
    """The file, whatever the query."""
    return Request(settings.url)


def read(answer: bytes, query: Query, settings: Settings, asked: Request) -> Page:
    """The entries that match. Raises ``Unreadable``."""
    wanted = [_bare(term) for term in query.terms]
    matching: list[tuple[str, str]] = []
    entries = total = 0
    for entry in _entries(answer):
        entries += 1
        if entry.startswith("@proceedings") or _older(entry, query.since):
            continue
        text = _searched(entry)
        if _has(text, wanted):
            total += 1
            if len(matching) < _RANKED:
                matching.append((entry, text))
    if not entries:
        raise instead_of(answer, "BibTeX")
    best = scores([Record(_bare(text)) for _, text in matching], query.text)
    order = sorted(range(len(matching)), key=lambda i: -best[i])
    records, skipped = _records([matching[i][0] for i in order[: query.limit]])
    return Page(tuple(records), total, None, tuple(skipped))


def _entries(answer: bytes) -> Iterator[str]:
    """The text of each entry: from a line that begins with @ to one that is a closing brace."""
    packed = answer[:2] == b"\x1f\x8b"
    stream = gzip.GzipFile(fileobj=io.BytesIO(answer)) if packed else io.BytesIO(answer)
    lines: list[str] = []
    size = held = 0
    try:
        for raw in io.TextIOWrapper(stream, encoding="utf-8", errors="replace"):
            size += len(raw)
            if size > _UNPACKED:
                raise Unreadable(f"the bibliography is larger than {_UNPACKED // 2**30} GiB when unpacked")
            if raw.startswith("@"):
                lines, held = [], 0
            held += len(raw)
            if held <= _ENTRY:
                lines.append(raw)
            if raw.rstrip() == "}" and lines and lines[0].startswith("@"):
                yield "".join(lines)
                lines = []
    except (OSError, EOFError, zlib.error):
        raise Unreadable("the bibliography is cut off or damaged") from None


def _searched(entry: str) -> str:
    """Title and abstract as they are written in the file; all of the entry where they are written otherwise."""
    found = re.findall(r'^\s*(?:title|abstract)\s*=\s*"(.*?)",?$', entry, re.MULTILINE | re.DOTALL)
    return " ".join(found) or entry


def _older(entry: str, since: int | None) -> bool:
    year = re.search(r'^\s*year\s*=\s*["{]?(\d{4})', entry, re.MULTILINE) if since else None
    return bool(since and year and int(year[1]) < since)


def _has(text: str, wanted: list[str]) -> bool:
    """Whether all terms stand in a text of the file. Most entries have no accents, and are looked at as they are."""
    plain = text.replace("{", "").replace("}", "").replace("-", " ").lower()
    if "\\" in plain or "\n" in plain or not plain.isascii():
        plain = _bare(text)
    return all(term in plain for term in wanted)


def _bare(text: str) -> str:
    """In small letters, without LaTeX and accents."""
    plain = unicodedata.normalize("NFKD", _MARKUP.sub("", text)).casefold()
    return " ".join("".join(sign for sign in plain if not "\u0300" <= sign <= "\u036f").replace("-", " ").split())


def _records(entries: list[str]) -> tuple[list[Record], list[str]]:
    from bibtexparser import parse_string
    from bibtexparser.middlewares import LatexDecodingMiddleware

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # failed entries are counted here
    kept = []
    skipped = []
    for text in entries:
        library = parse_string(text, append_middleware=[LatexDecodingMiddleware()])
        if len(library.entries) != 1:
            skipped.append(f"the entry {line_of(text.splitlines()[0], 60)!r} can not be read")
            continue
        entry = library.entries[0]
        fields = {field.key.lower(): field.value for field in entry.fields}
        record = Record(
            title=line_of(fields.get("title"), TITLE),
            authors=_authors(fields.get("author")),
            year=year_of(fields.get("year")),
            abstract=line_of(fields.get("abstract"), ABSTRACT),
            language=line_of(fields.get("language"), 40).lower(),
            venue=line_of(fields.get("booktitle") or fields.get("journal")),
            address=line_of(fields.get("url")),
            identifiers=identified(acl=fields.get("url"), doi=fields.get("doi")),
        )
        if record.title:
            kept.append(record)
        else:
            skipped.append(f"the entry '{line_of(entry.key, 60)}' has no title")
    return kept, skipped


def _authors(value: object) -> tuple[str, ...]:
    """Names as they are said, out of "Last, First and Last, First"."""
    names = (name.strip() for name in re.split(r"\s+and\s+", value)) if isinstance(value, str) else ()
    turned = (" ".join(part.strip() for part in reversed(name.split(",", 1))) for name in names)
    return tuple(name for one in turned if (name := line_of(one)))
