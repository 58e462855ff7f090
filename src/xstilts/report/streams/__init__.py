"""Finished curves and scores, sent on to a tracker while a study runs; the store stays the truth.

In: a plan, a store, keys of jobs that have just been done. Out: calls to a ``Stream``, one file each. A tracker that
fails is told once and left alone: it costs no finished work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol

from xstilts.catalogue.errors import Problem, nearest
from xstilts.report.curve import curve_of
from xstilts.study.job import Key, Score, Train
from xstilts.study.manifest import Plan
from xstilts.study.store import Store

# The packages that they need, and what installs them.
STREAMS: Mapping[str, str] = {"tensorboard": "tensorboard", "wandb": "wandb"}


class Stream(Protocol):
    """Where a tracker takes what a study has found. ``run`` is one training, or what one training predicts."""

    def curve(self, run: str, points: Sequence[tuple[int, float]]) -> None:
        """The loss of a training: after how many updates, and its mean since the point before."""

    def score(self, run: str, name: str, value: float) -> None:
        """A score in points; ``name`` is its target, language and split."""

    def close(self) -> None:
        """Nothing more will come."""


def opened(text: str, study: str) -> Stream:
    """The stream that ``NAME=PLACE`` names. Raises ``Problem`` for a name or a package that is not there."""
    name, _, place = text.partition("=")
    if name not in STREAMS:
        raise Problem(f"--stream '{name}' is unknown{nearest(name, STREAMS) or '.'} streams: {', '.join(STREAMS)}")
    try:
        module = import_module(f"xstilts.report.streams.to_{name}")
    except ImportError as error:
        raise Problem(f"--stream {name} needs a package: pip install {STREAMS[name]} ({error})") from None
    stream: Stream = module.opened(Path(place or f"{study}-{name}"), study)
    return stream


class Streams:
    """Sends every job that is done to all streams; ``say`` hears of one that failed."""

    def __init__(self, plan: Plan, store: Store, streams: Mapping[str, Stream], say: Callable[[str], None]) -> None:
        self._plan, self._store, self._say = plan, store, say
        self._streams = dict(streams)
        self._cells = {cell.score: cell for cell in plan.cells}

    def done(self, key: Key) -> None:
        """Send what the job gave."""
        job = self._plan.jobs[key]
        if isinstance(job, Train):
            points = [(int(update), float(loss)) for update, loss in curve_of(self._store, key)]
            self._each(lambda stream: stream.curve(self._plan.labels[key], points))
        elif isinstance(job, Score) and (cell := self._cells.get(key)) is not None:
            run = f"{cell.backbone}, {cell.arm}, seed {cell.seed}"
            value = float(self._store.record(key)["score"])
            self._each(lambda stream: stream.score(run, f"{cell.target}/{cell.language}/{cell.split}", value))

    def close(self) -> None:
        """End all streams."""
        self._each(lambda stream: stream.close())

    def _each(self, send: Callable[[Stream], None]) -> None:
        for name, stream in list(self._streams.items()):
            try:
                send(stream)
            except Exception as error:  # a tracker may fail in any way; the study must not
                self._say(f"note: --stream {name} is given up: {type(error).__name__}: {error}")
                del self._streams[name]
