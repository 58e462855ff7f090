"""What the tables of a study file have in common: the kinds of values, and the settings that a section may state.

In: a table as TOML gives it. Out: a checked, frozen value.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Positive = Annotated[int, Field(gt=0)]
Natural = Annotated[int, Field(ge=0)]
Share01 = Annotated[float, Field(ge=0, le=1)]
Above0 = Annotated[float, Field(gt=0)]
Names = Annotated[tuple[str, ...], Field(min_length=1)]
Languages = Literal["all"] | Names


class Table(BaseModel):
    """A table of a study file; a field that it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Overrides(Table):
    """Settings that a section states: the fields of ``job.Settings``, with ``epochs`` or ``updates``."""

    epochs: Above0 | None = None
    updates: Positive | None = None
    batch: Positive | None = None
    learning_rate: Above0 | None = None
    warmup: Share01 | None = None
    weight_decay: Annotated[float, Field(ge=0)] | None = None
    clip: Above0 | None = None
    epsilon: Above0 | None = None
    beta2: Annotated[float, Field(gt=0, lt=1)] | None = None
    dropout: Annotated[float, Field(ge=0, lt=1)] | None = None
    max_length: Annotated[int, Field(ge=8)] | None = None
    stride: Positive | None = None
    precision: Literal["float32", "bfloat16"] | None = None
    sampling: Literal["proportional", "capped", "temperature", "uniform", "given"] | None = None
    cap: Positive | None = None
    temperature: Above0 | None = None
    alpha: Share01 | None = None
    masking: Annotated[float, Field(gt=0, lt=1)] | None = None
    embedding_rate: Above0 | None = None
    pooling: Literal["first", "mean", "both"] | None = None
    freeze: Literal["nothing", "body", "embeddings"] | None = None
    freeze_layers: Natural | None = None
    lora: Natural | None = None
    averaged: Positive | None = None

    @model_validator(mode="after")
    def _one_length(self) -> Overrides:
        if self.epochs is not None and self.updates is not None:
            raise ValueError("'epochs' and 'updates' exclude each other: keep one")
        return self

    def settings(self) -> dict[str, Any]:
        """What is stated here, as fields of ``Settings`` and ``epochs``."""
        return {name: value for name in Overrides.model_fields if (value := getattr(self, name)) is not None}
