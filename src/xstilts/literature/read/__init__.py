"""From files to documents: what kind a file is, and the reader of that kind.

In: a path. Out: documents, or ``Refused`` with the reason in words. The content decides, not the name: a PDF called
``.txt`` is read as PDF. Files are read once, to a limit; PDFs in a process of their own (``read/pdf.py``).
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from xstilts.catalogue.errors import Problem
from xstilts.literature.document import Document, one_line
from xstilts.literature.read.refused import Refused

__all__ = ["Refused", "files_of", "read"]

MAX_BYTES = 100 * 2**20
NAMES = (".pdf", ".html", ".htm", ".xhtml", ".txt", ".text", ".md", ".rst", ".tex", ".bib", ".bibtex")


def files_of(paths: Sequence[Path]) -> Iterator[Path]:
    """The files that are meant: those named, and of folders those whose names end as texts do, in order. Links to
    folders are not followed. Raises ``Problem`` where a path is not there."""
    if missing := [path for path in paths if not path.exists()]:
        raise Problem(*(f"'{path}' is not there: name files or folders" for path in missing))
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, inside, names in os.walk(path):
            inside.sort()
            for name in sorted(names):
                if name.lower().endswith(NAMES) and not name.startswith("."):
                    yield Path(folder) / name


def read(path: Path) -> list[Document]:
    """The documents in the file: one, or of a bibliography one an entry. Raises ``Refused``."""
    from xstilts.literature.read import bibtex, html, pdf, plain

    content = _content(path)
    checksum, source = hashlib.sha256(content).hexdigest(), one_line(path.name)[:200]
    start = content[:1024].lstrip().lower()
    if b"%pdf-" in content[:1024].lower():
        return [pdf.document(path, checksum, source)]
    text = plain.decode(content)
    if path.suffix.lower() in (".bib", ".bibtex"):
        return bibtex.documents(text, source)
    if start.startswith((b"<!doctype html", b"<html")) or path.suffix.lower() in (".html", ".htm", ".xhtml"):
        return [html.document(text, checksum, source)]
    return [plain.document(text, checksum, source)]


def _content(path: Path) -> bytes:
    """The bytes of a regular file that is neither empty nor huge."""
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise Refused("not a file")
        if about.st_size > MAX_BYTES:
            raise Refused(f"{about.st_size / 2**20:,.0f} MiB: larger than {MAX_BYTES // 2**20} MiB")
        content = path.read_bytes()
    except OSError as error:
        raise Refused(f"cannot be read ({error.strerror})") from error
    if not content.strip():
        raise Refused("empty")
    return content
