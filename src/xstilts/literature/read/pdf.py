"""PDF: its text by pages, read in a process of its own that may not run or grow for ever.

In: a path. Out: a document, or ``Refused``: encrypted, broken, too long, too slow. pdfium, the reader of PDFs in
browsers, is a program in C++ that strangers' files may bring down; here that ends a child, never the corpus. The child
(``read/page.py``) prints JSON; the parent gives it a minute and 2 GiB.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from xstilts.literature.document import About, Document, clean_doi, one_line, split_arxiv
from xstilts.literature.read.refused import Refused

SECONDS = 60
# Fewer letters a page than this: pictures of pages, not text.
LETTERS = 40


def document(path: Path, checksum: str, source: str, seconds: float = SECONDS) -> Document:
    """The file as a document. One without a text layer is kept as a record without text, and says so."""
    if find_spec("pypdfium2") is None:
        raise Refused("PDF needs the extra: pip install 'xstilts[literature]'")
    found = _read(path, seconds)
    pages = [str(page) for page in found["pages"]]
    about = _about(found["named"], str(found["largest"]), pages, source)
    letters = sum(map(len, pages))
    if letters < LETTERS * max(1, len(pages)) and letters < 2000:
        return Document("pdf", checksum, about, source, (), (f"no text layer on {len(pages)} pages: needs OCR first",))
    silent = [str(number) for number, page in enumerate(pages, 1) if not page]
    notes = (f"no text on page {', '.join(silent)}",) if silent else ()
    return Document("pdf", checksum, about, source, tuple(pages), notes)


def _read(path: Path, seconds: float) -> dict[str, Any]:
    """What the child says."""
    command = [sys.executable, "-m", "xstilts.literature.read.page", str(path.absolute())]
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise Refused(f"not read within {seconds:.0f} seconds") from None
    try:
        found = json.loads(done.stdout)
    except ValueError:
        raise Refused("broken: the reader ended without an answer") from None
    if "refused" in found:
        raise Refused(str(found["refused"]))
    return dict(found)


_POOR = re.compile(r"untitled|microsoft word|\.(dvi|tex|docx?|pdf|indd)\b|^\W*$|^\S*$", re.IGNORECASE)


def _about(named: dict[str, str], largest: str, pages: list[str], source: str) -> About:
    """Title, authors and identifier: from the file's own fields, else from the first page above its references."""
    first = re.split(r"\n(?:References|Bibliography)\b", pages[0] if pages else "")[0]
    title = one_line(named.get("Title", ""))
    title = largest if _POOR.search(title) else title
    people = re.split(r"\s*(?:;|,| and )\s*", one_line(named.get("Author", "")))
    stamp = re.search(r"arXiv:\s?(\S+)\s*\[[\w.-]+\]", first) or re.search(r"arXiv:\s?(\d{4}\.\S+)", first[:400])
    stated = [stamp[1]] if stamp else []
    stated += [source] if re.match(r"(arxiv[-_ ]?)?\d{4}\.\d{4,5}", source.lower()) else []
    stated += [value for name, value in named.items() if "arxiv" in value.lower() and name != "Title"]
    identifier, version = next((found for found in map(split_arxiv, stated) if found[0]), ("", None))
    year = 2000 + int(identifier[:2]) if re.match(r"\d{4}\.", identifier) else None
    doi = clean_doi(named.get("Subject", "") + " " + named.get("Keywords", "")) or _doi(first)
    return About(
        title[:500],
        tuple(name for name in people if name and name.lower() not in ("anonymous", "(anonymous)", "unknown")),
        year,
        identifier,
        version,
        doi,
    )


def _doi(first: str) -> str:
    """A DOI that the page gives as its own: behind ``doi`` or ``doi.org``, near its beginning or its end."""
    found = re.search(r"(?:doi\.org/|doi:?\s*)(10\.\d{4,9}/\S+)", first[:1500] + "\n" + first[-600:], re.IGNORECASE)
    return clean_doi(found[1]) if found else ""
