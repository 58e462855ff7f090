"""BibTeX: one record an entry; what cannot be read is counted and left out.

In: the text of a bibliography. Out: documents, with the abstract as text where an entry has one. A record without text
still says which documents are the same publication and who wrote it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

from xstilts.literature.document import Document, clean_doi, given, one_line, split_arxiv
from xstilts.literature.read.refused import Refused


def documents(text: str, source: str) -> list[Document]:
    """A document an entry, in the file's order. Raises ``Refused`` where no entry can be read."""
    try:
        from bibtexparser import parse_string
        from bibtexparser.middlewares import LatexDecodingMiddleware
    except ImportError:
        raise Refused("BibTeX needs the extra: pip install 'xstilts[literature]'") from None
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # failed entries are counted here
    found = parse_string(text, append_middleware=[LatexDecodingMiddleware()])
    broken = len(found.failed_blocks)
    notes = [f"{broken} broken {'entry' if broken == 1 else 'entries'} of the file left out"] if broken else []
    made = [
        _document({field.key.lower(): str(field.value) for field in entry.fields}, f"{source}: {entry.key}", notes)
        for entry in found.entries
    ]
    if not made:
        raise Refused(f"no whole entry ({broken} broken)" if broken else "no entry")
    return made


def _document(fields: Mapping[str, str], source: str, notes: list[str]) -> Document:
    fields = {name: one_line(value.replace("{", "").replace("}", "")) for name, value in fields.items()}
    year = re.search(r"\b(?:19|20)\d\d\b", fields.get("year") or fields.get("date") or "")
    where = " ".join(fields.get(name, "") for name in ("eprint", "url", "journal", "note", "number"))
    identifier = split_arxiv(where) if "arxiv" in " ".join(fields.values()).lower() else ("", None)
    abstract = fields.get("abstract", "")
    return given(
        abstract,
        title=fields.get("title", ""),
        authors=[_person(name) for name in re.split(r"\s+and\s+", fields.get("author", "")) if name.strip()],
        year=int(year[0]) if year else None,
        arxiv=identifier[0],
        version=identifier[1],
        doi=clean_doi(fields.get("doi") or fields.get("url", "")),
        source=source[:200],
        kind="bibtex",
        notes=[*notes, *([] if abstract else ["no text: a record of the publication only"])],
    )


def _person(name: str) -> str:
    """``Anna Müller`` of ``Müller, Anna``."""
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if comma else name.strip()
