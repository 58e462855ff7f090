"""What a language is, and the table of those we know.

In: ``languages.csv`` (human languages) and ``constructed.csv`` (the artificial ones of ``world``). Out: ``Language``
records, found by code. Codes are XTREME's two-letter ones where it has one, else ISO 639-3, with ``_Script`` where
needed; constructed languages use ISO 639-3's private range ``qaa`` to ``qtz``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from xstilts.catalogue.errors import Problem, nearest


@dataclass(frozen=True)
class Language:
    """One language. Empty strings mean that the value is not known here.

    ``affixation`` is WALS's feature 26A in words, ``morphology_index`` a measure from 0 to 1 (see ``SOURCES.md``);
    both of human languages only. ``morphology`` and ``word_order`` are types of the constructed ones.
    """

    code: str
    name: str
    family: str
    script: str
    iso639_3: str = ""
    glottocode: str = ""
    genus: str = ""
    morphology: str = ""
    word_order: str = ""
    wals_code: str = ""
    affixation: str = ""
    morphology_index: str = ""
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


def get_language(code: str, own: Mapping[str, Language] = MappingProxyType({})) -> Language:
    """The language with this code, of the catalogue or among ``own``. Raises ``Problem`` with the nearest code or
    name."""
    known = {**languages(), **own}
    if code in known:
        return known[code]
    by_name = {language.name.lower(): language.code for language in known.values()}
    if code.lower() in by_name:
        raise Problem(f"unknown language '{code}': its code is '{by_name[code.lower()]}'. see: xstilts languages")
    raise Problem(f"unknown language '{code}'{nearest(code, known) or '.'} see: xstilts languages")


_OWN = ("name", "family", "script", "iso639_3", "glottocode", "genus", "morphology", "word_order")


def language_from_table(code: str, table: Mapping[str, Any], where: str) -> Language:
    """A user's own language, from ``[languages.CODE]`` of a study file: ``name`` and ``script`` must be said.

    Raises ``Problem`` with every mistake; ``where`` opens each line.
    """
    wrong = []
    if code in languages():
        wrong.append(
            f"the catalogue has '{code}' already ({languages()[code].name}): leave the table out, or rename it"
        )
    if not re.fullmatch(r"[a-z]{2,3}(_[A-Z][a-z]{3})?", code):
        wrong.append("a code has two or three small letters, and where needed a script, as in 'srp_Latn'")
    for field, value in table.items():
        if field not in _OWN:
            wrong.append(f"unknown field '{field}'{nearest(field, _OWN) or '; known: ' + ', '.join(_OWN)}")
        elif not isinstance(value, str):
            wrong.append(f"{field}: must be a text")
    wrong += [f"{field}: missing" for field in ("name", "script") if not table.get(field)]
    if isinstance(script := table.get("script"), str) and script and not re.fullmatch("[A-Z][a-z]{3}", script):
        wrong.append(f"script: '{script}' is no four-letter code of ISO 15924, such as Latn")
    if wrong:
        raise Problem(*(f"{where}, [languages.{code}]: {mistake}" for mistake in wrong))
    return Language(**{"code": code, "family": "", **table})
