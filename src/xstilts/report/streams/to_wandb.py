"""Weights & Biases: one run a training, in a project that is called like the study.

In: calls of ``Stream``. Out: runs, written below the folder. Nothing is sent unless ``WANDB_MODE=online`` says so;
``wandb sync`` sends what was written.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import wandb

OPEN = 8  # runs at once; one that is ended goes on under its id when more of it comes


class Wandb:
    """Writes below ``folder``; ``project`` names what the runs belong to."""

    def __init__(self, folder: Path, project: str) -> None:
        self._folder, self._project = folder, re.sub(r"[^\w.-]+", "-", project)
        self._runs: dict[str, Any] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def curve(self, run: str, points: Sequence[tuple[int, float]]) -> None:
        for step, value in points:
            self._run(run).log({"loss": value, "update": step})

    def score(self, run: str, name: str, value: float) -> None:
        self._run(run).log({f"score/{name}": value})

    def close(self) -> None:
        for run in self._runs.values():
            run.finish()

    def _run(self, name: str) -> Any:
        if name not in self._runs:
            if len(self._runs) == OPEN:
                self._runs.pop(next(iter(self._runs))).finish()
            self._runs[name] = wandb.init(
                project=self._project,
                name=name,
                id=hashlib.sha256(f"{self._project}: {name}".encode()).hexdigest()[:16],
                resume="allow",
                dir=str(self._folder),
                reinit="create_new",
                settings=wandb.Settings(silent=True, console="off", disable_git=True, disable_code=True),
            )
        return self._runs[name]


def opened(place: Path, study: str) -> Wandb:
    os.environ.setdefault("WANDB_MODE", "offline")
    return Wandb(place, study)
