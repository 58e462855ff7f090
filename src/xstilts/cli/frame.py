"""What every command shares: the application, its options, and how mistakes end.

In: nothing heavy; only typer is imported here. Out: ``app``, the decorator ``command``, the common options and ``say``
for messages.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from xstilts.catalogue.errors import Problem, of_the_disk

app = typer.Typer(
    name="xstilts",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

StoreOption = Annotated[
    Path,
    typer.Option("--store", envvar="XSTILTS_STORE", help="The folder that keeps finished jobs.", file_okay=False),
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", envvar="XSTILTS_DATA", help="A data folder: NAME/CONFIG/SPLIT.parquet.", file_okay=False),
]
LevelOption = Annotated[str | None, typer.Option("--level", help="ci, quick, small or full; default: the study's own.")]
VariantOption = Annotated[
    str | None, typer.Option("--variant", help="Which of the study's variants, such as constructed or human languages.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
MarkdownOption = Annotated[bool, typer.Option("--markdown", help="As a page of the documentation.")]
TraitsOption = Annotated[
    Path | None,
    typer.Option("--traits", envvar="XSTILTS_TRAITS", help="A CSV file with more about languages.", dir_okay=False),
]
StudyArgument = Annotated[str, typer.Argument(metavar="STUDY", help="A shipped study's name or a .toml file.")]
STORE = Path("xstilts-store")


def command(name: str, group: typer.Typer = app) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a function the command ``name`` of ``group``; mistakes meant for the user end in exit code 2, without a
    traceback."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> None:
            try:
                function(*args, **kwargs)
            except Problem as problem:
                for line in problem.problems:
                    say(line)
                raise typer.Exit(2) from None
            except KeyboardInterrupt:
                say("interrupted")
                raise typer.Exit(130) from None
            except BrokenPipeError:
                # The reader (head, less) has gone; what it wanted is written.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            except Exception as error:
                trouble = of_the_disk(error)
                if trouble is None:
                    raise
                say(str(trouble))
                raise typer.Exit(2) from None

        group.command(name)(guarded)
        return guarded

    return register


def say(text: str) -> None:
    """A message to the user, on standard error."""
    print(text, file=sys.stderr, flush=True)


def put(text: str) -> None:
    """A result, on standard output."""
    print(text, flush=True)


def put_json(value: Any) -> None:
    """``value`` as JSON on standard output."""
    import json

    put(json.dumps(value, indent=2, ensure_ascii=False, default=str))
