"""The program called as its users call it: a process of its own, with a store and a cache in a folder of the test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import polars as pl

# An encoder that was never trained, for studies of which only the course is looked at.
UNTRAINED = """
[backbones.tiny]
architecture = { layers = 1, hidden = 32, heads = 4, feedforward = 64, vocabulary = 400 }
vocabulary = { text = ["world/parallel"], characters = 100000 }
[arms.baseline]
"""


def surroundings(folder: Path, **more: str) -> dict[str, str]:
    """The variables of such a process: its cache lies in the folder, and it uses one thread."""
    return {**os.environ, "XSTILTS_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1", **more}


def command(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "xstilts", *arguments, "--store", str(folder / "store")]


def xstilts(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """What `xstilts ARGUMENTS --store FOLDER/store` printed, called in that folder; it has to succeed."""
    done = subprocess.run(
        command(folder, *arguments),
        capture_output=True,
        text=True,
        timeout=600,
        cwd=folder,
        env=surroundings(folder, **more),
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done


def results(folder: Path, study: str, *arguments: str) -> pl.DataFrame:
    """The results table of a study that ran there."""
    return pl.read_csv(xstilts(folder, "results", study, *arguments, "--format", "csv").stdout.encode())
