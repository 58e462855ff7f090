"""A minute or two of work of every kind, to know how fast this machine is.

In: how many processes a run would use. Out: a ``Calibration``: updates and predictions with random weights and ids, of
three widths and two lengths, in both precisions; texts encoded. All processes work at the same time, because they share
the machine's memory and its speed. What counts is the processor's own time, which other programs disturb less.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType
from xstilts.data.batch import Batch, by_length, gather
from xstilts.data.encode import Encoded, Lengths, encode
from xstilts.data.vocabulary import Vocabulary, train_vocabulary
from xstilts.model.encoder import make_encoder
from xstilts.model.network import HeadOf, Network, with_new_heads
from xstilts.model.precision import precision_of
from xstilts.study.calibration import Calibration, Rate
from xstilts.train.loop import Course, make_batch, take_update
from xstilts.train.optimizer import adamw

WIDTHS = ((96, 4), (384, 12), (768, 12))  # with the number of heads
LAYERS = 4  # two of them fit into a processor's cache, and are up to a fifth faster than those of an encoder
SHORT, LONG = 45, 190  # mean tokens, as of pairs of sentences, and of a question with its paragraph
LITTLE, BATCH = 4, 32  # sequences of an update
BATCHES = 3  # of other lengths each: what repeats exactly is faster than what trainings do
SECONDS = 1.3  # for each of the things that are timed
PREDICTED = 2_000  # tokens of a batch of predictions
IDS = 400


def calibrated(at_once: int, where: str) -> Calibration:
    """Measure with ``at_once`` processes at the same time; ``where``: the machine in words."""
    surroundings = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    command = [sys.executable, "-m", "xstilts.jobs.calibrate"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, env=surroundings) for _ in range(at_once)]
    said = [process.communicate()[0] for process in running]
    if any(process.returncode for process in running):
        raise Problem("a process of the calibration ended early: its message stands above")
    found = [json.loads(text) for text in said]
    rates = []
    for alike in zip(*(one["rates"] for one in found), strict=True):
        numbers = {name: statistics.fmean(rate[name] for rate in alike) for name in ("flops", "moment")}
        rates.append(Rate(**{**alike[0], **numbers}))
    encoding = statistics.fmean(one["encoding"] for one in found)
    return Calibration(f"{datetime.now(UTC):%Y-%m-%d}", where, at_once, encoding, tuple(rates))


def main() -> None:
    """One process's measurements, as JSON."""
    torch.set_num_threads(1)
    table = pa.table(
        {"text_a": _texts(4_000, 0), "text_b": _texts(4_000, 1), "label": pa.array([0] * 4_000, pa.int16())}
    )
    vocabulary = train_vocabulary(_texts(2_000, 2), IDS)
    begun = time.process_time()
    encoded = encode(table, TaskType.CLASSIFICATION, vocabulary, Lengths())
    speed = len(encoded.ids) / (time.process_time() - begun)
    rates = [asdict(rate) for hidden, heads in WIDTHS for rate in _rates(hidden, heads, vocabulary)]
    json.dump({"rates": rates, "encoding": speed}, sys.stdout)


def _rates(hidden: int, heads: int, vocabulary: Vocabulary) -> Iterator[Rate]:
    encoder = make_encoder(LAYERS, hidden, heads, 4 * hidden, 514, vocabulary, 0.1, 0)
    network = with_new_heads(encoder, vocabulary, [HeadOf("it", TaskType.CLASSIFICATION, 3, "mean")], 0.1, 0)
    body = LAYERS * 12.0 * hidden**2
    for precision in ("float32", "bfloat16"):
        little, short, long = (
            _update(network, precision, length, count) for length, count in ((SHORT, LITTLE), (SHORT, BATCH), (LONG, 8))
        )
        rate = 6.0 * body * (short[1] - little[1]) / max(1e-9, short[0] - little[0])
        moment = max(0.0, little[0] - 6.0 * body * little[1] / rate)
        yield Rate("train", precision, hidden, SHORT, rate, moment / LAYERS)
        slow = 6.0 * body * long[1] / max(1e-9, long[0] - moment)
        yield Rate("train", precision, hidden, LONG, slow, moment / LAYERS)
        for length in (SHORT, LONG):
            took, tokens = _prediction(network, precision, length)
            yield Rate("predict", precision, hidden, length, 2.0 * body * tokens / took)


def _update(network: Network, precision: str, length: int, count: int) -> tuple[float, float]:
    """Mean seconds and tokens of an update."""
    data = _sequences(length, BATCHES * count)
    course = Course(1, 1e-5, 0.0, 0.01, 1.0, 1e-8, 0.999, precision, 0.15, 1.0, 0)
    optimizer = adamw(network.train(), 1e-5, 0.01, 1e-8, 0.999)
    batches = [make_batch(network, data, 0, rows, course, 0) for rows in np.arange(data.examples).reshape(BATCHES, -1)]
    took = _timed(batches, lambda batch: take_update(network, optimizer, batch, 0, course, 0, 8_192))
    return took, len(data.ids) / BATCHES


def _prediction(network: Network, precision: str, length: int) -> tuple[float, float]:
    """Mean seconds and tokens of a batch of predictions."""
    data = _sequences(length, BATCHES * (PREDICTED // length))
    batches = [
        gather(data, by_length(data, rows), TaskType.CLASSIFICATION)
        for rows in np.arange(data.examples).reshape(BATCHES, -1)
    ]
    network.eval()
    with torch.inference_mode(), precision_of(precision, network):
        took = _timed(batches, lambda batch: network(batch, 0))
    return took, len(data.ids) / BATCHES


def _timed(batches: Sequence[Batch], work: Callable[[Batch], Any]) -> float:
    """Mean seconds of ``work`` on one of ``batches``; the very first time is left out."""
    work(batches[0])
    count, begun = 0, time.process_time()
    while time.process_time() - begun < SECONDS:
        for batch in batches:
            work(batch)
        count += len(batches)
    return (time.process_time() - begun) / count


def _sequences(length: int, count: int) -> Encoded:
    """Sequences of random ids, of lengths as sets of sentences have them: a few are three times as long as most."""
    draw = np.random.default_rng(length)
    lengths = np.clip(draw.gamma(4.0, length / 4.0, count).astype(np.int64), 8, 3 * length)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    ids = draw.integers(5, IDS // 2, starts[-1]).astype(np.int32)
    label = draw.integers(0, 3, count)
    return Encoded(ids, np.zeros(len(ids), np.uint8), starts, np.arange(count, dtype=np.int32), {"label": label})


def _texts(count: int, seed: int) -> Sequence[str]:
    """Sentences of words that nobody knows."""
    draw = np.random.default_rng(seed)
    syllables = [first + second for first in "bdfgklmnprst" for second in "aeiou"]
    words = ["".join(draw.choice(syllables, number)) for number in draw.integers(1, 5, 3_000)]
    return [" ".join(draw.choice(words, number)) for number in draw.integers(5, 25, count)]


if __name__ == "__main__":
    main()
