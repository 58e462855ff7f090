"""The forms of a study file: which of its tables hold at a level, and in a variant.

In: the tables of the file, a level and a variant (None: the file's default). Out: the tables that hold, or every
mistake in any form. A variant lies over the file, a level over both; a variant may have levels of its own, which
lie over the file's level of that name. Nothing here knows what the tables mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from xstilts.catalogue.errors import Problem, nearest
from xstilts.study.own import languages_apart
from xstilts.study.settings import merge

LEVELS = ("ci", "quick", "small", "full")
Tables = Mapping[str, Any]


@dataclass(frozen=True)
class Chosen:
    """The tables of one form, and its full name: ``variant`` is empty where the file has none."""

    tables: dict[str, Any]
    level: str
    variant: str


def forms_in(raw: Tables) -> list[tuple[str | None, str]]:
    """(variant, level) of every form of a study file, in its order; ``full`` is always there."""
    found: list[tuple[str | None, str]] = []
    for variant, tables in (raw.get("variants") or {None: {}}).items():
        levels = (*raw.get("levels", {}), *tables.get("levels", {}), "full")
        found += [(variant, level) for level in dict.fromkeys(levels)]
    return found


def choose(
    raw: Tables, place: str, level: str | None, variant: str | None, mistakes: Callable[[Tables, str], list[str]]
) -> Chosen:
    """The tables of one form. ``mistakes`` checks the tables of any form; ``place`` names the file.

    Every form of the file is checked, not only the one asked for. Raises ``Problem`` with all mistakes.
    """
    variants = raw.get("variants", {})
    if not isinstance(variants, Mapping) or not all(isinstance(table, Mapping) for table in variants.values()):
        raise Problem(f"{place}: 'variants' must be a table of tables, as in [variants.human]")
    base = {key: value for key, value in raw.items() if key not in ("variants", "default_variant")}
    if not variants:
        if said := variant or raw.get("default_variant"):
            raise Problem(f"{place}: no variant '{said}': it has no [variants.{said}]")
        tables, chosen, wrong = _at_level(base, place, level, mistakes)
        if wrong:
            raise Problem(*wrong)
        return Chosen(tables, chosen, "")
    name = variant or raw.get("default_variant") or next(iter(variants))
    if name not in variants:
        raise Problem(f"{place}: no variant '{name}'{nearest(name, variants)} (it has {', '.join(variants)})")
    found = {
        other: _at_level(merge(base, table), place, level if other == name else None, mistakes)
        for other, table in variants.items()
    }
    everywhere = [line for line in found[name][2] if all(line in wrong for _, _, wrong in found.values())]
    only = [
        line.replace(place, f"{place}, [variants.{other}]", 1)
        for other, (_, _, wrong) in found.items()
        for line in wrong
        if line not in everywhere
    ]
    if everywhere or only:
        raise Problem(*everywhere, *only)
    tables, chosen, _ = found[name]
    return Chosen(tables, chosen, name)


def _at_level(
    raw: Tables, place: str, asked: str | None, mistakes: Callable[[Tables, str], list[str]]
) -> tuple[dict[str, Any], str, list[str]]:
    """The tables at the level that is asked for, its name, and the mistakes of all levels."""
    base = languages_apart({key: value for key, value in raw.items() if key != "levels"})
    levels = raw.get("levels", {})
    if not isinstance(levels, Mapping):
        return base, "full", [f"{place}: 'levels' must be a table of tables, as in [levels.quick]"]
    wrong: list[str] = []
    for known, tables in levels.items():
        if known not in LEVELS or not isinstance(tables, Mapping):
            hint = nearest(known, LEVELS) or f": levels are {', '.join(LEVELS)}"
            wrong.append(f"{place}, [levels.{known}]: unknown level{hint}")
    of_base = mistakes(base, place)
    wrong += of_base
    checked = {
        known: merge(base, languages_apart(tables))
        for known, tables in levels.items()
        if known in LEVELS and isinstance(tables, Mapping)
    }
    for known, tables in checked.items():
        wrong += [text for text in mistakes(tables, f"{place}, [levels.{known}]") if text not in wrong]
        repeated = [text.replace(place, f"{place}, [levels.{known}]", 1) for text in of_base]
        wrong = [text for text in wrong if text not in repeated]
    chosen = asked or str(base.get("default_level", "full"))
    if chosen not in LEVELS or (chosen != "full" and chosen not in levels):
        have = [known for known in LEVELS if known in levels or known == "full"]
        wrong.append(f"{place}: no level '{chosen}'{nearest(chosen, have)} (it has {', '.join(have)})")
    return checked.get(chosen, base), chosen, wrong
