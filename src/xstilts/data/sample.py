"""Which examples make which update.

In: how many examples each task has in each language, and the sampling rule. Out: for every update a task and row
numbers, drawn from named streams, so that an update's examples depend on the seed and its number only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xstilts.data.random import stream

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Pool:
    """Examples of one task inside a training: the row numbers of each language, in one numbering."""

    name: str
    rows: tuple[Array, ...]
    alpha: float | None = None
    weight: float = 1.0

    @property
    def examples(self) -> int:
        """Rows of all languages together."""
        return sum(len(rows) for rows in self.rows)


def subset(labels: Array | None, rows: int, examples: int, seed: int, *names: str) -> Array:
    """Row numbers of a subset of ``examples`` of ``rows``; a smaller subset is contained in every larger one.

    With ``labels`` (int [rows]) every prefix keeps the label shares as nearly as whole numbers allow: within a label,
    the row of rank r gets the place (r + u) / n_label with u uniform, and rows are taken in the order of their places.
    """
    draw = stream(seed, "subset", *names)
    order = draw.permutation(rows)
    if labels is None:
        return np.sort(order[:examples])
    place = np.empty(rows)
    for label in np.unique(labels):
        mine = order[labels[order] == label]
        place[mine] = (np.arange(len(mine)) + draw.random(len(mine))) / len(mine)
    return np.sort(np.argsort(place, kind="stable")[:examples])


def dealt(rows: int, languages: int, seed: int, *names: str) -> Array:
    """The number of the language that each of ``rows`` translated rows is taken in, int64 [rows]: each language gets as
    many as the next, or one more; which, the seed says."""
    found: Array = stream(seed, "dealt", *names).permutation(np.arange(rows, dtype=np.int64) % languages)
    return found


def _endless(pool: Pool, batch: int, seed: int) -> Iterator[Array]:
    """Batches of one task for ever: whole passes in random order, or languages drawn with n^alpha."""
    if pool.alpha is None:
        everything = np.concatenate(pool.rows)
        waiting = np.zeros(0, dtype=np.int64)
        epoch = 0
        while True:
            while len(waiting) < batch:
                waiting = np.concatenate([waiting, stream(seed, "order", pool.name, epoch).permutation(everything)])
                epoch += 1
            yield waiting[:batch]
            waiting = waiting[batch:]
    share = np.array([len(rows) for rows in pool.rows], dtype=np.float64) ** pool.alpha
    languages = stream(seed, "languages", pool.name)
    ones = [_endless(Pool(f"{pool.name}/{number}", (rows,)), 1, seed) for number, rows in enumerate(pool.rows)]
    while True:
        drawn = languages.choice(len(pool.rows), size=batch, p=share / share.sum())
        yield np.array([int(next(ones[number])[0]) for number in drawn], dtype=np.int64)


def updates(
    pools: Sequence[Pool], chances: Sequence[float], batch: int, count: int, seed: int
) -> Iterator[tuple[int, Array]]:
    """``count`` pairs (number of the task, row numbers int64 [batch]); one task an update, drawn with ``chances``."""
    chosen = stream(seed, "tasks").choice(len(pools), size=count, p=chances)
    batches = [_endless(pool, batch, seed) for pool in pools]
    for number in chosen:
        yield int(number), next(batches[number])
