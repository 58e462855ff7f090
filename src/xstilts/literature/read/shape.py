"""Lines of a page as running text: paragraphs, words that a line break cut, letters that were set as one.

In: lines. Out: paragraphs with an empty line between them; rows of a table keep a line each, their cells between tabs.
Deterministic, so that a place in the text always means the same letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from xstilts.catalogue.words import words

# First parts of compounds that keep their hyphen when a line break follows it.
_COMPOUNDS = frozenset(
    words(
        "multi cross zero few non low high well fine state machine large small task language three four nine long short"
    )
)
_LIGATURES = {ord(one): unicodedata.normalize("NFKC", one) for one in "ﬀﬁﬂﬃﬄﬅﬆ"}
_SIGNS = {ord("−"): "-", ord("‐"): "-", ord("‑"): "-", 0xA0: " ", 0x2009: " ", 0x202F: " ", 0xAD: "", 0x200B: ""}
BREAK = "\x02"  # a hyphen that pdfium knows to be one of a line break


def letters(text: str) -> str:
    """``text`` with ligatures as letters, and one sign each for hyphen, minus and space."""
    return unicodedata.normalize("NFC", text.translate(_LIGATURES).translate(_SIGNS))


_ALONE = re.compile(r"\s*(?:#{1,6}\s|[-*+•]\s|\d{1,2}[.)]\s|\\(?:section|subsection|item|begin|end)\b|[=~^-]{4,}\s*$)")


def paragraphs(text: str) -> str:
    """A text in lines as paragraphs of one line each, an empty line between them. Headings and items of a list begin
    one; rows of a table (cells between tabs or bars) stay alone; listings of programs are left out."""
    blocks: list[list[str]] = [[]]
    listing = False
    for line in letters(text).split("\n"):
        if line.lstrip().startswith(("```", "~~~")):
            listing = not listing
            line = ""
        if listing:
            continue
        if line.count("|") > 1:
            line = "\t".join(cell.strip() for cell in line.strip().strip("|").split("|"))
            if not re.search(r"\w", line):
                continue
        alone = _ALONE.match(line)
        if not line.strip() or alone:
            blocks.append([])
        blocks[-1].append(line)
        if alone and line.lstrip().startswith(("#", "\\")):
            blocks.append([])
    return "\n\n".join(filter(None, map(join, blocks)))


def join(lines: Iterable[str]) -> str:
    """The lines of one paragraph as one: words cut at the end of a line are whole again."""
    found = ""
    for line in lines:
        row = "\t" in line.strip()
        line = "\t".join(" ".join(cell.split()) for cell in line.strip().split("\t")).strip()
        if not line:
            continue
        if not found:
            found = line
        elif row or "\t" in found.rsplit("\n", 1)[-1]:
            found += "\n" + line
        elif found.endswith(BREAK) or (found.endswith("-") and re.search(r"\w-$", found)):
            found = _whole(found, line)
        else:
            found += " " + line
    return found.replace(BREAK, "-")


def _whole(before: str, after: str) -> str:
    """Two lines, the first of which ends in a hyphen."""
    marked = before.endswith(BREAK)
    before = before[:-1]
    first = re.search(r"[^\W\d_]*$", before)
    part = first[0] if first else ""
    rest = re.match(r"[a-z]*", after)
    compound = part.lower() in _COMPOUNDS and rest and len(rest[0]) > 3 and rest[0] not in ("ment", "ments", "ness")
    cut = after[:1].islower() and part and not compound and not part.isupper()
    if cut and (marked or part[1:].islower() or len(part) == 1):
        return before + after
    return f"{before}-{after}"
