"""Our side of a training: the loop that studies run, on a sample of encoded text.

In: a ``Work``. Out: seconds and facts (the type of number a layer really gave, padding, optimizer, losses, memory).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from benchmarks.clock import Clock, peak
from benchmarks.material import SHAPES, Sample, encoder_folder, head_weights, sample, vocabulary
from benchmarks.profiled import Profile
from benchmarks.row import Places, Reading, Work
from xstilts.catalogue.task import TaskType
from xstilts.data.batch import gather, masked
from xstilts.data.random import stream
from xstilts.data.sample import Pool, updates
from xstilts.model.encoder import load_encoder
from xstilts.model.network import HeadOf, Network, device_of, with_new_heads
from xstilts.train.loop import Course, Progress, train


def network_of(places: Places, work: Work, type: TaskType) -> Network:
    """The encoder of ``work['shape']`` with the head that the library's model has too."""
    encoder = load_encoder(encoder_folder(places, work["shape"]))
    words = vocabulary(places, SHAPES[work["shape"]].vocabulary)
    spec = HeadOf("benchmark", type, 3 if type is TaskType.CLASSIFICATION else 2)
    network = with_new_heads(encoder, words, [spec], float(encoder.config.hidden_dropout_prob), 0)  # type: ignore[union-attr,arg-type]
    network.heads[0].load_state_dict(head_weights(places, work["shape"], type))
    return network.to(device_of())


def trained(work: Work, places: Places) -> Reading:
    """Train on the sample of ``work``; the warm-up is not timed."""
    found = sample(places, work)
    network = network_of(places, work, found.type)
    facts: Reading = {"sample": found.tokens, "examples": found.timed}
    watch(network, facts)
    losses: list[tuple[int, float]] = []
    profile = Profile(work.get("profile", False))
    clock = Clock(work["warm"], profile.start)

    def report(progress: Progress) -> None:
        losses.append((progress.done, progress.loss))

    count = work["warm"] + work["updates"]
    course = Course(
        updates=count,
        learning_rate=work["learning_rate"],
        warmup=0.1,
        weight_decay=0.01,
        clip=1.0,
        epsilon=1e-8,
        beta2=0.999,
        precision="bfloat16",
        masking=0.15,
        embedding_rate=1.0,
        seed=work["seed"],
    )
    with TemporaryDirectory() as folder:
        train(
            network,
            [found.encoded],
            _order(found, work),
            course,
            folder=Path(folder) / "checkpoint",
            report=report,
            stop=clock.tick,
            checkpoint_seconds=math.inf,
        )
        facts |= clock.read() | peak()
    facts |= profile.stop()
    return facts | {
        "padding": 0.0,
        "optimizer": "xstilts.train.optimizer.adamw",
        "loss": losses[-1][1] if losses else None,
        "held_out": held_out(network, found),
    }


def _order(found: Sample, work: Work) -> Callable[[], Iterator[tuple[int, np.ndarray[Any, Any]]]]:
    """The warm-up's sequences in order, then the timed ones, each once, as a study draws them."""

    def order() -> Iterator[tuple[int, np.ndarray[Any, Any]]]:
        for update in range(work["warm"]):
            yield 0, np.arange(update * work["batch"], (update + 1) * work["batch"])
        pool = Pool("benchmark", (np.arange(found.warm, found.warm + found.timed),))
        yield from updates([pool], np.ones(1), work["batch"], work["updates"], work["seed"])

    return order


def watch(network: Network, facts: Reading) -> None:
    """Note which type of number the first linear layer of the encoder gives."""
    layer = next(module for module in network.encoder.modules() if isinstance(module, torch.nn.Linear))

    def note(module: Any, inputs: Any, output: torch.Tensor) -> None:
        facts["dtype"] = str(output.dtype).removeprefix("torch.")
        handle.remove()

    handle = layer.register_forward_hook(note)


def held_out(network: Network, found: Sample) -> float:
    """Mean loss, in float32, over sequences that nothing trained on."""
    network.eval()
    low = found.warm + found.timed
    batch = gather(found.encoded, np.arange(low, len(found.encoded.starts) - 1), found.type)
    if found.type is TaskType.MLM:
        batch = masked(batch, network.vocabulary, 0.15, stream(0, "benchmark", "held out"))
    with torch.inference_mode():
        total = network.head(0).loss(network(batch, 0), batch)
    return float(total) / len(batch.where)
