"""The tables ``[backbones.NAME]`` of a study file: a ready encoder, or one to be made, and how it is pretrained.

In: a table as TOML gives it. Out: a checked ``Backbone``.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from xstilts.study.defaults import Size
from xstilts.study.table import Above0, Languages, Names, Natural, Overrides, Positive, Share01, Table


class Architecture(Table):
    """``job.Architecture``, as a study writes it."""

    layers: Positive
    hidden: Positive
    heads: Positive
    feedforward: Positive
    vocabulary: Annotated[int, Field(ge=100)]
    positions: Annotated[int, Field(ge=16)] = 514

    @model_validator(mode="after")
    def _whole_heads(self) -> Architecture:
        if self.hidden % self.heads:
            raise ValueError(f"'hidden' ({self.hidden}) must be a multiple of 'heads' ({self.heads})")
        return self


class Vocabulary(Table):
    """A tokenizer to be trained on ``text`` (tasks of type ``mlm``). With an architecture, the size is its own
    and the text, unless stated, that of the pretraining stages. ``alignment`` (tasks of type ``mlm`` or ``ranking``):
    the translations that give new embeddings their start, in the space of a ready body's or of an architecture's first
    random ones."""

    size: Annotated[int, Field(ge=100)] | None = None
    text: tuple[str, ...] = ()
    alignment: tuple[str, ...] = ()
    alpha: Share01 = 0.3
    characters: Positive = 20_000_000
    languages: Languages = "all"


class Stage(Overrides):
    """One stage of pretraining: tasks (of type ``mlm`` or ``ranking``), their languages, settings.

    ``teacher``: a ready encoder whose vectors of the candidates are learned by the rankings of this stage.
    """

    tasks: Names
    teacher: str | None = None
    languages: Languages = "all"
    examples: Positive | None = None
    weights: dict[str, Above0] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _weights_fit(self) -> Stage:
        if extra := set(self.weights) - set(self.tasks):
            raise ValueError(f"'weights' names {', '.join(sorted(extra))}, which 'tasks' does not")
        if self.sampling == "given" and set(self.weights) != set(self.tasks):
            raise ValueError("sampling 'given' needs 'weights' for every task")
        return self


class Backbone(Table):
    """A ready encoder (``path``: a folder, a hub name, or ``package:NAME/FOLDER`` in an installed package) or one to be
    made (``architecture``). ``size`` picks the default settings: by hidden size where it is made here, else ``large``
    if the name says so, else ``small``. ``layers``: keep only the first ones of a ready encoder. ``shards`` and
    ``recompute``: how its trainings are held (``held.Held``)."""

    path: str | None = None
    layers: Positive | None = None
    architecture: Architecture | None = None
    vocabulary: Vocabulary | None = None
    pretraining: tuple[Stage, ...] = ()
    size: Size | None = None
    retrieval_layer: Natural | None = None
    shards: Positive = 1
    recompute: bool = False

    @model_validator(mode="after")
    def _one_origin(self) -> Backbone:
        if (self.path is None) == (self.architecture is None):
            raise ValueError("say either 'path' (a folder, a hub name, or package:NAME/FOLDER) or 'architecture'")
        if self.architecture is not None and self.layers is not None:
            raise ValueError("'layers' belongs to a ready encoder: say 'architecture.layers'")
        if self.architecture is not None:
            text = self.vocabulary.text if self.vocabulary else ()
            if not text and not self.pretraining:
                raise ValueError("an 'architecture' needs text for its tokenizer: 'pretraining' or 'vocabulary.text'")
            if self.vocabulary and self.vocabulary.size not in (None, self.architecture.vocabulary):
                raise ValueError("'vocabulary.size' differs from the architecture's 'vocabulary': leave it out")
        elif self.layers is not None and not self.pretraining:
            raise ValueError("'layers' needs 'pretraining' stages, which make the shortened encoder whole again")
        elif self.vocabulary is not None:
            if self.vocabulary.size is None or not self.vocabulary.text:
                raise ValueError("a new vocabulary for a ready body needs 'size' and 'text'")
            if not self.pretraining:
                raise ValueError("a new vocabulary needs 'pretraining' stages that train its embeddings")
        return self

    @property
    def kind(self) -> Size:
        """Which default settings fit."""
        if self.size is not None:
            return self.size
        if self.architecture is not None:
            hidden = self.architecture.hidden
            return "tiny" if hidden < 512 else "small" if hidden < 1024 else "large"
        return "large" if "large" in str(self.path).rsplit("/", 1)[-1].lower() else "small"
