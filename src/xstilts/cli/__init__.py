"""The command line: thin commands that join the rooms.

In: ``sys.argv``. Out: tables and machine-readable text on standard output, messages and progress on standard error, an
exit code (0 done, 1 some jobs failed, 2 the request is wrong, 130 interrupted). Rooms are imported inside the command
that needs them, so ``xstilts --help`` answers at once.
"""

from __future__ import annotations

from typing import Annotated

import typer

from xstilts import __version__
from xstilts.cli import (
    advise,
    analysed,
    catalogue,
    claims,
    convert,
    data,
    init,
    literature,
    literature_review,
    literature_search,
    machine,
    own,
    planned,
    predict,
    report,
    score,
    store,
    study,
)
from xstilts.cli.frame import app, put

_STUDY = [
    "demo",
    "run",
    "plan",
    "status",
    "results",
    "report",
    "claims",
    "advise",
    "score",
    "export",
    "train",
    "predict",
]
ORDER = [*_STUDY, "tasks", "languages", "backbones", "studies", "analyses", "planted", "init", "doctor", "job"]
literature_search.register(literature.literature)
literature_review.register(literature.literature)
app.registered_commands.sort(key=lambda found: ORDER.index(str(found.name)))

__all__ = [
    "advise",
    "analysed",
    "app",
    "catalogue",
    "claims",
    "convert",
    "data",
    "init",
    "literature",
    "literature_review",
    "literature_search",
    "machine",
    "main",
    "own",
    "planned",
    "predict",
    "report",
    "score",
    "store",
    "study",
]


def _version(asked: bool) -> None:
    if asked:
        put(f"xstilts {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Which version this is.")
    ] = False,
) -> None:
    """Intermediate-task training and zero-shot cross-lingual transfer: plan, run, score, judge."""


def main() -> None:
    """The entry point ``xstilts``."""
    app(prog_name="xstilts")
