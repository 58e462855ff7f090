"""``data check --overlap``: what a study, or some tasks, both train on and score.

In: a study's name or file, or names of tasks. Out: a table of pairs that meet or are related, with examples; exit
code 1 where scored rows are trained on.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from xstilts.catalogue.errors import Problem
from xstilts.cli.frame import put, put_json, say

if TYPE_CHECKING:
    from xstilts.catalogue.task import Task
    from xstilts.jobs.overlap import Asked
    from xstilts.jobs.sources import AllSources


def study_among(names: list[str] | None) -> str | None:
    """The study that is meant, None where tasks are. Raises ``Problem`` where nothing is named, or more than a
    study."""
    from xstilts.study.spec import shipped

    if not names:
        raise Problem("--overlap needs a study, or tasks: xstilts data check --overlap STUDY")
    studies = [name for name in names if name in shipped() or name.endswith(".toml")]
    if studies and len(names) > 1:
        raise Problem(f"--overlap takes one study alone, or tasks: '{studies[0]}' is a study")
    return studies[0] if studies else None


def check_study(
    study: str, level: str | None, variant: str | None, data: Path | None, store: Path, exact: bool, json: bool
) -> None:
    """Everything that the plan of ``study`` trains on against everything that it scores."""
    from xstilts.cli.opened import opened
    from xstilts.jobs.overlap import asked_of
    from xstilts.jobs.sources import open_source

    found = opened(study, level, store, data, variant=variant)
    _show(open_source(found.places, online=False), asked_of(found.plan), exact, json)


def check_tasks(source: AllSources, tasks: list[Task], exact: bool, json: bool) -> None:
    """The training rows of all ``tasks`` against the rows that any of them is scored on."""
    from xstilts.jobs.overlap import asked_of_tasks

    asked = asked_of_tasks(source, tasks)
    if not asked.behind or not any(asked.behind.values()):
        what = "nothing to train on" if asked.behind else "nothing that is scored"
        raise Problem(f"{', '.join(task.name for task in tasks)}: {what} is here; see: xstilts data check")
    _show(source, asked, exact, json)


def _show(source: AllSources, asked: Asked, exact: bool, json: bool) -> None:
    from dataclasses import asdict

    from xstilts.jobs.overlap import not_here, overlaps
    from xstilts.report.overlap import overlap_section
    from xstilts.report.terminal import show_section

    found = overlaps(source, asked, near=not exact, constructed=True)
    if json:
        put_json([asdict(one) for one in found])
    elif found:
        show_section(overlap_section(found), sys.stdout)
    else:
        put("nothing that is scored is trained on, as far as the rows are here")
    for line in not_here(source, asked):
        say(line)
    if any(one.met for one in found):
        raise typer.Exit(1)
