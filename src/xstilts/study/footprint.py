"""What a plan takes of machines: tokens, operations, memory, disk, hours, phase by phase.

In: a ``Plan``, which of its jobs are to be done, devices. Out: ``Work`` values. Everything is an estimate whose
assumptions stand here and are printed with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from xstilts.study.calibration import Rate, seconds
from xstilts.study.held import Held, held_in
from xstilts.study.job import Embed, Job, Key, Merge, Predict, Probe, Train, phase_of
from xstilts.study.manifest import Cost, Plan
from xstilts.study.settings import rows_of
from xstilts.study.shape import Shape, root, shape_of

GIB = 2.0**30
IN_FLIGHT = 8_192  # tokens of a micro-batch at most (train.loop)
PREDICTED = 16_384  # tokens of a batch of predictions at most
# Kept for the way back, in bytes a token, layer and unit of width, with 16-bit values; twice that with 32-bit ones
# (Korthikanti et al. 2022); and the attention maps, a weight and what dropout keeps of it, in heads of 64.
ACTIVATIONS = 34
MAPS = 4, 6  # bytes with 16-bit values, with 32-bit ones
HEAD = 64
# The library's blocks, which low-rank and shared trainings run, keep so many times as much (docs/results/memory.md:
# fitted to one measurement).
LIBRARY = 2.2
PROGRAM = 0.75 * GIB  # what a process takes before it holds any weights, and holes in what it was given
STORED = 200  # bytes of a stored prediction, its scores and counts
ASSUMED = 0.3  # of a GPU's peak
LITTLE, ASSUMED_LITTLE = 50_000_000, 0.05  # encoders below so many weights without tables keep a GPU less busy


@dataclass(frozen=True)
class Device:
    """``bfloat16``, ``float32``: operations a second in dense products of matrices, at most. ``share``: what a training
    gets of it; None: ``ASSUMED``. ``memory`` in GiB. ``rates``: what was measured, which then holds instead."""

    name: str
    bfloat16: float
    float32: float
    memory: float
    share: float | None = None
    rates: tuple[Rate, ...] = ()


# Peaks by their makers' data sheets: dense, without TF32.
GPUS = (
    Device("A10", 125e12, 31.2e12, 22.5),
    Device("A100", 312e12, 19.5e12, 79.0),
    Device("H100", 989e12, 67e12, 79.0),
)


@dataclass
class Work:
    """The work of one phase: ``memory`` is the most of one job and ``disk`` what all leave behind, in bytes; ``hours``
    by device, one job after another."""

    phase: str
    jobs: int = 0
    tokens: int = 0
    flops: float = 0.0
    memory: float = 0.0
    disk: float = 0.0
    hours: dict[str, float] = field(default_factory=dict)


def work_of(plan: Plan, keys: Iterable[Key], devices: Sequence[Device]) -> list[Work]:
    """The work of the jobs ``keys``, by phase in the plan's order, and in all (``all``)."""
    wanted = set(keys)
    shapes = Shapes(plan)
    found: dict[str, Work] = {}
    for key in (key for key in plan.jobs if key in wanted):
        job, cost = plan.jobs[key], plan.costs[key]
        shape, held = shapes.of(job), held_in(plan, job)
        for phase in (phase_of(job), "all"):
            work = found.setdefault(phase, Work(phase))
            work.jobs += 1
            work.tokens += cost.tokens
            work.flops += cost.flops
            work.memory = max(work.memory, memory(job, shape, held))
            work.disk += disk(job, shape)
            for device in devices:
                work.hours[device.name] = work.hours.get(device.name, 0.0) + hours(job, cost, shape, device, held)
    return [*(work for name, work in found.items() if name != "all"), *([found["all"]] if found else [])]


class Shapes:
    """The shape of the encoder behind every job, looked up once for each beginning."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._known: dict[object, Shape | None] = {}

    def of(self, job: Job) -> Shape | None:
        start = root(self._plan.jobs, job)
        if start is None:
            return None
        if start not in self._known:
            self._known[start] = shape_of(start, self._plan.backbones)
        return self._known[start]


def hours(job: Job, cost: Cost, shape: Shape | None, device: Device, held: Held | None = None) -> float:
    """Hours that ``job`` takes on one ``device``; on several that hold it together, their hours added up."""
    more = 4 / 3 if held is not None and held.recompute else 1.0  # a third pass forward beside one forward, two back
    took = seconds(job, cost, shape, device.rates) if device.rates else cost.flops / speed(job, shape, device)
    return more * took / 3600


def speed(job: Job, shape: Shape | None, device: Device) -> float:
    """Operations a second that ``job`` gets on ``device``."""
    peak = device.bfloat16 if _precision(job) == "bfloat16" else device.float32
    if device.share is not None:
        return peak * device.share
    return peak * (ASSUMED_LITTLE if shape is not None and shape.body < LITTLE else ASSUMED)


def memory(job: Job, shape: Shape | None, held: Held | None = None) -> float:
    """Bytes that ``job`` holds at most, on each of the devices that hold it together: weights in float32; in a training
    a gradient and two moments of all that learns, and what one micro-batch keeps for the way back."""
    held = held or Held()
    if shape is None:
        return PROGRAM if isinstance(job, Train | Merge | Embed | Predict) else 0.0
    weights = 4.0 * shape.total
    short = _precision(job) == "bfloat16"
    if isinstance(job, Merge):
        return PROGRAM + weights + 24.0 * shape.table  # one tensor of each part, in float64 while they are added
    if not isinstance(job, Train):
        return PROGRAM + weights + 4.0 * 8 * PREDICTED * shape.hidden
    settings = job.settings
    tokens = min(IN_FLIGHT, max(settings.max_length, settings.batch * settings.max_length / held.shards))
    one = ACTIVATIONS * (1 if short else 2) + MAPS[0 if short else 1] * settings.max_length / HEAD
    one *= LIBRARY if settings.lora or held.shards > 1 else 1.0
    # of every block, or of one; and what the way back makes of one
    values = one * tokens * shape.hidden * ((1 if held.recompute else shape.layers) + 1)
    if held.recompute:
        values += 4.0 * tokens * shape.layers * shape.hidden  # what goes into each block
    if any(share.type == "mlm" for share in job.shares):
        values += 12.0 * settings.masking * tokens * shape.vocabulary
    if short:
        weights += 2.0 * shape.body
    kept = 12.0 * learning(job, shape)
    if held.shards == 1:
        return PROGRAM + weights + kept + values
    # the used rows of the token table are whole while an update runs, and so are two blocks and a block's gradients
    whole = 8.0 * rows_used(job, shape) * shape.hidden + 12.0 * shape.body / shape.layers
    return PROGRAM + (weights + kept) / held.shards + whole + values


def learning(job: Train, shape: Shape) -> float:
    """How many weights learn. Of the token table a training takes the rows that it uses (train.trim)."""
    settings = job.settings
    if settings.lora:
        return settings.lora * shape.layers * (8 * shape.hidden + 2 * (shape.hidden + shape.feedforward))
    kept = min(settings.freeze_layers, shape.layers)
    body = shape.body // shape.layers * (shape.layers - kept)
    table = 0 if settings.freeze == "embeddings" or settings.freeze_layers else rows_used(job, shape) * shape.hidden
    return table if settings.freeze == "body" else body + table


def rows_used(job: Train, shape: Shape) -> float:
    """Different tokens of a training, at most: 20 times the root of how many there are (Heaps 1978; of 376,000 tokens
    of English pairs 11,300 are different, with XLM-R's vocabulary). Masked language modelling uses the whole table."""
    if any(share.type == "mlm" for share in job.shares):
        return shape.vocabulary
    settings = job.settings
    tokens: float = settings.updates * settings.batch * settings.max_length
    return min(shape.vocabulary, 20 * math.sqrt(tokens))


def disk(job: Job, shape: Shape | None) -> float:
    """Bytes that the store keeps of ``job``: the weights of trainings, rows of predictions."""
    if isinstance(job, Train | Merge):
        return 4.0 * shape.total if shape else 0.0
    if isinstance(job, Embed):
        return 4.0 * job.data.rows * (shape.hidden if shape else 0)
    if isinstance(job, Probe):
        return 4.0 * rows_of(job.share) * (shape.hidden if shape else 0) if job.share else 0.0
    rows = job.data.rows if job.examples is None else min(job.examples, job.data.rows)
    return float(STORED * rows)


def _precision(job: Job) -> str:
    return job.settings.precision if isinstance(job, Train) else str(getattr(job, "precision", "float32"))


def fits(works: Iterable[Work], devices: Iterable[Device]) -> Mapping[str, list[str]]:
    """The phases that one device can not hold, by its name."""
    works = list(works)
    return {
        device.name: [work.phase for work in works if work.phase != "all" and work.memory > device.memory * GIB]
        for device in devices
    }
