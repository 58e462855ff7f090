"""The command ``data convert``: what the publishers of a set hand out, put into a data folder.

In: the set, the folder with their files. Out: Parquet files in the data folder, a line each.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xstilts.catalogue.errors import Problem
from xstilts.cli.data import group
from xstilts.cli.frame import DataOption, command, put


@command("convert", group)
def convert(
    name: Annotated[str, typer.Argument(metavar="SET", help="ccgbank or mewsli-x.")],
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="The folder with the publishers' files.")],
    data: DataOption = None,
) -> None:
    """Put a set that comes in a form of its own into the data folder (--data DIR), as Parquet."""
    from xstilts.data.convert import convert as converted

    if data is None:
        raise Problem("name the data folder that the rows go to: --data DIR or XSTILTS_DATA")
    for one in converted(name, source.expanduser(), data):
        put(f"{one.path}  {one.rows:,} rows  {one.note}")
