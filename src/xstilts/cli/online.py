"""``data check --online``: whether the hub has what the catalogue says.

In: tasks, the sources of this machine. Out: a table with one row a split, and every difference; exit code 1 where there
are some. Rows are not downloaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from xstilts.catalogue.errors import Problem
from xstilts.cli.catalogue import put_table
from xstilts.cli.frame import put, put_json, say

if TYPE_CHECKING:
    from xstilts.catalogue.task import Task
    from xstilts.data.agree import Agreement
    from xstilts.jobs.sources import AllSources

SHOWN = 4  # differences of one split; --json has all


def check_online(source: AllSources, tasks: Sequence[Task], json: bool) -> None:
    """Ask the hub for every split of ``tasks`` that it may hold. Raises ``Problem`` where nobody answers at all; where
    it stops to answer, what was found until then is shown."""
    from dataclasses import asdict

    from xstilts.data.agree import agreement
    from xstilts.jobs.holdings import on_hub

    asked = {task.name: there for task in tasks if (there := on_hub(task))}
    found: list[Agreement] = []
    stopped: list[str] = []
    for number, task in enumerate(task for task in tasks if task.name in asked):
        say(f"asking for {task.name} ({number + 1} of {len(asked)}) ...")
        splits = [
            split for split, first in task.splits.items() if any(files in asked[task.name] for files in first.in_turn())
        ]
        new = [agreement(source.hub, task, split) for split in splits]
        if source.hub.down:
            stopped = list(asked)[number:]
            break
        found += new
    if stopped and not found:
        raise Problem(*source.refused())
    if json:
        put_json([asdict(one) for one in found])
    else:
        _show(found)
    for line in source.hub.passed_over():
        say(line)
    if stopped:
        say(f"the hub answers no longer; not asked for: {', '.join(stopped)}")
        for line in source.refused():
            say(line)
    if elsewhere := [task.name for task in tasks if task.name not in asked]:
        say(f"on no hub: {', '.join(elsewhere)}")
    if stopped or any(one.differences for one in found):
        raise typer.Exit(1)


def _show(found: Sequence[Agreement]) -> None:
    rows = [
        (
            one.task,
            one.split,
            one.repository,
            one.revision,
            f"{one.languages} of {one.catalogued}",
            "?" if one.rows is None else f"{one.rows:,}",
            _catalogued(one),
            one.verdict,
        )
        for one in found
    ]
    put_table(("task", "split", "repository", "revision", "languages", "rows", "catalogue", "verdict"), rows)
    for one in found:
        if one.differences:
            put(f"\n{one.task} ({one.split}), {one.repository}:")
        for line in one.differences[:SHOWN]:
            put(f"  {line}")
        if (more := len(one.differences) - SHOWN) > 0:
            put(f"  and {more} more differences: --json has all")


def _catalogued(one: Agreement) -> str:
    """The official number of rows, and in how many languages it is known where that is not all."""
    if one.official is None:
        return "?"
    return f"{one.official:,}" + (f" in {one.stated} languages" if one.stated < one.catalogued else "")
