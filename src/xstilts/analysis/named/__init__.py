"""Analyses by name, as studies ask for them: one file each in this folder.

In: a name. Out: an ``Analysis``: the file ``NAME.py`` defines ``ANALYSIS`` with that name. Names are known without
importing anything, so that a study is checked at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from xstilts.catalogue.errors import Problem, nearest

if TYPE_CHECKING:
    from xstilts.analysis.material import Analysis
    from xstilts.study.needs import Need, Probing


def names() -> tuple[str, ...]:
    """The names of all analyses."""
    return tuple(sorted(module.name for module in iter_modules(__path__)))


def mistakes(asked: Iterable[str], place: str) -> list[str]:
    """A line for each name in ``asked`` that is no analysis; ``place`` says where it stands."""
    known = names()
    return [
        f"{place}: unknown analysis '{name}'{nearest(name, known) or ': known are ' + ', '.join(known)}"
        for name in dict.fromkeys(asked)
        if name not in known
    ]


def get_analysis(name: str) -> Analysis:
    """The analysis of this name. Raises ``Problem`` with the nearest name."""
    if wrong := mistakes([name], "analysis"):
        raise Problem(*wrong)
    found: Analysis = import_module(f"{__name__}.{name}").ANALYSIS
    return found


def needs_of(asked: Iterable[str]) -> tuple[Need | Probing, ...]:
    """What the analyses ``asked`` for need beside the scored predictions; nothing for a name that is no analysis."""
    known = set(names())
    return tuple(need for name in asked if name in known for need in get_analysis(name).needs)
