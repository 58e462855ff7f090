"""About a minute of work of every kind, to know how fast this machine is.

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
from xstilts.data.batch import by_length, gather
from xstilts.data.encode import Encoded, Lengths, encode
from xstilts.data.vocabulary import Vocabulary, train_vocabulary
from xstilts.model.encoder import make_encoder
from xstilts.model.network import HeadOf, Network, with_new_heads
from xstilts.model.precision import precision_of
from xstilts.study.calibration import Calibration, Rate
from xstilts.train.loop import Course, make_batch, take_update
from xstilts.train.optimizer import adamw

WIDTHS = ((96, 4), (256, 4), (768, 12))  # with the number of heads
LAYERS = 2
SHORT, LONG = 45, 190  # mean tokens, as of pairs of sentences, and of a question with its paragraph
LITTLE, BATCH = 4, 32  # sequences of an update
SECONDS = 1.3  # for each of the things that are timed
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
    network = with_new_heads(encoder, vocabulary, [HeadOf("it", TaskType.CLASSIFICATION, 3)], 0.1, 0)
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


def _update(network: Network, precision: str, length: int, count: int) -> tuple[float, int]:
    """Seconds and tokens of an update."""
    data = _sequences(length, count)
    course = Course(1, 1e-5, 0.0, 0.01, 1.0, 1e-8, 0.999, precision, 0.15, 1.0, 0)
    optimizer = adamw(network.train(), 1e-5, 0.01, 1e-8, 0.999)
    batch = make_batch(network, data, 0, np.arange(count), course, 0)
    return _timed(lambda: take_update(network, optimizer, batch, 0, course, 0, 8_192)), len(batch.ids)


def _prediction(network: Network, precision: str, length: int) -> tuple[float, int]:
    """Seconds and tokens of a batch of predictions."""
    data = _sequences(length, 4_000 // length)
    batch = gather(data, by_length(data, np.arange(data.examples)), TaskType.CLASSIFICATION)
    network.eval()
    with torch.inference_mode(), precision_of(precision, network):
        return _timed(lambda: network(batch, 0)), len(batch.ids)


def _timed(work: Callable[[], Any]) -> float:
    """Seconds of ``work``: the median, the first time left out."""
    work()
    took: list[float] = []
    while sum(took) < SECONDS or len(took) < 3:
        begun = time.process_time()
        work()
        took.append(time.process_time() - begun)
    return statistics.median(took)


def _sequences(length: int, count: int) -> Encoded:
    """Sequences of random ids, half to one and a half times as long as ``length``."""
    draw = np.random.default_rng(length)
    lengths = np.linspace(length / 2, 1.5 * length, count).astype(np.int64)
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
