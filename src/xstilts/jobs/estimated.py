"""A source for plans of studies whose data are not at hand: every official set as large as it is said to be.

In: what the catalogue says of sizes. Out: ``Estimated``, a ``Source`` of counts alone. Nothing is looked up or read, so
its checksums are none, its keys are not those of a run, and nothing can be run with them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import sha256

from xstilts.catalogue.task import Task, TaskType
from xstilts.jobs.sources import AllSources
from xstilts.study.job import Rows
from xstilts.study.protocols import Given

# Rows of a language where no official size is known; text: 2 million sentences in 40 languages (Phang et al. 2020).
ASSUMED: Mapping[str, int] = {"train": 10_000, "validation": 1_000, "test": 1_000, "candidates": 1_000}
TEXT = 50_000


class Estimated:
    """Every language of every task, with the number of rows of the official set; constructed languages as they are.

    ``assumed``: the splits whose size nobody states.
    """

    def __init__(self, source: AllSources) -> None:
        self._source = source
        self.assumed: dict[str, None] = {}

    def languages(self, task: Task, split: str, among: Collection[str] | None = None) -> tuple[str, ...]:
        """All languages of the split."""
        if _made(task):
            return self._source.languages(task, split, among)
        return tuple(code for code in task.languages_of(split) if among is None or code in among)

    def settled(self, task: Task) -> Task:
        """``task`` as it is: of labels that are found in rows none are known."""
        return task

    def rows(self, task: Task, split: str, language: str) -> Rows:
        """The official number of rows, or an assumed one, which is noted."""
        if _made(task):
            return self._source.rows(task, split, language)
        count = task.splits[split].official.get(language)
        if count is None:
            count = TEXT if task.type == TaskType.MLM else ASSUMED.get(split, ASSUMED["train"])
            self.assumed[f"{task.name} ({split}): {count:,} rows a language are assumed, no official size is known"] = (
                None
            )
        checksum = sha256(f"estimate:{task.name}:{split}:{language}:{count}".encode()).hexdigest()
        return Rows(task.name, split, language, count, checksum)

    def tokens(self, rows: Rows) -> float | None:
        """Nobody has seen the rows."""
        return None

    def given(self, folder: str, rows: Rows, examples: int | None) -> Given:
        """Predictions that are taken to be there."""
        name = f"estimate:{folder}:{rows.checksum}"
        return Given(folder, sha256(name.encode()).hexdigest())

    def apart(self, rows: Rows, scored: tuple[Rows, ...], near: bool) -> Rows:
        """``rows``: what they share with the scored ones is not known before they are read."""
        return rows


def unidentified(path_or_name: str) -> str:
    """The digest of a backbone that nobody looked at."""
    return f"estimate:{path_or_name}"


def _made(task: Task) -> bool:
    return task.name.startswith("world/")
