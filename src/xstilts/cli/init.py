"""The command ``init``: a first study file, for the constructed languages or for what the user has.

In: flags, or answers to a few questions on a terminal. Out: a commented file that ``plan`` and ``run`` take.
"""

from __future__ import annotations

import os
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xstilts.catalogue.errors import Problem, nearest
from xstilts.cli.first import LAPTOP, MACHINES
from xstilts.cli.frame import DataOption, command, put, say
from xstilts.cli.own import ENCODER

if TYPE_CHECKING:
    from xstilts.catalogue.task import Task, TaskType

SEVERAL = 2  # intermediate tasks that are taken from advice


@command("init")
def init(
    path: Annotated[Path, typer.Argument(help="The file to write.", dir_okay=False)] = Path("my-study.toml"),
    target: Annotated[
        list[str] | None, typer.Option("--target", help="A task to score (xstilts tasks); may be repeated.")
    ] = None,
    rows: Annotated[
        Path | None, typer.Option("--rows", help="Labelled rows of your own, as a target (CSV, JSON, Parquet).")
    ] = None,
    type: Annotated[str, typer.Option(help="The task type of --rows.")] = "classification",
    column: Annotated[
        list[str] | None, typer.Option("--column", metavar="ROLE=NAME", help="What --rows calls a role.")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option("--language", help="A language that matters (xstilts languages); repeatable.")
    ] = None,
    intermediate: Annotated[
        list[str] | None, typer.Option("--intermediate", help="Default: what xstilts advise finds most promising.")
    ] = None,
    backbone: Annotated[str | None, typer.Option(help=f"{ENCODER}; default: what suits the machine.")] = None,
    machine: Annotated[str, typer.Option(help=", ".join(MACHINES))] = LAPTOP,
    data: DataOption = None,
) -> None:
    """Write a first study file, with the reason for every choice in it; without flags one that runs offline.

    For example: xstilts init --target xnli --language sw --language ur --machine gpu
    """
    if path.suffix != ".toml":
        raise Problem(
            f"'{path}' should end in .toml, so that it is taken for a study file: {path.with_suffix('.toml')}"
        )
    if path.exists():
        raise Problem(f"'{path}' is there already and stays as it is: name another file")
    targets, languages = list(target or ()), list(language or ())
    if not (targets or rows or languages) and sys.stdin.isatty():
        targets, languages, machine = _asked()
    name = path if path.is_absolute() or len(path.parts) > 1 else f"./{path}"
    if targets or rows or languages:
        text = _written(str(name), targets, rows, type, column, languages, intermediate, backbone, machine, data, path)
    else:
        text = resources.files("xstilts.cli").joinpath("first_study.toml").read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    put(str(path))
    say(f"Read it, change it, then:\n  xstilts plan {name}    what it will do\n  xstilts run {name}")


def _asked() -> tuple[list[str], list[str], str]:
    """Targets, languages and the machine, by questions; nothing for an answer left out."""
    say("A study of human languages needs a target. Leave the first answer out for one that runs offline, at once.")
    targets = typer.prompt("Which tasks to score (names as xstilts tasks lists them, with blanks)", "", err=True)
    if not targets.strip():
        return [], [], LAPTOP
    languages = typer.prompt("Which languages matter (codes, with blanks; none: all that have data)", "", err=True)
    machine = typer.prompt(f"What will run it ({', '.join(MACHINES)})", LAPTOP, err=True)
    return targets.split(), languages.split(), str(machine)


def _written(
    name: str, targets: list[str], rows: Path | None, type: str, column: list[str] | None, languages: list[str],
    intermediate: list[str] | None, backbone: str | None, machine: str, data: Path | None, path: Path,
) -> str:  # fmt: skip
    from xstilts.catalogue.find import get_task
    from xstilts.catalogue.language import get_language
    from xstilts.cli.first import Wanted, first_study, misfits
    from xstilts.study.identity import check_folder

    wrong = [] if machine in MACHINES else [f"--machine '{machine}' is unknown{nearest(machine, MACHINES) or '.'} "
                                            f"machines: {', '.join(MACHINES)}"]  # fmt: skip
    if not targets and not rows:
        wrong.append("--language alone says too little: name a --target as well (xstilts tasks), or --rows of your own")
    asked = (
        (get_language, languages),
        (get_task, (*targets, *(intermediate or ()))),
        (check_folder, filter(None, [backbone])),
    )
    for look, names in asked:
        for one in names:
            try:
                look(one)
            except Problem as problem:
                wrong += problem.problems
    if wrong:
        raise Problem(*wrong)
    found = tuple(get_task(task) for task in targets)
    if wrong := misfits(found, languages, own=rows is not None):
        raise Problem(*wrong)
    own, own_name, kind = _own(rows, type, column, languages, path) if rows else ("", "", None)
    chosen = dict.fromkeys(intermediate or (), "You asked for it.")
    chosen = chosen or _advised(own_name or targets[0], kind or found[0].type, found, data)
    wanted = Wanted(
        found, tuple(filter(None, [own])), own_name, tuple(languages), chosen, backbone or MACHINES[machine].backbone,
        machine, name,
    )  # fmt: skip
    return first_study(wanted)


def _own(
    rows: Path, type: str, column: list[str] | None, languages: list[str], path: Path
) -> tuple[str, str, TaskType]:
    """The table of the user's own target, its name and type."""
    from xstilts.cli.first import own_table
    from xstilts.cli.own import kind_of, name_of, pairs
    from xstilts.data.held_out import named_labels
    from xstilts.data.tables import open_table, unreadable

    if wrong := unreadable(rows):
        raise Problem(wrong)
    kind, columns, name = kind_of(type), pairs("--column", column), name_of(rows)
    labels = named_labels(open_table(rows), kind, columns, rows)
    beside = Path(os.path.relpath(rows, path.resolve().parent))
    return own_table(name, beside, str(kind), labels, columns, "en", languages), name, kind


def _advised(target: str, kind: TaskType, targets: tuple[Task, ...], data: Path | None) -> dict[str, str]:
    """The most promising intermediate tasks whose rows can be had, with the reason, and that none is worth it where
    advice says so. A licensed set that is on no hub counts only where it is on this machine."""
    from xstilts.analysis.advice import advise
    from xstilts.analysis.arms import of_published
    from xstilts.analysis.trials import candidates, trials
    from xstilts.catalogue.find import tasks
    from xstilts.cli.advise import PUBLISHED
    from xstilts.jobs.sources import open_source
    from xstilts.report.advice import WORTH, sentence
    from xstilts.study.protocols import Places

    measured = trials(of_published())
    form = "retrieval" if str(kind) in ("retrieval", "mining") else str(kind)
    source = open_source(Places(data=str(data.resolve()) if data else None), fetch=False, online=False)
    advised = advise(measured, candidates(target, form, PUBLISHED, measured))
    doubted = all(one.candidate.shared or one.above(WORTH) < 0.5 for one in advised)
    found: dict[str, str] = {}
    for here in (True, False):  # what is on this machine first
        for one in advised:
            name = one.candidate.intermediate
            if len(found) == SEVERAL or name in found or name not in tasks() or one.candidate.shared:
                continue
            task = tasks()[name]
            if bool(source.languages(task, "train", (task.train_language,))) != here or (task.to_get and not here):
                continue
            reason = (
                f"Advice: {one.gain:+.1f} points predicted ({one.gain - one.half:+.1f} .. {one.gain + one.half:+.1f})"
            )
            found[name] = reason + ("; its rows are here." if here else "; its rows come from the hub.")
            if doubted:
                found[name] += (
                    f"\n# {sentence(advised)[0]}\n# The arm is here to measure that, not because it is promising."
                )
    return found
