"""What a data folder says of its own files: where their rows are from, what was changed or left out.

In: ``MANIFEST.csv`` at the folder's root, with the columns ``name``, ``config``, ``split``, ``note`` (others are passed
over). Out: notes by these three, and one line for those of several languages. Nobody but the folder knows that labels
were joined from elsewhere, say: the rows are as many as the official ones.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

NAME = "MANIFEST.csv"
COLUMNS = ("name", "config", "split", "note")
SHOWN = 3  # kinds of statements in one line, and languages of one kind twice as many


def stated(root: Path) -> Mapping[tuple[str, str, str], str]:
    """Notes by set, configuration and split; none where the folder has no such table."""
    try:
        with (root / NAME).open(encoding="utf-8", newline="") as text:
            rows = csv.DictReader(text)
            if not {*COLUMNS} <= {*(rows.fieldnames or ())}:
                return {}
            found = [tuple((row[name] or "").strip() for name in COLUMNS) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error):
        return {}
    return {(name, config, split): note for name, config, split, note in found if note}


def in_one_line(notes: Mapping[str, str]) -> str:
    """The notes of a split, by language, empty where nothing is said of it: what is said of most languages first, the
    rest counted. Nothing where nothing is said of any."""
    kinds: dict[str, list[str]] = {}
    for language, note in notes.items():
        for clause in dict.fromkeys(filter(None, note.split("; "))):
            kinds.setdefault(clause, []).append(language)
    found = sorted(kinds.items(), key=lambda kind: -len(kind[1]))
    said = [_of(clause, codes, len(notes)) for clause, codes in found[:SHOWN]]
    return "; ".join([*said, *([f"and {len(found) - SHOWN} more (--json)"] if len(found) > SHOWN else [])])


def _of(clause: str, codes: Sequence[str], languages: int) -> str:
    more = len(codes) - 2 * SHOWN
    which = " ".join(codes[: 2 * SHOWN]) + (f" and {more} more" if more > 0 else "")
    return clause if len(codes) == languages else f"{clause} (in {which})"
