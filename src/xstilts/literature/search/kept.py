"""Searches that were made, so that they can be read again, together, and without a network.

In: a folder. Out: small sealed files that say what was asked of whom; what came back lies in ``recordings``, and a
search is read again by asking the same in the mode *replay*.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.sealed import read_sealed, replace, sealed
from xstilts.literature.search.protocol import Query

ANSWERS, SEARCHES = "answers", "searches"  # folders of a corpus


@dataclass(frozen=True)
class Kept:
    """A search by its ``name``. ``asked``: when it was made last, as ISO 8601 in UTC."""

    name: str
    query: Query
    services: tuple[str, ...]
    asked: str


def keep(folder: Path, query: Query, services: Sequence[str], asked: str) -> Kept:
    """Remember a search; its name is made of its query and of what else was asked for."""
    said = {**asdict(query), "services": list(services)}
    words = re.sub(r"[^a-z0-9]+", "-", query.plain)[:40].strip("-") or "search"
    mark = hashlib.sha256(repr(sorted(said.items())).encode()).hexdigest()[:6]
    name = f"{words}-{mark}"
    replace(folder / SEARCHES / f"{name}.json", sealed({**said, "asked": asked}))
    return Kept(name, query, tuple(services), asked)


def kept_searches(folder: Path) -> tuple[list[Kept], list[Path]]:
    """All searches by name, and files that are not as they were written."""
    found, damaged = [], []
    for path in sorted((folder / SEARCHES).glob("*.json")):
        if path.name.startswith("."):
            continue
        said = read_sealed(path)
        try:
            if said is None:
                raise TypeError
            query = Query(str(said["text"]), int(said["limit"]), said["since"])
            found.append(Kept(path.stem, query, tuple(map(str, said["services"])), str(said["asked"])))
        except (KeyError, TypeError, ValueError):
            damaged.append(path)
    return found, damaged


def chosen_searches(folder: Path, names: Sequence[str]) -> list[Kept]:
    """The searches of ``names``, or all. Raises ``Problem`` where there is none."""
    found, _ = kept_searches(folder)
    known = {one.name: one for one in found}
    wrong = [f"no search '{name}' in '{folder}'{nearest(name, known)}" for name in names if name not in known]
    if wrong:
        raise Problem(*wrong, *([f"searches: {', '.join(known)}"] if known else []))
    if not known:
        raise Problem(f"no search in '{folder}' yet: xstilts literature search \"QUERY\"")
    return [known[name] for name in dict.fromkeys(names)] if names else found
