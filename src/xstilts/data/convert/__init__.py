"""Sets that come in a form of their own, put into a data folder: what their publishers hand out, as Parquet.

In: the folder with the publishers' files. Out: ``DIR/SET/CONFIG/SPLIT.parquet``, each whole or not there, and what was
made of what. One file a set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from xstilts.catalogue.errors import Problem, nearest
from xstilts.data.convert import ccgbank, mewslix
from xstilts.data.convert.written import Written

CONVERTERS: Mapping[str, Callable[[Path, Path], Iterator[Written]]] = {
    "ccgbank": ccgbank.convert,
    "mewsli-x": mewslix.convert,
}


def convert(name: str, source: Path, target: Path) -> Iterator[Written]:
    """Each file as it is written to the data folder ``target``. Raises ``Problem`` that names file and line for what is
    not in the publishers' form."""
    if name not in CONVERTERS:
        known = ", ".join(CONVERTERS)
        raise Problem(f"nothing is known of the files of '{name}'{nearest(name, CONVERTERS) or '.'} known: {known}")
    if not source.is_dir():
        raise Problem(f"no folder '{source}': name the one that holds the publishers' files of {name}")
    yield from CONVERTERS[name](source, target)
