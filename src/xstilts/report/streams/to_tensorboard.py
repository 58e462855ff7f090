"""TensorBoard: one folder a run, ``loss`` by updates and scores by name.

In: calls of ``Stream``. Out: event files that ``tensorboard --logdir`` shows. Neither torch nor TensorFlow is loaded.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter


class TensorBoard:
    """Writes below ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def curve(self, run: str, points: Sequence[tuple[int, float]]) -> None:
        self._write(run, [("loss", step, value) for step, value in points])

    def score(self, run: str, name: str, value: float) -> None:
        self._write(run, [(f"score/{name}", 0, value)])

    def close(self) -> None:
        """Every file is closed as soon as it is written."""

    def _write(self, run: str, values: list[tuple[str, int, float]]) -> None:
        writer = EventFileWriter(str(self._folder / re.sub(r"[^\w.-]+", "-", run)))
        for tag, step, value in values:
            summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
            writer.add_event(Event(wall_time=time.time(), step=step, summary=summary))
        writer.close()


def opened(place: Path, study: str) -> TensorBoard:
    return TensorBoard(place)
