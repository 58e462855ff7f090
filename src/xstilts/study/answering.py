"""Where the threshold comes from from which on a question counts as having no answer.

In: what the study says, a task whose questions may have none. Out: ``Answering``: rows on which it is chosen, or a
number, and the words that name it in a score's protocol. It is chosen where labels are: on validation rows of the
language that the task trains in, never on other rows that are scored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from xstilts.catalogue.errors import nearest
from xstilts.catalogue.task import Task
from xstilts.study.protocols import Source

FIXED = 0.0  # where there is nothing to choose on; predictions are stored with it


def _known(said: Any) -> Any:
    if isinstance(said, str) and said != "validation":
        raise ValueError(f"unknown value '{said}'{nearest(said, ('validation',)) or ':'} validation, or a number")
    return said


Threshold = Annotated[Literal["validation"] | Annotated[float, Field(allow_inf_nan=False)], BeforeValidator(_known)]


@dataclass(frozen=True)
class Answering:
    """``language``: that of the validation rows on which the threshold is chosen; None: it is ``threshold``."""

    language: str | None
    threshold: float = FIXED
    why: str = ""

    def named(self, split: str, language: str) -> str:
        """What the protocol of a score of these rows says."""
        if self.language is None:
            return f"no-answer threshold {self.threshold:g}{self.why}"
        if (split, language) == ("validation", self.language):
            return "no-answer threshold best on the scored rows"
        return f"no-answer threshold from validation ({self.language})"


def answering(said: Literal["validation"] | float, source: Source, task: Task) -> Answering | None:
    """How it is decided that a question of ``task`` has no answer, as the study ``said``; None where every one has
    one."""
    if not task.no_answer:
        return None
    if said != "validation":
        return Answering(None, said)
    if "validation" in task.splits and source.languages(task, "validation", (task.train_language,)):
        return Answering(task.train_language)
    return Answering(None, why=": no validation rows to choose it on")
