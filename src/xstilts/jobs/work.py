"""How a job is done: ``main`` runs jobs of a store by key, in one process.

In: keys, a store. Out: finished results in the store; for a job that fails, its reason. Backends call nothing else,
whether in a process of their own or as ``xstilts job KEY... --store DIR``.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import torch

from xstilts.catalogue.errors import Problem, of_the_disk
from xstilts.jobs.embed import run_embed
from xstilts.jobs.merge import run_merge
from xstilts.jobs.predict import Models, run_predict
from xstilts.jobs.probe import run_probe
from xstilts.jobs.progress import reporter
from xstilts.jobs.score import run_score
from xstilts.jobs.shards import run_in_shards
from xstilts.jobs.sources import AllSources, cache_folder, open_source
from xstilts.jobs.train import run_train
from xstilts.study import job
from xstilts.study.held import held_by
from xstilts.study.protocols import Places
from xstilts.study.store import Store
from xstilts.train.loop import Stopped

DONE, FAILED, STOPPED = 0, 1, 75


def main(keys: list[str], store: str, threads: int) -> int:
    """Run ``keys`` in order: 0 when all are done, 1 when one failed (the others are still tried), 75 when stopped."""
    torch.set_num_threads(max(1, threads))
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if threads > 1 else "false"
    os.environ["RAYON_NUM_THREADS"] = str(max(1, threads))
    stopping = _stop_on_signal()
    place = Store(Path(store))
    status = DONE
    opened: tuple[Places, AllSources, Models] | None = None
    for key in keys:
        if place.has(key):
            continue
        try:
            work, places = place.job(key)
            if opened is None or opened[0] != places:
                source = open_source(places)
                opened = (places, source, Models(place, source, places, cache_folder()))
            _, source, models = opened
            _run(work, key, place, source, places, models, stopping)
            place.clear_failure(key)
        except Stopped:
            return STOPPED
        except Problem as problem:
            place.fail(key, str(problem))
            status = FAILED
        except Exception as error:  # a job may fail in any way; its reason is kept and the next job is tried
            traceback.print_exc()
            trouble = of_the_disk(error)
            place.fail(key, str(trouble or Problem(f"{type(error).__name__}: {error}")))
            status = FAILED
        if stopping():
            return STOPPED
    sys.stdout.flush()
    return status


def _run(
    work: job.Job,
    key: str,
    store: Store,
    source: AllSources,
    places: Places,
    models: Models,
    stopping: Callable[[], bool],
) -> None:
    cache = cache_folder()
    if isinstance(work, job.Train):
        held = held_by(_Noted(store), work, places.held)
        if held.shards > 1:
            run_in_shards(key, store, held, stopping)
        else:
            report = reporter(store.work(key))
            run_train(work, key, store, source, places, cache, report, stopping, held.recompute)
    elif isinstance(work, job.Merge):
        run_merge(work, key, store, source, places, cache)
    elif isinstance(work, job.Embed):
        run_embed(work, key, store, source, models.network(work), cache)
    elif isinstance(work, job.Probe):
        run_probe(work, key, store, source, models, cache)
    elif isinstance(work, job.Predict):
        run_predict(work, key, store, source, models, cache)
    else:
        run_score(work, key, store, source)


class _Noted(dict[job.Key, job.Job]):
    """The finished jobs of a store, as their records have them."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store

    def __missing__(self, key: job.Key) -> job.Job:
        return job.from_json(self.store.record(key)["job"])


def _stop_on_signal() -> Callable[[], bool]:
    """SIGTERM asks to stop at the next update; SIGINT is left to whoever started this process."""
    asked: list[int] = []

    def handle(number: int, _: FrameType | None) -> None:
        asked.append(number)

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return lambda: bool(asked)
