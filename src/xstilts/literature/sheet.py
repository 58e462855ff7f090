"""Tables that people fill in: CSV files as spreadsheets write them.

In: a file and the columns that it must have. Out: its rows as texts by column.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from xstilts.catalogue.errors import Problem

_MOST = 16 * 2**20  # bytes


def table_of(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a CSV file that has ``columns``, and perhaps others. Raises ``Problem``."""
    try:
        if path.stat().st_size > _MOST:
            raise Problem(f"'{path}' is larger than {_MOST // 2**20} MiB: is it the right file?")
        text = path.read_text(encoding="utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (OSError, ValueError, csv.Error) as error:
        raise Problem(f"'{path}' is no CSV file that can be read: {error}") from error
    head = [name.strip().lower() for name in rows[0]] if rows else []
    missing = [name for name in columns if name not in head]
    if missing:
        raise Problem(
            f"'{path}' has no column {', '.join(repr(name) for name in missing)}: it needs {','.join(columns)}"
        )
    return [dict(zip(head, [*row, *[""] * len(head)], strict=False)) for row in rows[1:] if any(map(str.strip, row))]
