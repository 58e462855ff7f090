"""What a task is: the typed record that every other room reads.

In: the files under ``catalogue/tasks`` (one constant each) and ``[tasks.NAME]`` tables of study files. Out: ``Task``.
The task type decides reader, encoder, head, decoder and the form of a prediction, so no room ever asks what a task is
called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class TaskType(StrEnum):
    """How a task is read, encoded, learned and decoded."""

    CLASSIFICATION = "classification"
    MULTIPLE_CHOICE = "multiple_choice"
    SPAN_EXTRACTION = "span_extraction"
    TOKEN_CLASSIFICATION = "token_classification"
    RETRIEVAL = "retrieval"
    MINING = "mining"
    RANKING = "ranking"
    MLM = "mlm"


# The roles that the columns of the files play, by type. Those of OPTIONAL_ROLES may be missing.
ROLES: Mapping[TaskType, tuple[str, ...]] = {
    TaskType.CLASSIFICATION: ("text_a", "text_b", "label"),
    TaskType.MULTIPLE_CHOICE: ("text_a", "choices", "label"),
    TaskType.SPAN_EXTRACTION: ("id", "question", "context", "answer_texts", "answer_starts"),
    TaskType.TOKEN_CLASSIFICATION: ("tokens", "tags"),
    TaskType.RETRIEVAL: ("source", "target"),
    TaskType.MINING: ("source_id", "source", "target_id", "target", "pairs"),
    TaskType.RANKING: ("query", "candidate", "id", "matches"),
    TaskType.MLM: ("text", "text_b"),
}
OPTIONAL_ROLES = frozenset({"text_b", "id", "source_id", "target_id", "pairs", "matches"})

# Types on which nothing is trained: sentences of two languages find one another by their vectors.
UNTRAINED = frozenset({TaskType.RETRIEVAL, TaskType.MINING})

# What a ranking finds its answers among: a split of its own.
CANDIDATES = "candidates"
_QUERIES = ("query", "id", "matches")
_ROLES_OF_SPLIT: Mapping[tuple[TaskType, str], tuple[str, ...]] = {
    (TaskType.RANKING, "train"): ("query", "candidate"),
    (TaskType.RANKING, "validation"): _QUERIES,
    (TaskType.RANKING, "test"): _QUERIES,
    (TaskType.RANKING, CANDIDATES): ("candidate", "id", "matches"),
}


def roles_of(kind: TaskType, split: str) -> tuple[str, ...]:
    """The roles that columns of ``split`` play; all of the type's where its splits do not differ."""
    return _ROLES_OF_SPLIT.get((kind, split), ROLES[kind])


ROW_NUMBER = "#"  # in ``Files.where``: the number of a row in its file, from 0

# Forms of files whose rows are not yet those of a ranking (``data.readings``): questions about paragraphs, of which the
# sentences are the candidates; mentions of entities in documents, and the entities with their descriptions.
READINGS = ("sentences", "mentions")

# The metrics that fit each type; the first is taken where a task names none. An empty tuple: such a task only trains.
METRICS: Mapping[TaskType, tuple[str, ...]] = {
    TaskType.CLASSIFICATION: ("accuracy",),
    TaskType.MULTIPLE_CHOICE: ("accuracy",),
    TaskType.SPAN_EXTRACTION: ("answer_f1", "mlqa_f1", "squad_v2_f1"),
    TaskType.TOKEN_CLASSIFICATION: ("chunk_f1", "chunk_f1_seqeval1", "token_accuracy"),
    TaskType.RETRIEVAL: ("retrieval_accuracy", "retrieval_f1"),
    TaskType.MINING: ("mining_f1", "retrieval_f1"),
    TaskType.RANKING: ("mean_average_precision",),
    TaskType.MLM: (),
}


class Kin(StrEnum):
    """How rows come from those of another set: they hold its texts, or a part of them; their texts are translated from
    it; other texts of the same collection."""

    SAME = "same"
    TRANSLATED = "translated"
    COLLECTION = "collection"


@dataclass(frozen=True)
class Files:
    """Where the rows of one split lie: on the hub, and under the same names in a data folder.

    ``configs`` may hold ``{language}``, replaced by ``names[code]`` or else by the code itself; several configurations
    are read one after the other, those that a language lacks are left out. A repository without an organisation
    is on no hub; one that starts with ``/``, ``./``, ``../`` or ``~`` is a folder of its own. ``where`` keeps only
    rows whose column, or whose number in the file (``#``, from 0), compares as stated, with one of ``== != < >=
    starts``. ``join`` (a configuration, a key column)
    adds to each row the row of that configuration with the same key; its columns are then called ``other.COLUMN``.
    ``columns`` replaces entries of ``Task.columns`` for these files; ``{language}`` in them is replaced as in
    ``configs``, where one table has a column a language. ``otherwise`` is read for a language whose rows
    are not here. ``path`` is the file itself in place of a repository, may hold ``{language}``, and starts at the study
    file's folder where it is relative. ``reading`` is one of ``READINGS`` where the files do not hold the rows of a
    ranking but what they are made from; ``columns`` then say nothing. ``official`` holds the number of rows of the
    official set by language, so that a part of it can be called a part. ``paired`` makes a set to mine out of parallel
    rows: of that many rows one stays a pair, of the others every second loses its target and the rest lose their
    source. ``made_from`` says from which other rows these come and how: keys are ``task/split``, or the name of a set
    that is no task. ``parallel``: rows of different languages translate each other where they have the same ``id``, or
    stand in the same ``row`` of complete files. ``instead`` says what the rows are where they are not the official
    ones: it is told wherever their number is not ``official``.
    """

    repository: str
    configs: tuple[str, ...]
    split: str
    names: Mapping[str, str] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    where: tuple[tuple[str, str, str | int], ...] = ()
    revision: str | None = None
    join: tuple[str, str] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    otherwise: Files | None = None
    path: str = ""
    paired: int | None = None
    reading: str = ""
    official: Mapping[str, int] = field(default_factory=dict)
    made_from: Mapping[str, Kin] = field(default_factory=dict)
    parallel: str = ""
    instead: str = ""

    @property
    def folder(self) -> str:
        """The repository's name without its organisation, as data folders use it."""
        return self.repository.rsplit("/", 1)[-1]

    def configs_of(self, language: str) -> tuple[str, ...]:
        """The configurations that may hold ``language``."""
        return tuple(config.format(language=self.names.get(language, language)) for config in self.configs)

    def of(self, language: str) -> Files:
        """These files with the columns that hold ``language``."""
        if not any("{language}" in column for column in self.columns.values()):
            return self
        name = self.names.get(language, language)
        return replace(self, columns={role: each.replace("{language}", name) for role, each in self.columns.items()})

    def in_turn(self) -> Iterator[Files]:
        """These files, then what is read in their place."""
        yield self
        if self.otherwise is not None:
            yield from self.otherwise.in_turn()


@dataclass(frozen=True)
class Task:
    """Data, task type and metric. ``columns`` maps the roles of ``data.rows.SCHEMAS`` to the columns of the files.

    A role without an entry is read from the column of its own name.
    A column may be ``outer.inner`` (a field of a struct), a text with columns in braces (``{premise} {question}``) or,
    for ``choices``, several names with commas between them. ``labels`` are the names of the labels in the order of
    their numbers; of a multiple choice, where its files do not count from 0, the names of the choices.
    ``splits`` maps ``train``, ``validation``, ``test`` to files, of a ranking also ``candidates``: the pool of all
    languages in which every query is looked for. ``languages`` are the official ones in official order;
    ``Files.languages`` (if given) are those of one split. ``lineage`` names the sets a task trains on, with ``+``
    between them, and of its own set that other tasks train on; an intermediate and a target task that have one in
    common are a self-pair. A task with ``parts`` has no files of its own:
    it trains on the training rows of the tasks so named, one after the other. With ``no_answer``, a question may have
    no answer: it trains on none, and where none scores best the prediction is an empty text.
    ``paraphrase``: its label says whether two texts mean the same (1) or not (0), whichever comes first.
    ``other`` is the one of ``labels`` as which a name that is none of them is read (rare tags of a large set).
    ``common`` above 0: there are no ``labels`` yet; they are those that occur so often in the training rows, found when
    these are at hand, and ``other`` (``data.frequent``). ``to_get``: what to do where the rows are on no hub.
    ``in_place_of`` names the task, or the set, for which this one stands in: it bears another name, and its scores
    compare with none of the other's.
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
    parts: tuple[str, ...] = ()
    no_answer: bool = False
    other: str = ""
    paraphrase: bool = False
    in_place_of: str = ""
    common: int = 0
    to_get: str = ""

    def candidates(self, split: str, language: str) -> Iterator[Files]:
        """The files of the split, then what is read in their place, as far as they may hold ``language``."""
        if split in self.splits:
            for files in self.splits[split].in_turn():
                if language in (files.languages or self.languages_of(split)):
                    yield files.of(language)

    def languages_of(self, split: str) -> tuple[str, ...]:
        """Languages in which ``split`` is catalogued, in official order."""
        if split not in self.splits:
            return ()
        return self.splits[split].languages or self.languages
