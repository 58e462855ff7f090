"""The tables ``[arms.NAME]`` of a study file: every way to prepare a backbone, or to stand beside those that are.

In: a table as TOML gives it. Out: a checked ``Arm``; its mistakes are told all at once.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from xstilts.catalogue.errors import nearest
from xstilts.study.table import Above0, Languages, Names, Natural, Overrides, Positive, Table

PLACES = ("seed", "backbone")  # what the name of a folder of predictions may hold in braces
Scored = Literal["scored"] | Names


class Step(Overrides):
    """One training of an intermediate phase: on one task, or on several at once.

    ``languages`` of the training rows: ``all`` there are, a list for every task, or a table by task; a task without
    any trains in its own language, plain text in all. ``examples``: the first ones of each task, as nested subsets.
    ``translations``: rows that translate one another are taken ``once``, each in one of the languages, drawn at random,
    or the same rows in ``each`` of them; ``examples`` then counts the rows of one language.
    """

    intermediate: tuple[str, ...] = Field(min_length=1)
    languages: Languages | dict[str, Languages] | None = None
    examples: Positive | None = None
    subset_seed: Natural = 0
    labels: Literal["given", "shuffled"] = "given"
    weights: dict[str, Above0] = Field(default_factory=dict)
    translations: Literal["once", "each"] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Step:
        if wrong := list(self._odd()):
            raise ValueError("\n".join(wrong))
        return self

    def _odd(self) -> Iterator[str]:
        """What does not fit together, a line each."""
        if len(set(self.intermediate)) < len(self.intermediate):
            yield "'intermediate' names a task twice"
        languages = self.languages if isinstance(self.languages, dict) else {}
        for field, table in (("weights", self.weights), ("languages", languages)):
            if extra := sorted(set(table) - set(self.intermediate)):
                hint = nearest(extra[0], self.intermediate)
                yield f"'{field}' names {', '.join(extra)}, which 'intermediate' does not{hint}"
        if self.sampling == "given" and set(self.weights) != set(self.intermediate):
            yield "sampling 'given' needs 'weights' for every intermediate task"
        elif self.weights and self.sampling != "given":
            yield "'weights' are of use with sampling = \"given\" only"

    def languages_of(self, task: str) -> Languages | None:
        """The languages that this step names for ``task``."""
        return self.languages.get(task) if isinstance(self.languages, dict) else self.languages


class TranslateTrain(Table):
    """A target phase on translated rows. ``tasks`` maps a target to the task whose training rows are its own in other
    languages. A model for each scored language, or one of all ``together``; with the target's own rows (``original``)
    or without."""

    tasks: dict[str, str] = Field(min_length=1)
    languages: Scored = "scored"
    together: bool = False
    original: bool = False


class FewShot(Overrides):
    """After the target phase a short one, in the language that is scored, on the first ``examples`` of its rows: of the
    stated ``split`` of the target itself, or of the task that ``tasks`` maps it to. The heads are kept."""

    examples: Positive
    split: Literal["train", "validation"]
    tasks: dict[str, str] = Field(default_factory=dict)
    languages: Scored = "scored"
    subset_seed: Natural = 0


class TargetPhase(Overrides):
    """What an arm says of the target phase: settings, and variants of what it trains on. ``rate_of``: the learning rate
    is not searched for this arm, but the one that was found for the named arm."""

    translate_train: TranslateTrain | None = None
    few_shot: FewShot | None = None
    rate_of: str | None = None

    @property
    def variants(self) -> bool:
        """Whether it trains on other rows than the target's own."""
        return self.translate_train is not None or self.few_shot is not None

    def translated(self, target: str) -> TranslateTrain | None:
        """The table ``translate_train`` where it is about ``target``."""
        said = self.translate_train
        return said if said and target in said.tasks else None

    def shots(self, target: str) -> FewShot | None:
        """The table ``few_shot`` where it is about ``target``: where it names no target, about all."""
        said = self.few_shot
        return said if said and (not said.tasks or target in said.tasks) else None


class Arm(Step):
    """One way to prepare the backbone. The empty table is the baseline.

    Settings stated here hold for the intermediate phase, those in ``target`` for the target phase. ``then``: further
    steps of the intermediate phase, one after the other. ``start``: a ready checkpoint to begin with, or one for each
    backbone. ``add``: no training of its own; to the backbone is added, times a scale, what the steps of other arms
    changed in it. ``runs``: the steps are done so many times, with other seeds, and the mean of the weights is taken.
    ``matched``: no intermediate phase, but as many more target updates as the intermediate phase of that arm
    takes. ``predictions``: nothing is trained; the folder holds another system's predictions of ``targets`` (left out:
    of all).
    """

    intermediate: tuple[str, ...] = ()
    then: tuple[Step, ...] = ()
    start: str | dict[str, str] | None = None
    add: dict[str, Above0] = Field(default_factory=dict)
    runs: Positive = 1
    matched: str | None = None
    predictions: str | None = None
    targets: Names | None = None
    target: TargetPhase = TargetPhase()

    def _odd(self) -> Iterator[str]:
        yield from super()._odd()
        ways = [name for name in ("intermediate", "start", "add", "matched", "predictions") if getattr(self, name)]
        if len(ways) > 1:
            more = ", or name what is trained from the checkpoint in 'then'" if "start" in ways else ""
            yield f"{' and '.join(repr(way) for way in ways)} exclude each other: keep one{more}"
        stated = self.model_fields_set & set(Step.model_fields) - {"intermediate"}
        if stated and not self.intermediate:
            yield f"{', '.join(sorted(stated))}: only of use with 'intermediate'"
        if self.then and not (self.intermediate or self.start or self.add):
            yield "'then' needs a first step: 'intermediate' or 'start', or 'add'"
        if self.runs > 1 and not self.steps:
            yield "'runs' is only of use with steps that are trained: 'intermediate' or 'then'"
        if self.targets and self.predictions is None:
            yield "'targets' is only of use with 'predictions': other arms take the study's targets"
        if self.predictions is not None:
            yield from self._odd_predictions(self.predictions)

    def _odd_predictions(self, folder: str) -> Iterator[str]:
        if useless := sorted(self.model_fields_set & {"then", "target"}):
            yield f"{' and '.join(map(repr, useless))}: of no use with 'predictions', for which nothing is trained"
        if not folder.strip():
            yield "'predictions' is empty: name the folder"
        try:
            names = [name for _, name, _, _ in string.Formatter().parse(folder) if name is not None]
        except ValueError as error:
            yield f"'predictions': {error}"
            return
        for name in names:
            if name not in PLACES:
                hint = nearest(name, PLACES) or " (known: {seed}, {backbone})"
                yield f"'predictions' holds the unknown '{{{name}}}'{hint}"

    @property
    def steps(self) -> tuple[Step, ...]:
        """The trainings of the intermediate phase, in order."""
        return (*((self,) if self.intermediate else ()), *self.then)

    def tasks(self) -> Iterator[str]:
        """The tasks that this arm trains on beside the targets."""
        for step in self.steps:
            yield from step.intermediate
        for said in (self.target.translate_train, self.target.few_shot):
            yield from said.tasks.values() if said else ()

    @property
    def prepares(self) -> bool:
        """Whether trainings of its own or of other arms make the backbone another."""
        return bool(self.steps or self.add)

    @property
    def searched(self) -> bool:
        """Whether it tries learning rates of its own where the study searches for them."""
        return self.predictions is None and self.target.rate_of is None and self.target.learning_rate is None

    @property
    def baseline(self) -> bool:
        """Whether this arm does nothing."""
        other = (self.intermediate, self.start, self.add, self.matched, self.predictions, self.target.model_fields_set)
        return not any(part for part in other)
