"""What a language is, and the table of those we know.

In: ``languages.csv`` (human languages) and ``constructed.csv`` (the artificial ones of ``world``). Out: ``Language``
records, found by code. Codes are XTREME's two-letter ones where it has one, else ISO 639-3, with ``_Script`` where
needed; constructed languages use ISO 639-3's private range ``qaa`` to ``qtz``.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from xstilts.catalogue.errors import Problem, nearest


@dataclass(frozen=True)
class Language:
    """One language. Empty strings mean that the value is not known here."""

    code: str
    name: str
    family: str
    script: str
    iso639_3: str = ""
    glottocode: str = ""
    genus: str = ""
    morphology: str = ""
    word_order: str = ""
    constructed: bool = False


@cache
def languages() -> dict[str, Language]:
    """Every language of the two tables, by code, in the tables' order."""
    found: dict[str, Language] = {}
    for table, constructed in (("languages.csv", False), ("constructed.csv", True)):
        text = files("xstilts.catalogue").joinpath(table).read_text(encoding="utf-8")
        for row in csv.DictReader(text.splitlines()):
            known = {name: row.get(name) or "" for name in Language.__dataclass_fields__ if name != "constructed"}
            found[row["code"]] = Language(**known, constructed=constructed)
    return found


def get_language(code: str) -> Language:
    """The language with this code. Raises ``Problem`` with the nearest code or name."""
    known = languages()
    if code in known:
        return known[code]
    by_name = {language.name.lower(): language.code for language in known.values()}
    if code.lower() in by_name:
        raise Problem(f"unknown language '{code}': its code is '{by_name[code.lower()]}'. see: xstilts languages")
    raise Problem(f"unknown language '{code}'{nearest(code, known) or '.'} see: xstilts languages")
