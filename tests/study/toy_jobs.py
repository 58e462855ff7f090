"""A stand-in for the real jobs, in real processes: it counts, saving every step, and can be told to misbehave.

In: keys, a store, threads, as ``xstilts.jobs.main``. Out: results that tell what they were made of. ``orders/<seed>``
beside the store holds an order for jobs of that seed: a phase and ``fail``, ``full``, ``hang``, ``raise``, ``slow``,
``slower`` or ``vanish``; in ``did/``, where there is one, a line is added for every time that a job is done.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import time
from pathlib import Path

from xstilts.catalogue.errors import Problem
from xstilts.study.job import Train
from xstilts.study.store import Store

STEPS = 20


def main(keys: list[str], store: str, threads: int) -> int:
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: stopped.append(number))
    place = Store(store)
    status = 0
    for key in keys:
        if place.has(key):
            continue
        job, _ = place.job(key)
        try:
            for needed in job.inputs:
                place.folder(needed)  # started only when its inputs are done
        except Problem as problem:
            place.fail(key, str(problem))
            status = 1
            continue
        order = _order(place, job)
        if order == "fail":
            place.fail(key, "told to fail")
            status = 1
            continue
        if order == "vanish":
            return 0
        if order == "hang":
            time.sleep(1000)
        if order == "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(place.work(key)))
        if order == "raise":
            raise RuntimeError("told to raise")
        steps = _count(place, key, order, stopped) if isinstance(job, Train) else 0
        if stopped:
            return 75
        did = place.root.parent / "did"
        if did.is_dir():
            with (did / key).open("a") as lines:
                lines.write(f"{os.getpid()}\n")
        with place.writing(key) as (folder, extra):
            (folder / "result.txt").write_text(f"{key} from {' '.join(job.inputs)}")
            if isinstance(job, Train):
                (folder / "model.safetensors").write_text("x" * 1000)
            extra |= {"waits": os.environ.get("OMP_WAIT_POLICY"), "gpu": os.environ.get("CUDA_VISIBLE_DEVICES")}
            extra |= {"threads": threads, "resumed_at": steps, "pid": os.getpid(), "torch": "torch" in sys.modules}
    return status


def _order(place: Store, job: object) -> str:
    path = place.root.parent / "orders" / str(getattr(job, "seed", "none"))
    phase = getattr(job, "phase", "")
    if not path.exists():
        return ""
    wanted, _, order = path.read_text().rpartition(" ")
    return order if wanted in ("", phase) else ""


def _count(place: Store, key: str, order: str, stopped: list[int]) -> int:
    """Counts to ``STEPS`` and returns where it began."""
    checkpoint = place.work(key) / "checkpoint.json"
    begun = done = json.loads(checkpoint.read_text())["done"] if checkpoint.exists() else 0
    while done < STEPS and not stopped:
        time.sleep({"slow": 0.12, "slower": 1.0}.get(order, 0.001))
        done += 1
        aside = checkpoint.with_suffix(".new")
        aside.write_text(json.dumps({"done": done, "total": STEPS, "tokens_per_second": 10.0}))
        aside.replace(checkpoint)
        progress = Path(place.work(key)) / "progress.json"
        progress.write_text(checkpoint.read_text())
    return begun
