"""How large an encoder is, from what a plan says of it.

In: a ``Start`` and where backbones lie. Out: ``Shape``; None where neither plan, folder nor catalogue
tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from xstilts.catalogue.backbone import backbones
from xstilts.study.identity import configuration
from xstilts.study.job import Job, Key, Merge, Predict, Probe, Start, Train

RATIO = 4  # of the feed-forward part to the width, where only the width is known


@dataclass(frozen=True)
class Shape:
    """Layers, their width, that of their feed-forward part, and the sizes of the tables of token and place vectors."""

    layers: int
    hidden: int
    feedforward: int
    vocabulary: int
    positions: int = 514

    @property
    def body(self) -> int:
        """Weights without tables: per layer four h x h projections and two h x f (Kaplan et al. 2020)."""
        return self.layers * (4 * self.hidden**2 + 2 * self.hidden * self.feedforward)

    @property
    def table(self) -> int:
        """Weights of the table of token vectors."""
        return self.vocabulary * self.hidden

    @property
    def total(self) -> int:
        """All weights but biases and LayerNorm."""
        return self.body + self.table + self.positions * self.hidden


def shape_of(start: Start, paths: Mapping[str, str]) -> Shape | None:
    """The encoder that ``start`` opens; ``paths``: where the backbones of a plan lie."""
    if (made := start.architecture) is not None:
        return Shape(made.layers, made.hidden, made.feedforward, made.vocabulary, made.positions)
    if start.backbone is None:
        return None
    found = _configured(paths.get(start.backbone, start.backbone)) or _catalogued(start.backbone)
    if found is None:
        return None
    size = start.vocabulary.size if start.vocabulary else found.vocabulary
    return replace(found, layers=start.layers or found.layers, vocabulary=size)


def root(jobs: Mapping[Key, Job], job: Job) -> Start | None:
    """What the trainings behind ``job`` began with."""
    while True:
        if isinstance(job, Train):
            start = job.start
        elif isinstance(job, Merge):
            start = next((part.start for part in job.parts if part.start.job), job.parts[0].start)
        elif isinstance(job, Predict | Probe) and job.start is not None:
            start = job.start
        elif (model := getattr(job, "model", None)) is not None:
            start = Start(job=model)
        else:
            return None
        if start.job is None:
            return start
        job = jobs[start.job]


def _configured(path: str) -> Shape | None:
    said = configuration(path)
    names = ("num_hidden_layers", "hidden_size", "intermediate_size", "vocab_size", "max_position_embeddings")
    try:
        return Shape(*(int(said[name]) for name in names))
    except (ValueError, KeyError, TypeError):
        return None


def _catalogued(name: str) -> Shape | None:
    known = backbones().get(name)
    if known is None or known.layers is None or known.hidden is None:
        return None
    shape = Shape(known.layers, known.hidden, RATIO * known.hidden, 0)
    rest = (known.parameters or shape.body) - shape.body - shape.positions * shape.hidden
    return replace(shape, vocabulary=max(0, rest // shape.hidden))
