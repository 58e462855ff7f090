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
from torch.distributed.tensor import DTensor

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType
from xstilts.data.batch import Batch, by_length, cut, gather, masked, sequences_of
from xstilts.data.encode import Encoded
from xstilts.data.random import seed_of, stream
from xstilts.model.network import Network
from xstilts.model.precision import precision_of
from xstilts.train import checkpoint
from xstilts.train.optimizer import adamw, rate
from xstilts.train.together import Crew, held, parts_of
from xstilts.train.trim import renumbered, trimmed

Array = np.ndarray[Any, np.dtype[Any]]
TOKEN_BUDGET = 8192
WORTH = 20  # times as long as the last checkpoint took to write, until the next one


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
    averaged: int = 1


@dataclass(frozen=True)
class Progress:
    """``done`` of ``updates``; ``loss`` is the mean of the last fifty."""

    done: int
    updates: int
    tokens_per_second: float
    loss: float


class Diverged(Problem):
    """The loss became no number."""


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
    crew: Crew | None = None,
) -> list[float]:
    """Train ``network`` in place; the loss of every update. ``data[k]`` belongs to head ``k``; ``order`` gives all
    updates from the first. With a ``crew`` all of its processes call this alike, and the first one's network learns.

    Raises ``Stopped`` after writing a checkpoint to ``folder`` when ``stop`` says so, ``Diverged`` when the loss is no
    number.
    """
    moments = averaging(course.updates, course.averaged)
    with (
        trimmed(network, data, order(), _unused_rows_decay(course, moments)) as number,
        held(network, crew) as working,
    ):
        optimizer = adamw(
            working, course.learning_rate, course.weight_decay, course.epsilon, course.beta2, course.embedding_rate
        )
        past = checkpoint.load(folder, working, optimizer, crew)
        losses, mean = past.losses, past.mean
        done = len(losses)
        working.train()
        saved = shown = time.monotonic()
        pause, tokens = checkpoint_seconds, 0
        for update, (task, examples) in enumerate(order()):
            if update < done:
                continue
            batch = renumbered(make_batch(working, data[task], task, examples, course, update), number)
            for group in optimizer.param_groups:
                group["lr"] = group["full_rate"] * rate(update, course.updates, course.warmup)
            loss, budget = fitting_update(working, optimizer, batch, task, course, update, budget, crew)
            losses.append(loss)
            if update + 1 in moments:
                add_to_mean(mean, working, moments.index(update + 1) + 1)
            tokens += len(batch.ids)
            now = time.monotonic()
            last = update + 1 == course.updates
            if last or now - shown >= 1.0:
                speed = tokens / max(1e-9, now - shown)
                report(Progress(update + 1, course.updates, speed, float(np.mean(losses[-50:]))))
                shown, tokens = now, 0
            if last:
                break
            asked, due = stop(), now - saved >= pause
            if crew is not None:
                asked, due = (value > 0 for value in crew.summed(asked, due))
            if asked or due:
                checkpoint.save(folder, working, optimizer, losses, mean, crew)
                saved = time.monotonic()
                pause = max(checkpoint_seconds, WORTH * (saved - now))
                if asked or (crew is None and stop()):
                    raise Stopped
        if mean:
            working.load_state_dict(mean, strict=False)
    network.eval()
    return losses


def averaging(updates: int, moments: int) -> list[int]:
    """After which updates weights are averaged: so many, equally far apart in the second half, the last among them;
    none for one moment, which is the end itself. Where there are too few updates, after each of the second half."""
    if moments < 2:
        return []
    return sorted({updates - round(number * updates / 2 / moments) for number in range(moments)})


def add_to_mean(mean: dict[str, torch.Tensor], network: Network, count: int) -> None:
    """Make ``mean``, of ``count - 1`` moments, that of ``count``, with the weights that learn as they are now."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.requires_grad:
                now = parameter.detach()
                mean[name] = now.clone() if count == 1 else mean[name] + (now - mean[name]) / count


def _unused_rows_decay(course: Course, moments: list[int]) -> float:
    """What weight decay alone leaves of a row of the token table: at the end, or on average over the ``moments``."""
    full_rate = course.learning_rate * course.embedding_rate
    factors = [
        1 - full_rate * rate(update, course.updates, course.warmup) * course.weight_decay
        for update in range(course.updates)
    ]
    left = np.cumprod(factors)
    return float(left[-1] if not moments else left[[moment - 1 for moment in moments]].mean())


def make_batch(network: Network, encoded: Encoded, task: int, examples: Array, course: Course, update: int) -> Batch:
    """The whole update as one batch, short sequences first."""
    spec = network.specs[task]
    examples = np.unique(examples) if network.head(task).whole_update else examples
    batch = gather(encoded, by_length(encoded, sequences_of(encoded, examples)), spec.type)
    if spec.type is TaskType.MLM:
        batch = masked(batch, network.vocabulary, course.masking, stream(course.seed, "masking", update))
    return batch


# What torch says where a processor's memory does not suffice, and what oneDNN says where that of its products does not.
TOO_LITTLE = ("can't allocate memory", "could not create a primitive")


def fitting_update(
    network: Network,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    task: int,
    course: Course,
    update: int,
    budget: int,
    crew: Crew | None = None,
) -> tuple[float, int]:
    """``take_update`` in micro-batches that fit into memory, and their tokens: half as many whenever they do not.

    The update stays the same but for the order of sums. Raises ``Problem`` where one example alone is too much.
    """
    while True:
        try:
            return take_update(network, optimizer, batch, task, course, update, budget, crew), budget
        except RuntimeError as error:  # torch.OutOfMemoryError is one; on a processor there is no type of its own
            if not isinstance(error, torch.OutOfMemoryError) and not any(said in str(error) for said in TOO_LITTLE):
                raise
            if crew is not None:  # the others wait in the middle of this update
                raise Problem(
                    f"out of memory at update {update + 1} in one of {crew.size} processes: raise shards, say "
                    "recompute = true, or lower batch or max_length"
                ) from None
            longest = int(np.diff(batch.starts).max())
            if network.head(task).whole_update or budget <= longest:
                raise Problem(
                    f"out of memory at update {update + 1}: {len(batch.starts) - 1} sequences of up to {longest} "
                    "tokens can not be cut any smaller: lower batch or max_length, or take fewer --workers"
                ) from None
        optimizer.zero_grad(set_to_none=True)
        budget = max(longest, min(budget, len(batch.ids)) // 2)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def take_update(
    network: Network,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    task: int,
    course: Course,
    update: int,
    budget: int,
    crew: Crew | None = None,
) -> float:
    """One optimizer step; the mean loss of the update."""
    network.begin_update(seed_of(course.seed, "dropout", update))
    head = network.head(task)
    targets = max(1, len(batch.where))
    total = 0.0
    if crew is not None:
        parts = parts_of(network, batch, task, budget, crew)
    else:
        parts = ((part, 1.0) for part in ((batch,) if head.whole_update else cut(batch, budget)))
    for part, counts in parts:
        with precision_of(course.precision, network):
            outputs = network(part, task)
            loss = head.loss(outputs, part) / targets
        if counts != 1.0:
            loss = loss * counts
        loss.backward()  # type: ignore[no-untyped-call]
        total += float(loss.detach())
    if crew is not None:
        (total,) = crew.summed(total)
    if not math.isfinite(total):
        raise Diverged(f"the loss became {total} at update {update + 1} of {course.updates}: lower the learning rate")
    found = torch.nn.utils.clip_grad_norm_(network.parameters(), course.clip)
    norm = float(found.full_tensor() if isinstance(found, DTensor) else found)
    if not math.isfinite(norm):
        raise Diverged(
            f"the gradient became {norm} at update {update + 1} of {course.updates}: lower the learning rate"
        )
    optimizer.step()
    if crew is None:
        # the fused step does not count its changes, and weights are cast anew where that count has changed
        torch.autograd.graph.increment_version([p for group in optimizer.param_groups for p in group["params"]])
    optimizer.zero_grad(set_to_none=True)
    return total
