"""What a user knows of languages beyond the catalogue: resource classes, sizes of pretraining text, one's own measures.

In: a CSV file with a column ``code``, ``iso639_3`` or ``glottocode`` and any others. Out: its values by language, so
that results can be grouped by them. Tables whose licences keep them out of the catalogue come in here.
"""

from __future__ import annotations

import csv
from pathlib import Path

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.language import languages

KEYS = ("code", "iso639_3", "glottocode")

Traits = dict[str, dict[str, str]]


def read_traits(path: Path) -> Traits:
    """The values of every column by language code; languages that the catalogue lacks are kept under their own code.

    Raises ``Problem`` for a file that is not there, is no UTF-8, names no languages or names one twice.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            table = csv.DictReader(lines)
            rows, columns = list(table), list(table.fieldnames or ())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Problem(f"{path}: {error}; traits of languages are a CSV file in UTF-8") from error
    key = next((name for name in KEYS if name in columns), None)
    if key is None:
        raise Problem(
            f"{path} has none of the columns {', '.join(KEYS)}, by which languages are found: it has {columns}"
        )
    codes: dict[str, list[str]] = {}
    for language in languages().values():
        codes.setdefault(getattr(language, key), []).append(language.code)
    found: Traits = {}
    for number, row in enumerate(rows, start=2):
        name = (row[key] or "").strip()
        values = {column: (row[column] or "").strip() for column in columns if column != key}
        for code in codes.get(name, [name] if key == "code" and name else []):
            if code in found:
                raise Problem(f"{path}, line {number}: '{name}' is there twice: give every language one line")
            found[code] = values
    if not found:
        raise Problem(f"{path}: no {key} in it is that of a language; see: xstilts languages")
    return found
