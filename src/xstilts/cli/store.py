"""Commands that look after a store: ``store verify``, ``repair``, ``prune``, ``size`` and ``merge``.

In: a store. Out: what is wrong with it, what takes the room, what was removed or copied.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from xstilts.catalogue.errors import Problem
from xstilts.cli.frame import STORE, JsonOption, StoreOption, app, command, put, put_json, say

if TYPE_CHECKING:
    from xstilts.study.store import Store

store = typer.Typer(help="Look after the folder of finished jobs.", no_args_is_help=True)
app.add_typer(store, name="store")
EVERY = 5.0


@command("verify", store)
def verify(at: StoreOption = STORE, json: JsonOption = False) -> None:
    """Read every byte again: is everything as it was written? Exit code 1 where something is not."""
    from xstilts.study.tend import examine

    place = _opened(at)
    found = list(examine(place, _told("read")))
    damaged = [one for one in found if one.kind == "damaged"]
    if json:
        put_json(
            {
                "results": len(place.keys()),
                "findings": [{"kind": one.kind, "what": one.what, "path": str(one.path)} for one in found],
            }
        )
    else:
        for one in found:
            put(f"{one.kind}: {one.what}")
        put(f"{len(place.keys()):,} results, {len(damaged)} damaged, {len(found) - len(damaged)} other findings")
        if found:
            say(f"next: xstilts store repair --store {at}")
    raise typer.Exit(1 if damaged else 0)


@command("repair", store)
def repair(at: StoreOption = STORE) -> None:
    """Move damaged results aside, remove what was never finished, seal records of an old store."""
    from xstilts.study.tend import examine
    from xstilts.study.tend import repair as mend

    place = _opened(at)
    found = list(examine(place, _told("read")))
    mend(place, found)
    done = {"damaged": "moved aside", "left": "removed", "old": "sealed", "foreign": "left as it is"}
    for one in found:
        what = done[one.kind] if one.key or one.kind != "damaged" else "removed"  # plans and notes are written again
        put(f"{what}: {one.what}")
    put(f"{len(place.keys()):,} whole results")
    if any(one.kind == "damaged" for one in found):
        say(f"next: run again what needs them: {', '.join(place.studies()) or 'no study is known here'}")


@command("size", store)
def size(at: StoreOption = STORE, json: JsonOption = False) -> None:
    """What takes the room."""
    from xstilts.study.tend import sizes

    found = sizes(_opened(at))
    if json:
        put_json(found)
        return
    width = max([len("all"), *map(len, found)])
    for name, amount in sorted(found.items(), key=lambda item: -item[1]):
        put(f"{name:<{width}}  {_readable(amount):>10}")
    put(f"{'all':<{width}}  {_readable(sum(found.values())):>10}")


@command("prune", store)
def prune(
    at: StoreOption = STORE,
    weights: Annotated[
        Literal["none", "target", "all"],
        typer.Option(help="Weights that no open job needs: of the target phase, or of all phases. Scores stay."),
    ] = "none",
    unused: Annotated[bool, typer.Option("--unused", help="Results that no study of this store names.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this it only says what would go.")] = False,
) -> None:
    """Make room: what is damaged, work of finished jobs, and what you name. Weights are trained again when needed."""
    from xstilts.study.tend import prune as remove
    from xstilts.study.tend import surplus

    place = _opened(at)
    found = surplus(place, "" if weights == "none" else weights, unused)
    what = (
        f"{len(found.results):,} results that no study names, weights of {len(found.weights):,} trainings, "
        f"{len(found.folders):,} folders of work and damage: {_readable(found.bytes)}"
    )
    if not yes:
        put(f"would remove {what}")
        say("nothing was removed: add --yes")
        return
    remove(place, found)
    put(f"removed {what}")


@command("merge", store)
def merge(
    others: Annotated[
        list[Path], typer.Argument(metavar="OTHER...", help="Stores to copy from; they stay as they are.")
    ],
    at: StoreOption = STORE,
) -> None:
    """Copy what other stores have and this one lacks, every file checked."""
    from xstilts.study.store import Store
    from xstilts.study.tend import merge as join

    for other in others:
        done = join(Store(at), _opened(other), _told(f"copied from {other}"))
        for wrong in done.damaged:
            say(f"not copied, damaged in '{other}': {wrong}")
        put(f"{other}: {done.copied:,} results copied, {done.there:,} were there, {len(done.damaged)} damaged")
        if done.studies:
            put(f"studies: {', '.join(sorted(done.studies))}")
        if done.studies_kept:
            say(f"studies of both keep this store's plan: {', '.join(done.studies_kept)}")


def _opened(at: Path) -> Store:
    from xstilts.study.store import Store

    if not any((at / name).exists() for name in ("store.json", "results", "studies", "jobs")):
        raise Problem(f"'{at}' is no store: name the folder that `run` was given, with --store")
    return Store(at)


def _told(verb: str) -> Callable[[int, int], None]:
    """Says how far a long reading is, every few seconds."""
    last = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > EVERY:
            last = time.monotonic()
            say(f"{done:,} of {total:,} results {verb}")
            sys.stderr.flush()

    return tell


def _readable(amount: int) -> str:
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if amount >= factor:
            return f"{amount / factor:,.1f} {unit}"
    return f"{amount} B"
