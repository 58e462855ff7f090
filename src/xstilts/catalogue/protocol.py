"""How the tools of the field let sentences find one another: retrieval protocols as data.

In: a protocol's name, a task type. Out: ``Protocol``. Scores of different protocols can not be compared, so each score
says its own. Sources: XTREME's scripts with their repairs, jiant's Tatoeba and BUCC tasks, MTEB's bitext mining with a
plain encoder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from xstilts.catalogue.backbone import retrieval_layer
from xstilts.catalogue.task import TaskType

Pooling = Literal["mean", "first"]
Margin = Literal["cosine", "csls", "ratio"]
Queries = Literal["target", "source", "both", "paired"]


@dataclass(frozen=True)
class Search:
    """How sentences are compared, beside the block whose vectors are pooled.

    ``pooling``: the mean over all tokens, special ones included, or the first token. ``margin``: the score of a pair,
    which beside the plain cosine looks at the ``neighbours`` nearest of both sentences. ``queries``: the side that
    asks; in a mining ``both``, or ``paired``, the sources that have a translation. ``repeats``: pairs of a sentence
    that stands several times in its collection are ``dropped``, or ``kept`` under each of its names.
    """

    pooling: Pooling = "mean"
    margin: Margin = "cosine"
    neighbours: int = 4
    queries: Queries = "target"
    repeats: Literal["dropped", "kept"] = "dropped"


PLAIN = Search()


@dataclass(frozen=True)
class Protocol:
    """A way to search under its name.

    ``layer``: the block whose vectors are pooled, ``last``, or ``share``: the one recorded for the backbone, else 7 of
    12; ``layers`` replaces it for encoders of so many blocks. ``threshold``: where that of a mining comes from, the
    validation set or nowhere. ``metric``: in place of the task's own, "" for that.
    """

    name: str
    search: Search = PLAIN
    layer: Literal["share", "last"] | int = "share"
    layers: Mapping[int, int] = field(default_factory=dict)
    threshold: Literal["validation", "none"] = "none"
    metric: str = ""

    def layer_of(self, backbone: str, layers: int | None) -> int | None:
        """The block for an encoder of so many; None for the last, also where their number is not known."""
        if isinstance(self.layer, int):
            return self.layer
        if self.layer == "last" or layers is None:
            return None
        return self.layers.get(layers, retrieval_layer(backbone, layers))


_BOTH = Search(margin="ratio", queries="both")
PROTOCOLS: Mapping[str, Mapping[TaskType, Protocol]] = {
    "xtreme": {
        TaskType.RETRIEVAL: Protocol("xtreme"),
        # the script for BUCC takes entry 7 (from 0) of the last 12 states
        TaskType.MINING: Protocol("xtreme", _BOTH, layers={12: 8, 16: 12, 24: 20}, threshold="validation"),
    },
    "jiant": {
        TaskType.RETRIEVAL: Protocol("jiant", layer=14),
        TaskType.MINING: Protocol(
            "jiant", Search(margin="ratio", queries="both", repeats="kept"), layer=14, threshold="validation"
        ),
    },
    "mteb": {
        TaskType.RETRIEVAL: Protocol("mteb", Search(queries="source"), layer="last", metric="retrieval_f1"),
        TaskType.MINING: Protocol(
            "mteb", Search(queries="paired", repeats="kept"), layer="last", metric="retrieval_f1"
        ),
    },
}
