"""What a task is: the typed record that every other room reads.

In: the files under ``catalogue/tasks`` (one constant each) and ``[tasks.NAME]`` tables of study files. Out: ``Task``.
The task type decides reader, encoder, head, decoder and the form of a prediction, so no room ever asks what a task is
called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class TaskType(StrEnum):
    """How a task is read, encoded, learned and decoded."""

    CLASSIFICATION = "classification"
    MULTIPLE_CHOICE = "multiple_choice"
    SPAN_EXTRACTION = "span_extraction"
    TOKEN_CLASSIFICATION = "token_classification"
    RETRIEVAL = "retrieval"
    RANKING = "ranking"
    MLM = "mlm"


@dataclass(frozen=True)
class Files:
    """Where the rows of one split lie: on the hub, and under the same names in a data folder.

    ``configs`` may hold ``{language}``, replaced by ``names[code]`` or else by the code itself; several configurations
    are read one after the other, those that a language lacks are left out. ``where`` keeps only rows whose
    column compares as stated, with one of ``== != < >=``.
    """

    repository: str
    configs: tuple[str, ...]
    split: str
    names: Mapping[str, str] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    where: tuple[tuple[str, str, str | int], ...] = ()
    revision: str | None = None

    @property
    def folder(self) -> str:
        """The repository's name without its organisation, as data folders use it."""
        return self.repository.rsplit("/", 1)[-1]

    def configs_of(self, language: str) -> tuple[str, ...]:
        """The configurations that may hold ``language``."""
        return tuple(config.format(language=self.names.get(language, language)) for config in self.configs)


@dataclass(frozen=True)
class Task:
    """Data, task type and metric. ``columns`` maps the roles of ``data.rows.SCHEMAS`` to the columns of the files.

    ``splits`` maps ``train``, ``validation``, ``test`` to files. ``languages`` are the official ones in official order;
    ``Files.languages`` (if given) are those of one split. ``lineage`` names the data a task trains on, so that an
    intermediate and a target task with the same lineage are a self-pair.
    """

    name: str
    title: str
    type: TaskType
    metric: str
    languages: tuple[str, ...]
    splits: Mapping[str, Files] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    train_language: str = "en"
    evaluation_split: str = "test"
    protocol: str = ""
    lineage: str = ""
    licence: str = ""
    citation: str = ""
    notes: str = ""

    def languages_of(self, split: str) -> tuple[str, ...]:
        """Languages in which ``split`` is catalogued, in official order."""
        if split not in self.splits:
            return ()
        return self.splits[split].languages or self.languages
