"""How much work a job is, before it is done.

In: a job, the weights of its encoder. Out: ``Cost``: tokens and floating-point operations, estimated from what examples
of a task type usually hold.
"""

from __future__ import annotations

from xstilts.catalogue.task import UNTRAINED
from xstilts.study import defaults
from xstilts.study.backbone_table import Backbone
from xstilts.study.job import Architecture, Embed, Job, Merge, Predict, Probe, Score, Start
from xstilts.study.manifest import Cost
from xstilts.study.settings import rows_of
from xstilts.study.shape import shape_of


def parameters_of(spec: Backbone) -> int:
    """Weights without embeddings."""
    made = Architecture(**spec.architecture.model_dump()) if spec.architecture else None
    start = Start(backbone=None if made else str(spec.path), architecture=made, layers=spec.layers)
    shape = shape_of(start, {})
    return shape.body if shape else defaults.PARAMETERS[spec.kind]


def cost_of(job: Job, parameters: int) -> Cost:
    """Estimated from assumed tokens an example; training is three passes."""
    if isinstance(job, Merge | Score) or (isinstance(job, Predict) and not job.computed):
        return Cost(0, 0.0)
    if isinstance(job, Probe):
        rows = rows_of(job.share) if job.share else 0
        tokens = rows * min(defaults.TOKENS[job.share.type], job.max_length) if job.share else 0
        return Cost(tokens, (6.0 if job.shows in ("fisher", "gradient") else 2.0) * parameters * tokens)
    if isinstance(job, Embed):
        tokens = job.data.rows * min(defaults.TOKENS[job.type], job.max_length)
        return Cost(tokens, 2.0 * parameters * tokens)
    if isinstance(job, Predict):
        rows = min(job.examples or job.data.rows, job.data.rows)
        tokens = rows * min(defaults.TOKENS[job.type], job.max_length) * (2 if job.type in UNTRAINED else 1)
        return Cost(tokens, 2.0 * parameters * tokens)
    rows = sum(rows_of(share) for share in job.shares) or 1
    cut = job.settings.max_length
    mean = sum(rows_of(share) * min(defaults.TOKENS[share.type], cut) for share in job.shares) / rows
    tokens = int(job.settings.updates * job.settings.batch * mean)
    return Cost(tokens, 6.0 * parameters * tokens)
