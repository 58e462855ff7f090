"""How much work a job is, before it is done.

In: a job, the weights of its encoder, how long its rows are. Out: ``Cost``: tokens and floating-point operations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import mul

from xstilts.catalogue.sampling import probabilities
from xstilts.study import defaults
from xstilts.study.backbone_table import Backbone
from xstilts.study.job import Architecture, Embed, Job, Merge, Predict, Probe, Rows, Score, Share, Start
from xstilts.study.manifest import Cost
from xstilts.study.settings import rows_of
from xstilts.study.shape import shape_of

# Sequences that a row makes, each cut by itself: choices, windows of a context, the sides of a translation.
_SEQUENCES = {"multiple_choice": 4, "span_extraction": 4, "retrieval": 2, "mining": 2}


def parameters_of(spec: Backbone) -> int:
    """Weights without embeddings."""
    made = Architecture(**spec.architecture.model_dump()) if spec.architecture else None
    start = Start(backbone=None if made else str(spec.path), architecture=made, layers=spec.layers)
    shape = shape_of(start, {})
    return shape.body if shape else defaults.PARAMETERS[spec.kind]


def cost_of(job: Job, parameters: int, tokens: Callable[[Sequence[Rows], str], float]) -> Cost:
    """``tokens``: of a mean row of a task type, cut nowhere. Training is three passes."""
    if isinstance(job, Merge | Score) or (isinstance(job, Predict) and not job.computed):
        return Cost(0, 0.0)
    if isinstance(job, Probe):
        passed = int(rows_of(job.share) * _of_share(job.share, tokens, job.max_length)) if job.share else 0
        return Cost(passed, (6.0 if job.shows in ("fisher", "gradient") else 2.0) * parameters * passed)
    if isinstance(job, Embed | Predict):
        rows = min(job.examples or job.data.rows, job.data.rows) if isinstance(job, Predict) else job.data.rows
        passed = int(rows * _cut(tokens((job.data,), job.type), job.type, job.max_length))
        return Cost(passed, 2.0 * parameters * passed)
    settings = job.settings
    rule = settings.sampling, settings.cap, settings.temperature
    chances = probabilities([rows_of(one) for one in job.shares], *rule, [one.weight for one in job.shares])
    means = [_of_share(one, tokens, settings.max_length) for one in job.shares]
    passed = int(settings.updates * settings.batch * sum(map(mul, chances, means)))
    return Cost(passed, 6.0 * parameters * passed)


def _of_share(share: Share, tokens: Callable[[Sequence[Rows], str], float], longest: int) -> float:
    return _cut(tokens(share.data, share.type), share.type, longest)


def _cut(tokens: float, kind: str, longest: int) -> float:
    return min(tokens, longest * _SEQUENCES.get(kind, 1))
