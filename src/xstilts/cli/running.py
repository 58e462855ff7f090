"""Running a study that was planned just now, watched, until nothing is left or it is asked to end.

In: ``Opened`` and how it should run. Out: finished jobs in the store, and how the run ended.
"""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from xstilts.cli.backends import HERE, Where, backend_of
from xstilts.cli.frame import say
from xstilts.cli.machine import rates

if TYPE_CHECKING:
    from xstilts.cli.opened import Opened
    from xstilts.study.run import Summary

INTERRUPTED = 130  # what a shell says of a program that Ctrl-C has ended


def carry_out(
    found: Opened,
    *,
    where: Where = HERE,
    workers: int | None = None,
    until: float | None = None,
    patience: float | None = None,
    progress: str = "auto",
    streams: Sequence[str] = (),
) -> Summary:
    """Do what is missing, after what has to be said before; ``until`` and ``patience`` in seconds. Leaves with exit
    code 130 when it is interrupted."""
    from xstilts.cli.watch import watching
    from xstilts.study.run import PATIENCE, run

    waits = patience or PATIENCE
    for note in found.plan.notes:
        say(f"note: {note}")
    for overlap in found.plan.overlaps:
        if overlap.warns:
            say(f"warning: {overlap.line()}")
    backend = backend_of(where, found.store, workers)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with watching(found.plan, found.store, progress, streams) as report:
            known = rates() if where.backend == "local" else ()
            return run(
                found.plan, found.store, backend, found.places, until=until, report=report, patience=waits, rates=known
            )
    except KeyboardInterrupt:
        say(f"interrupted; all finished jobs are kept. To go on: {again()}")
        raise typer.Exit(INTERRUPTED) from None


def again() -> str:
    """The command that runs, as it can be typed."""
    return shlex.join(["xstilts", *sys.argv[1:]])


def _interrupt(number: int, frame: object) -> None:
    """A request to end is treated like Ctrl-C: running jobs save their checkpoints."""
    raise KeyboardInterrupt
