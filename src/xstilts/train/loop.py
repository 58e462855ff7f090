"""The training loop, for every phase.

In: a network, the updates to make (which task, which examples) and the settings of the phase. Out: the same network,
trained. An update is one optimizer step over a fixed number of examples; the token budget only cuts it into
micro-batches, and the loss is divided by the number of targets of the whole update.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType
from xstilts.data.batch import Batch, by_length, cut, gather, masked, sequences_of
from xstilts.data.encode import Encoded
from xstilts.data.random import seed_of, stream
from xstilts.model.network import Network
from xstilts.model.precision import precision_of
from xstilts.train import checkpoint
from xstilts.train.optimizer import adamw, rate
from xstilts.train.trim import renumbered, trimmed

Array = np.ndarray[Any, np.dtype[Any]]
TOKEN_BUDGET = 8192


@dataclass(frozen=True)
class Course:
    """How to train; the fields of ``study.job.Settings`` that the loop needs, with the seed."""

    updates: int
    learning_rate: float
    warmup: float
    weight_decay: float
    clip: float
    epsilon: float
    beta2: float
    precision: str
    masking: float
    embedding_rate: float
    seed: int


@dataclass(frozen=True)
class Progress:
    """``done`` of ``updates``; ``loss`` is the mean since the last report."""

    done: int
    updates: int
    tokens_per_second: float
    loss: float


class Stopped(Exception):
    """The training was asked to stop and has written a checkpoint."""


def train(
    network: Network,
    data: Sequence[Encoded],
    order: Callable[[], Iterator[tuple[int, Array]]],
    course: Course,
    *,
    folder: Path,
    report: Callable[[Progress], None],
    stop: Callable[[], bool] = lambda: False,
    checkpoint_seconds: float = 60.0,
    budget: int = TOKEN_BUDGET,
) -> None:
    """Train ``network`` in place. ``data[k]`` belongs to head ``k``; ``order`` gives all updates from the first.

    Raises ``Stopped`` after writing a checkpoint to ``folder`` when ``stop`` says so, ``Problem`` when the loss is no
    number.
    """
    with trimmed(network, data, order(), _unused_rows_decay(course)) as number:
        optimizer = adamw(
            network, course.learning_rate, course.weight_decay, course.epsilon, course.beta2, course.embedding_rate
        )
        done = checkpoint.load(folder, network, optimizer)
        network.train()
        saved = shown = time.monotonic()
        tokens, losses = 0, [0.0]
        for update, (task, examples) in enumerate(order()):
            if update < done:
                continue
            batch = renumbered(make_batch(network, data[task], task, examples, course, update), number)
            for group in optimizer.param_groups:
                group["lr"] = group["full_rate"] * rate(update, course.updates, course.warmup)
            losses.append(take_update(network, optimizer, batch, task, course, update, budget))
            tokens += len(batch.ids)
            now = time.monotonic()
            last = update + 1 == course.updates
            if last or now - shown >= 1.0:
                speed = tokens / max(1e-9, now - shown)
                report(Progress(update + 1, course.updates, speed, float(np.mean(losses[-50:]))))
                shown, tokens = now, 0
            if not last and (stop() or now - saved >= checkpoint_seconds):
                checkpoint.save(folder, network, optimizer, update + 1)
                saved = time.monotonic()
                if stop():
                    raise Stopped
    network.eval()


def _unused_rows_decay(course: Course) -> float:
    """What weight decay alone leaves of a row of the token table."""
    full_rate = course.learning_rate * course.embedding_rate
    rates = (full_rate * rate(update, course.updates, course.warmup) for update in range(course.updates))
    return math.prod(1 - one * course.weight_decay for one in rates)


def make_batch(network: Network, encoded: Encoded, task: int, examples: Array, course: Course, update: int) -> Batch:
    """The whole update as one batch, short sequences first."""
    spec = network.specs[task]
    examples = np.unique(examples) if network.head(task).whole_update else examples
    batch = gather(encoded, by_length(encoded, sequences_of(encoded, examples)), spec.type)
    if spec.type is TaskType.MLM:
        batch = masked(batch, network.vocabulary, course.masking, stream(course.seed, "masking", update))
    return batch


def take_update(
    network: Network,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    task: int,
    course: Course,
    update: int,
    budget: int,
) -> float:
    """One optimizer step; the mean loss of the update."""
    network.begin_update(seed_of(course.seed, "dropout", update))
    head = network.head(task)
    targets = max(1, len(batch.where))
    total = 0.0
    for part in (batch,) if head.whole_update else cut(batch, budget):
        with precision_of(course.precision, network):
            outputs = network(part, task)
            loss = head.loss(outputs, part) / targets
        loss.backward()  # type: ignore[no-untyped-call]
        total += float(loss.detach())
    if not math.isfinite(total):
        raise Problem(f"the loss became {total} at update {update + 1} of {course.updates}: lower the learning rate")
    torch.nn.utils.clip_grad_norm_(network.parameters(), course.clip)
    optimizer.step()
    # the fused step does not count its changes, and weights are cast anew where that count has changed
    torch.autograd.graph.increment_version([p for group in optimizer.param_groups for p in group["params"]])
    optimizer.zero_grad(set_to_none=True)
    return total
