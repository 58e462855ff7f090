"""The multi-bootstrap: seeds and test examples drawn anew together, languages inside their families too.

In: how many seeds, which languages with how many examples, and any statistic of a choice of them. Out: ``Draws`` with a
percentile interval. It serves statistics that are not plain means; for means the two-way interval of ``intervals`` is
better, since percentile intervals over few families are too short.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xstilts.analysis.intervals import Numbers

DRAWS = 2000
FEW_GROUPS = 7  # fewer families make the percentile interval too short
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Sample:
    """One choice, with repetitions: numbers of seeds, names of languages, and numbers of examples for each language (by
    its name). Both arms of a difference use the same choice, since they share seeds and examples.
    """

    seeds: Places
    languages: tuple[str, ...]
    examples: Mapping[str, Places]


@dataclass(frozen=True)
class Draws:
    """``estimate`` on everything there is, ``values`` on the draws (those that gave a number), ``failed``: how many did
    not. ``low`` and ``high`` are the 2.5 and 97.5 % points, ``below`` the share of draws at or below zero.
    """

    estimate: float
    values: Numbers
    failed: int
    groups: int
    low: float
    high: float
    below: float

    @property
    def short(self) -> bool:
        """Whether so few families were drawn that the interval is too short."""
        return self.groups < FEW_GROUPS


def samples(
    seeds: int,
    examples: Mapping[str, int],
    generator: np.random.Generator,
    families: Mapping[str, str] | None = None,
    parallel: bool = False,
) -> Iterator[Sample]:
    """Endless choices: seeds and, within each language, examples are drawn with replacement (Sellam et al. 2022,
    arXiv:2106.16163).

    ``examples`` gives the number of test examples by language. ``families``: languages are new ones, so families are
    drawn and then languages inside each; without, the languages are fixed. ``parallel``: the examples are the same in
    all languages, so their numbers are drawn once. Every step takes its numbers in a fixed order from ``generator``.
    """
    if parallel and len(set(examples.values())) > 1:
        raise ValueError("parallel examples must be as many in every language")
    inside: dict[str, list[str]] = {}
    for language in examples:
        inside.setdefault(families[language] if families else "", []).append(language)
    names = list(inside)
    while True:
        chosen = generator.integers(seeds, size=seeds)
        languages: list[str] = []
        if families is None:
            languages = list(examples)
        else:
            for place in generator.integers(len(names), size=len(names)):
                members = inside[names[place]]
                languages += [members[k] for k in generator.integers(len(members), size=len(members))]
        count = next(iter(examples.values()))
        shared = generator.integers(count, size=count) if parallel else None
        drawn = {
            language: shared if shared is not None else generator.integers(size, size=size)
            for language, size in examples.items()
        }
        yield Sample(chosen, tuple(languages), drawn)


def whole(seeds: int, examples: Mapping[str, int]) -> Sample:
    """Everything once: what the estimate is made of."""
    return Sample(np.arange(seeds), tuple(examples), {name: np.arange(size) for name, size in examples.items()})


def multibootstrap(
    statistic: Callable[[Sample], float],
    seeds: int,
    examples: Mapping[str, int],
    generator: np.random.Generator,
    families: Mapping[str, str] | None = None,
    parallel: bool = False,
    draws: int = DRAWS,
) -> Draws:
    """``statistic`` over ``draws`` choices (see ``samples``). A choice for which it gives no finite number is counted
    in ``failed`` and left out. Raises ``ValueError`` where none gives one.
    """
    source = samples(seeds, examples, generator, families, parallel)
    found = np.array([statistic(next(source)) for _ in range(draws)], dtype=np.float64)
    good = found[np.isfinite(found)]
    if not good.size:
        raise ValueError("the statistic has no value in any draw")
    low, high = np.quantile(good, (0.025, 0.975))
    groups = len(set(families.values())) if families else len(examples)
    return Draws(
        estimate=statistic(whole(seeds, examples)),
        values=good,
        failed=draws - good.size,
        groups=groups,
        low=float(low),
        high=float(high),
        below=float((good <= 0).mean()),
    )
