"""The commands ``score`` and ``export``: official benchmark scores of any system, and the folders they come from.

In: two folders in the benchmark's layout, or a study. Out: the leaderboard's numbers, as a table or as the official
report's JSON; or such folders. Nothing is trained and no model is loaded.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xstilts.cli.frame import (
    STORE,
    DataOption,
    JsonOption,
    LevelOption,
    StoreOption,
    StudyArgument,
    VariantOption,
    command,
    put,
    put_json,
    say,
)

if TYPE_CHECKING:
    from xstilts.metrics.benchmark import Scores, TaskScores

_NOTES = 12
BenchmarkOption = Annotated[
    str, typer.Option("--benchmark", help="xtreme, xtreme-r, or catalogue: every task there is.")
]


@command("score")
def score(
    predictions: Annotated[Path, typer.Option("--predictions", help="TASK/test-LANGUAGE files of predictions.")],
    references: Annotated[Path, typer.Option("--references", help="The same files with the right answers.")],
    benchmark: Annotated[
        str, typer.Option("--benchmark", help="xtreme, xtreme-r, or catalogue: every task there is.")
    ] = "xtreme",
    rules: Annotated[
        str,
        typer.Option(
            "--rules",
            help="checked; strict: notes are mistakes, too; official: faults of the official evaluator and all; "
            "seqeval-1: tags as seqeval from 0.0.18 on reads them.",
        ),
    ] = "checked",
    partial: Annotated[
        bool, typer.Option("--partial", help="Score the languages that are there; tasks that lack some get no average.")
    ] = False,
    json: JsonOption = False,
    details: Annotated[
        bool, typer.Option("--details", help="With --json: also rules, metrics, examples, token accuracy, notes.")
    ] = False,
) -> None:
    """The official scores of predictions that lie in a benchmark's folder layout."""
    from xstilts.catalogue.benchmark import get_benchmark
    from xstilts.metrics.benchmark import score_folders

    found = score_folders(get_benchmark(benchmark), predictions, references, rules, partial)
    for note in found.notes[:_NOTES]:
        say(f"note: {note}")
    if len(found.notes) > _NOTES:
        say(f"and {len(found.notes) - _NOTES} more notes: --json --details has them all")
    if json:
        put_json(found.to_json() | ({"details": found.details()} if details else {}))
        return
    _show(found)


def _show(found: Scores) -> None:
    from xstilts.cli.catalogue import put_table

    put(f"{found.benchmark.title}, rules: {found.rules}; points from 0 to 100\n")
    rows = [
        (
            name,
            f"{one.score:.2f}" if one.complete else "-",
            f"{sum(one.examples.values()):,}",
            f"{sum(code in one.examples for code in one.task.languages)} of {len(one.task.languages)}",
            _averages(one) if one.complete else "none over a part of the languages",
        )
        for name, one in found.tasks.items()
    ]
    put_table(("task", "score", "examples", "languages", "averages"), rows)
    put("")
    if found.groups:
        put_table(("group", "score"), [(name, f"{value:.2f}") for name, value in found.groups.items()])
    if found.benchmark.groups and "all_task" not in found.groups:
        whole = {name for name, one in found.tasks.items() if one.complete}
        put(f"all_task needs all of {', '.join(task.name for task in found.benchmark.tasks if task.name not in whole)}")
    put("")
    languages = sorted({language for one in found.tasks.values() for language in one.examples})
    put_table(
        ("language", *found.tasks),
        [(language, *(_cell(one, language) for one in found.tasks.values())) for language in languages],
    )


def _averages(one: TaskScores) -> str:
    """``f1 70.22, precision 71.02, recall 69.55; token_accuracy 78.20``."""
    official = ", ".join(f"{name} {value:.2f}" for name, value in one.averages.items())
    beside = "".join(f"; {name} {sum(of.values()) / len(of):.2f}" for name, of in one.beside.items())
    return official + beside


def _cell(one: TaskScores, language: str) -> str:
    """The scores that make up the task's own, of one language; several are joined by a slash."""
    if language not in one.examples:
        return ""
    return "/".join(f"{one.scores[name][language]:.1f}" for name in one.task.main)


@command("export")
def export(
    study: StudyArgument,
    place: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write; it must not be there yet.")],
    benchmark: Annotated[
        str, typer.Option("--benchmark", help="xtreme, xtreme-r, or catalogue: every task there is.")
    ] = "xtreme",
    level: LevelOption = None,
    variant: VariantOption = None,
    store: StoreOption = STORE,
    data: DataOption = None,
) -> None:
    """A study's predictions in a benchmark's folder layout, a folder for each backbone, arm and seed."""
    import shlex

    from xstilts.catalogue.benchmark import get_benchmark
    from xstilts.cli.opened import opened
    from xstilts.jobs.export import REFERENCES
    from xstilts.jobs.export import export as write
    from xstilts.jobs.sources import open_source

    wanted = get_benchmark(benchmark)
    found = opened(study, level, store, data, variant=variant)
    done = write(found.plan, found.store, open_source(found.places), wanted, place)
    for note in done.notes:
        say(f"note: {note}")
    for system in done.systems:
        put(str(system))
    again = ["xstilts", "score", "--benchmark", wanted.name, "--partial"]
    say(f"to score one: {shlex.join([*again, '--references', str(place / REFERENCES), '--predictions'])} FOLDER")
