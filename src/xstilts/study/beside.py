"""Which changes of a target's rows are predicted beside the rows themselves.

In: what the analyses of a study need, what the planner knows. Out: ``Change`` values, ready to stand in a job.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import Task
from xstilts.study.job import Change, Rows
from xstilts.study.known import Known
from xstilts.study.needs import Need


def changes(needs: Sequence[Need], known: Known, task: Task, language: str) -> Iterator[Change]:
    """The changes after which rows of ``task`` in ``language`` are predicted once more."""
    for need in needs:
        if need.of(task):
            yield from (Change(name) for name in need.changes)
            if words := _dictionary(known, need.dictionaries, language):
                yield from (Change(name, dictionary=words) for name in need.with_words)


def _dictionary(known: Known, names: Sequence[str], language: str) -> Rows | None:
    """Words of ``language`` with their translations, from the first of the tasks ``names`` that has some."""
    for name in names:
        if (task := known.task(name, "analyses")) is not None:
            with suppress(Problem):
                known.languages(task, "train", (language,))
                return known.rows(task, "train", language)
    return None
