"""What an analysis needs of a study's models beside the predictions that are scored.

In: nothing. Out: ``Need`` and ``Probing``, which analyses state and a plan turns into further predictions and probes;
no score is made of them and no other job's key knows of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from xstilts.catalogue.task import Task, TaskType


@dataclass(frozen=True)
class Need:
    """Predictions of every model of targets of the ``types``, only of paraphrases where ``paraphrase``: on rows of
    ``split`` in the language that has labels; on the scored rows after each of the ``changes`` (names of
    ``data.change``), and of those ``with_words``, which take the first of the ``dictionaries`` that has the language.
    """

    types: tuple[TaskType, ...]
    split: str = ""
    changes: tuple[str, ...] = ()
    with_words: tuple[str, ...] = ()
    dictionaries: tuple[str, ...] = ()
    paraphrase: bool = False

    def of(self, task: Task) -> bool:
        """Whether it is about this target."""
        return task.type in self.types and (task.paraphrase or not self.paraphrase)


@dataclass(frozen=True)
class Probing:
    """What is read of models to tell how alike tasks are: vectors of the first ``examples`` rows of every intermediate
    and target task, Fisher information and gradients of
    ``learning`` rows, and of ``texts`` rows in every scored language; translations come from the first of the tasks
    ``parallel`` that has the language."""

    examples: int = 1000
    learning: int = 200
    texts: int = 200
    parallel: tuple[str, ...] = ()
