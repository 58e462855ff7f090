"""What some rows that are trained on and some that are scored have in common, text by text.

In: the sources of this machine, the rows that are scored. Out: ``Scored``, their texts in one pool, which answers for
any rows that train which of the scored rows they meet, in the scored language or through a translation of the row.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa

from xstilts.data.pool import Hits, Pool, Search, hits, pool_of, searched
from xstilts.data.texts import COLUMNS, texts_of
from xstilts.jobs.sources import AllSources
from xstilts.study.job import Rows
from xstilts.study.overlap import Meeting

SHOWN = 80  # characters of a text in an example
TABLES = 16  # tables kept while they are looked at again


@dataclass(frozen=True)
class At:
    """A text: a row and one of its columns (see ``data.texts``)."""

    rows: Rows
    row: int
    column: int


@dataclass(frozen=True)
class Met:
    """Which of some scored rows met a trained one: the similarity of the best meeting of each row (0: none), in its own
    language and, where it has none there, through a translation; and the two texts of that meeting."""

    own: np.ndarray
    elsewhere: np.ndarray
    texts: dict[int, tuple[At, At]]


@dataclass(frozen=True)
class _Owner:
    """The texts of some scored rows: row, column and number in the pool of each."""

    row: np.ndarray
    column: np.ndarray
    code: np.ndarray


class Scored:
    """The texts of ``scored`` and of its translations, as far as they are here. ``near``: nearly equal texts meet, too;
    raises ``Problem`` where the package for this is not installed. ``caps``: only so many first rows are scored."""

    def __init__(
        self, source: AllSources, scored: Iterable[Rows], near: bool, caps: Mapping[Rows, int] = MappingProxyType({})
    ) -> None:
        self.source = source
        self.near = near
        self.table = lru_cache(TABLES)(source.read)
        self.kin = {rows: self._translations(rows) for rows in scored}
        wanted = {
            rows: caps.get(one) if self._parallel(one) != "id" else None
            for one, kin in self.kin.items()
            for rows in (one, *kin)
        }  # each once, though every language is a translation of all others
        tables = {rows: self.texts(rows, cap) for rows, cap in wanted.items()}
        self.pool: Pool = pool_of(list(tables.values()))
        self._owners = {
            rows: _Owner(table["row"].to_numpy(), table["column"].to_numpy(), codes)
            for (rows, table), codes in zip(tables.items(), self.pool.codes, strict=True)
        }
        self._hits: dict[tuple[str, str], Hits] = {}

    @cached_property
    def _search(self) -> Search | None:
        return searched(self.pool) if self.near else None

    def texts(self, rows: Rows, cap: int | None = None) -> pa.Table:
        """The texts of some rows, of the first ``cap`` alone, as ``data.texts`` gives them."""
        return texts_of(self.table(rows).slice(0, cap), self.source.task(rows.task).type)

    def hits(self, rows: Rows) -> Hits:
        """Which texts of the pool some trained rows meet."""
        key = (rows.identity, str(self.source.task(rows.task).type))
        if key not in self._hits:
            self._hits[key] = hits(self.pool, self.texts(rows), self._search)
        return self._hits[key]

    def met(self, scored: Rows, trained: Sequence[Rows]) -> Met:
        """Which of the ``scored`` rows meet any row of ``trained``, which must not be empty."""
        found = [self.hits(rows) for rows in trained]
        code, share, row, column = (
            np.concatenate([getattr(hit, name) for hit in found]) for name in ("code", "share", "row", "column")
        )
        which = np.repeat(np.arange(len(found)), [len(hit.code) for hit in found])
        order = np.argsort(share, kind="stable")  # the most similar is written last
        best, place = np.zeros(len(self.pool.texts)), np.zeros(len(self.pool.texts), np.int64)
        best[code[order]], place[code[order]] = share[order], order

        def partner(text: int) -> At:
            at = place[text]
            return At(trained[which[at]], int(row[at]), int(column[at]))

        own, first = self._best(scored, best)
        owner = self._owners[scored]
        texts: dict[int, tuple[At, At]] = {}
        for mine in np.flatnonzero(own).tolist():
            text = first[mine]
            texts[mine] = (At(scored, mine, int(owner.column[text])), partner(owner.code[text]))
        elsewhere = np.zeros(scored.rows)
        for kin in self.kin[scored]:
            theirs, first = self._best(kin, best)
            owner = self._owners[kin]
            for mine, other in self._pairs(scored, kin, theirs):
                if not own[mine] and theirs[other] > elsewhere[mine]:
                    text = first[other]
                    elsewhere[mine] = theirs[other]
                    texts[mine] = (At(kin, other, int(owner.column[text])), partner(owner.code[text]))
        return Met(own, elsewhere, texts)

    def trained_met(self, rows: Rows, scored: Iterable[Rows]) -> np.ndarray:
        """The numbers of the trained ``rows`` that meet any of the ``scored`` rows or their translations, ascending."""
        found = self.hits(rows)
        codes = [self._owners[owner].code for one in scored for owner in (one, *self.kin[one])]
        return np.unique(found.row[np.isin(found.code, np.concatenate(codes))])

    def meeting(self, scored: Rows, row: int, met: Met) -> Meeting:
        """One scored row and the trained one that it met, with the beginnings of their texts."""
        mine, other = met.texts[row]
        return Meeting(
            language=scored.language,
            row=row,
            text=self._shown(At(scored, row, mine.column)),
            trained_language=other.rows.language,
            trained_row=other.row,
            trained_text=self._shown(other),
            similarity=math.floor(100 * max(met.own[row], met.elsewhere[row])) / 100,  # 1 is for equal texts alone
            through="" if mine.rows == scored else mine.rows.language,
        )

    def _best(self, rows: Rows, best: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each row the similarity of its most similar text, 0 where it has none, and which of its owner's texts
        that is."""
        owner = self._owners[rows]
        order = np.argsort(best[owner.code], kind="stable")
        share, first = np.zeros(rows.rows), np.zeros(rows.rows, np.int64)
        share[owner.row[order]], first[owner.row[order]] = best[owner.code[order]], order
        return share, first

    def _parallel(self, rows: Rows) -> str:
        """How translations of these rows are found (``Files.parallel``)."""
        files = next(self.source.task(rows.task).candidates(rows.split, rows.language), None)
        return files.parallel if files else ""

    def _translations(self, rows: Rows) -> list[Rows]:
        """The same rows in other languages, where the catalogue says which are, and they are here."""
        task = self.source.task(rows.task)
        files = next(task.candidates(rows.split, rows.language), None)
        if files is None or not files.parallel:
            return []
        codes = [code for code in task.languages_of(rows.split) if code != rows.language]
        found = [self.source.rows(task, rows.split, code) for code in codes if self.source.here(task, rows.split, code)]
        if files.parallel == "row":  # a row that was left out would move all that follow
            whole = files.official.get(rows.language, rows.rows) == rows.rows
            found = [other for other in found if whole and other.rows == rows.rows]
        return found

    def _pairs(self, one: Rows, two: Rows, share: np.ndarray) -> Iterator[tuple[int, int]]:
        """Rows of ``one`` with those rows of ``two``, their translations, whose ``share`` is above 0."""
        wanted = np.flatnonzero(share).tolist()
        if not wanted or self._parallel(one) == "row":
            yield from ((row, row) for row in wanted)
            return
        mine, theirs = (
            {name: row for row, name in enumerate(self.table(rows)["id"].to_pylist())} for rows in (one, two)
        )
        known = set(wanted)
        yield from ((mine[name], row) for name, row in theirs.items() if row in known and name in mine)

    def _shown(self, at: At) -> str:
        """The beginning of a text; of a row as a whole, of all its texts."""
        names = COLUMNS[self.source.task(at.rows.task).type]
        row = self.table(at.rows).slice(at.row, 1).to_pylist()[0]
        values = [row[name] for name in (names if at.column < 0 else names[at.column : at.column + 1])]
        text = " | ".join(" ".join(_flat(value).split()) for value in values)
        return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def _flat(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value or "")
