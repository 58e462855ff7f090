"""The training job: any of the three phases.

In: a ``Train`` from the store. Out: a folder ``model`` (encoder in the hub's format, heads beside it) and
``losses.csv``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from xstilts.catalogue.sampling import probabilities
from xstilts.catalogue.task import TaskType
from xstilts.data.encode import Encoded
from xstilts.data.random import seed_of
from xstilts.data.sample import updates
from xstilts.jobs.shares import gathered
from xstilts.jobs.sources import AllSources
from xstilts.jobs.start import open_start
from xstilts.jobs.teacher import taught
from xstilts.model.lora import add_low_rank, fold_low_rank
from xstilts.model.network import (
    HeadOf,
    Network,
    device_of,
    freeze,
    load_network,
    parameters_of,
    save_network,
    with_new_heads,
)
from xstilts.model.recompute import ask
from xstilts.study import job
from xstilts.study.choice import chosen
from xstilts.study.overlap import numbers_in
from xstilts.study.protocols import Places
from xstilts.study.store import Store
from xstilts.train.loop import Course, Diverged, Progress, train
from xstilts.train.together import Crew

Array = np.ndarray[Any, np.dtype[Any]]
POINTS = 200  # of a learning curve


def run_train(
    work: job.Train,
    key: str,
    store: Store,
    source: AllSources,
    places: Places,
    cache: Path,
    report: Callable[[Progress], None],
    stop: Callable[[], bool],
    recompute: bool = False,
    crew: Crew | None = None,
) -> None:
    """Do the job and store its result. All processes of a ``crew`` call this; the first one stores."""
    settings = work.settings
    if work.candidates:
        rate = chosen(work.candidates, lambda score: store.record(score).get("score"))
        settings = replace(settings, learning_rate=rate)
    begun: Network | None = None
    if work.heads == "kept":
        begun = load_network(store.folder(str(work.start.job)) / "model", settings.dropout)
        encoder, vocabulary = begun.encoder, begun.vocabulary
    else:
        encoder, vocabulary = open_start(
            *(work.start, store, source, places, cache, settings.dropout, work.seed), weights=not crew or crew.first
        )
    teacher: Network | None = None
    if work.teacher is not None:
        body, words = open_start(work.teacher, store, source, places, cache, 0.0, work.seed)
        teacher = Network(body, (), (), words).eval().to(crew.device if crew else device_of())
    if crew is not None and not crew.first:
        crew.summed(0.0)  # until the first one has encoded the rows and kept them
    shares = [
        taught(share, source, vocabulary, settings, teacher)
        if teacher is not None and share.type == TaskType.RANKING
        else gathered(share, source, vocabulary, settings, cache, work.seed)
        for share in work.shares
    ]
    if crew is not None and crew.first:
        crew.summed(0.0)
    specs = [HeadOf(share.task, TaskType(share.type), len(share.labels), settings.pooling) for share in work.shares]
    network = begun or with_new_heads(encoder, vocabulary, specs, settings.dropout, seed_of(work.seed, work.phase))
    freeze(network.encoder, settings.freeze, settings.freeze_layers)
    if settings.lora:
        add_low_rank(network.encoder, settings.lora, seed_of(work.seed, work.phase, "lora"))
    if recompute:
        ask(network.encoder)
    if crew is None:
        network.to(device_of())
    pools = [pool for _, pool in shares]
    chances = probabilities(
        [pool.examples for pool in pools],
        settings.sampling,
        settings.cap,
        settings.temperature,
        [share.weight for share in work.shares],
    )

    def order() -> Iterator[tuple[int, Array]]:
        return updates(pools, chances, settings.batch, settings.updates, work.seed)

    course = Course(
        updates=settings.updates,
        learning_rate=settings.learning_rate,
        warmup=settings.warmup,
        weight_decay=settings.weight_decay,
        clip=settings.clip,
        epsilon=settings.epsilon,
        beta2=settings.beta2,
        precision=settings.precision,
        masking=settings.masking,
        embedding_rate=settings.embedding_rate,
        averaged=settings.averaged,
        seed=seed_of(work.seed, work.phase, "course"),
    )
    begin = {name: tensor.clone() for name, tensor in network.state_dict().items()} if work.trial else {}
    losses: list[float] = []
    diverged = False
    try:
        losses = train(
            network,
            [encoded for encoded, _ in shares],
            order,
            course,
            folder=store.work(key) / "checkpoint",
            report=report,
            stop=stop,
            crew=crew,
        )
    except Diverged:
        if not work.trial:
            raise
        network.load_state_dict(begin)
        diverged = True
    if crew is not None and not crew.first:
        return
    if settings.lora:
        fold_low_rank(network.encoder)
    total, without_tables = parameters_of(network.encoder)
    with store.writing(key) as (folder, extra):
        save_network(network.to("cpu"), folder / "model")
        curve = curve_of(losses)
        lines = "".join(f"{done},{loss:.5f}\n" for done, loss in curve)
        (folder / "losses.csv").write_text(f"update,loss\n{lines}", encoding="utf-8")
        extra |= {
            "parameters_total": total,
            "parameters_nonembedding": without_tables,
            "updates": settings.updates,
            "tokens": tokens_of([encoded for encoded, _ in shares], order()),
            "loss": curve[-1][1] if curve else None,
        }
        if diverged:
            extra["diverged"] = True
        if work.candidates:
            extra["learning_rate"] = settings.learning_rate
        if excluded := {
            f"{rows.task} ({rows.language})": len(numbers_in(rows.without))
            for share in work.shares
            for rows in share.data
            if rows.without
        }:
            extra["excluded"] = excluded


def curve_of(losses: Sequence[float]) -> list[tuple[int, float]]:
    """At most ``POINTS`` points of a learning curve: after how many updates, and the mean loss since the point
    before."""
    ends = sorted({round(len(losses) * number / POINTS) for number in range(1, POINTS + 1)} - {0})
    return [(end, fmean(losses[begin:end])) for begin, end in zip((0, *ends), ends, strict=False)]


def tokens_of(data: list[Encoded], order: Iterator[tuple[int, Array]]) -> int:
    """Tokens of all updates together, special ones included, whether they were trained here or before a restart."""
    each = [np.bincount(part.example, weights=part.lengths, minlength=part.examples) for part in data]
    return int(sum(each[task][rows].sum() for task, rows in order))
