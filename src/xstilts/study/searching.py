"""How the sentences of a study find one another: its ``[retrieval]`` table, and what follows from it for one task.

In: the table, a task of a type on which nothing is trained, a backbone. Out: ``Searching``, a protocol with what the
study changes in it, under a name that says all of it, and therefore stands beside every score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.protocol import PROTOCOLS, Margin, Pooling, Queries, Search
from xstilts.catalogue.task import METRICS, Task, TaskType

_SOURCES = ("validation", "none")


class Retrieval(BaseModel):
    """A protocol, and what is to be otherwise. Written as a text, it is the protocol's name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    protocol: Literal["xtreme", "jiant", "mteb"] = "xtreme"
    pooling: Pooling | None = None
    margin: Margin | None = None
    neighbours: Annotated[int, Field(gt=0)] | None = None
    queries: Literal["target", "source"] | None = None
    threshold: Literal["validation", "none"] | Annotated[float, Field(allow_inf_nan=False)] | None = None

    @field_validator("threshold", mode="before")
    @classmethod
    def _known(cls, said: Any) -> Any:
        if isinstance(said, str) and said not in _SOURCES:
            raise ValueError(
                f"unknown value '{said}'{nearest(said, _SOURCES) or ':'} {' or '.join(_SOURCES)}, or a number"
            )
        return said

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, said: Any) -> Any:
        if isinstance(said, str):
            return {"protocol": said}
        if isinstance(said, Mapping) and "layer" in said:
            raise ValueError("'layer' depends on the encoder: say retrieval_layer, in the study or in [backbones.NAME]")
        return said

    @model_validator(mode="after")
    def _looks_at_neighbours(self) -> Retrieval:
        if self.neighbours and self.margin == "cosine":
            raise ValueError("'neighbours' is only of use with margin 'csls' or 'ratio'")
        return self


@dataclass(frozen=True)
class Searching:
    """``search`` and ``layer`` (None: the last) for predictions; ``threshold`` (None: every pair counts) and ``metric``
    for scores; ``name``: the protocol and all of its parts."""

    name: str
    search: Search
    layer: int | None
    threshold: Literal["validation"] | float | None
    metric: str


def searching(said: Retrieval, task: Task, backbone: str, layers: int | None, layer: int | None) -> Searching:
    """How ``task`` is searched with an encoder of so many ``layers`` (None: not known); ``layer`` is the block that the
    study states. Raises ``Problem`` where the encoder has no such block.
    """
    protocol = PROTOCOLS[said.protocol][task.type]
    stated = {name: getattr(said, name) for name in ("pooling", "margin", "neighbours", "queries")}
    if task.type == TaskType.MINING:
        del stated["queries"]
    search = replace(protocol.search, **{name: value for name, value in stated.items() if value is not None})
    if search.margin == "cosine":
        search = replace(search, neighbours=Search.neighbours)  # which nobody looks at
    usual = protocol.layer_of(backbone, layers)
    block = usual if layer is None else layer
    if block is not None and layers is not None and block > layers:
        raise Problem(
            f"the encoder has {layers} layers and no layer {block}"
            + (f", which the protocol '{said.protocol}' reads: state retrieval_layer" if layer is None else "")
        )
    threshold: Literal["validation", "none"] | float = protocol.threshold
    if task.type == TaskType.MINING and said.threshold is not None:
        threshold = said.threshold
    parts = [
        f"layer {block}" if block is not None else "last layer",
        search.pooling,
        search.margin + ("" if search.margin == "cosine" else f" of {search.neighbours}"),
        _ASKING[search.queries],
        *([_CHOSEN.get(threshold, f"threshold {threshold}")] if task.type == TaskType.MINING else []),
    ]
    world = "" if task.protocol in ("", *PROTOCOLS) else f"{task.protocol}, "  # constructed languages say so
    same = (search, block, threshold) == (protocol.search, usual, protocol.threshold)
    return Searching(
        name=f"{world}{said.protocol}{'' if same else ', changed'}: {', '.join(parts)}",
        search=search,
        layer=block,
        threshold=None if threshold == "none" else threshold,
        metric=protocol.metric if protocol.metric and task.metric == METRICS[task.type][0] else task.metric,
    )


_CHOSEN: Mapping[str | float, str] = {"validation": "threshold from validation", "none": "no threshold"}
_ASKING: Mapping[Queries, str] = {
    "target": "target asks",
    "source": "source asks",
    "both": "both ask",
    "paired": "paired sources ask",
}
