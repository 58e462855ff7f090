"""The command ``train``: a model for one's own rows.

In: files of the user (CSV, JSON, Parquet). Out: a study in the store, a folder with the model that the model library
opens, its card.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.task import TaskType
from xstilts.cli.frame import STORE, DataOption, StoreOption, command, put, say

if TYPE_CHECKING:
    from xstilts.cli.opened import Opened
    from xstilts.report.card import Card

TYPES = (
    TaskType.CLASSIFICATION, TaskType.MULTIPLE_CHOICE, TaskType.TOKEN_CLASSIFICATION, TaskType.SPAN_EXTRACTION,
)  # fmt: skip
ENCODER = "An encoder: a hub name, a folder, or package:NAME/FOLDER in an installed package (xstilts backbones)"
ADVISE, NONE = "advise", "none"
LEAST_UPDATES, MOST_EPOCHS = 500, 20

ColumnOption = Annotated[
    list[str] | None, typer.Option("--column", metavar="ROLE=NAME", help="What a file calls a role; may be repeated.")
]


@command("train")
def train(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Labelled rows: CSV, JSON, JSONL or Parquet.")],
    type: Annotated[str, typer.Option(help=", ".join(TYPES))] = "classification",
    language: Annotated[str, typer.Option(help="The language of FILE.")] = "en",
    column: ColumnOption = None,
    validation: Annotated[
        Path | None, typer.Option(help="Labelled rows that choose and calibrate; default: a tenth of FILE.")
    ] = None,
    test: Annotated[
        list[str] | None, typer.Option("--test", metavar="LANGUAGE=FILE", help="Labelled rows to score; repeatable.")
    ] = None,
    backbone: Annotated[str, typer.Option(help=f"{ENCODER}.")] = "xlm-roberta-base",
    intermediate: Annotated[
        str, typer.Option(help="A task to train on first; 'none', or 'advise' to take what advise says.")
    ] = ADVISE,
    intermediate_examples: Annotated[int | None, typer.Option(min=1, help="At most so many rows of it.")] = None,
    metric: Annotated[str | None, typer.Option(help="Default: the first that fits the type.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Runs; the best one on validation rows is kept.")] = 1,
    epochs: Annotated[int | None, typer.Option(min=1, help="Default: 3, more where rows are few.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Default: by the size of the encoder.")] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Examples an update.")] = None,
    max_length: Annotated[int | None, typer.Option(min=8, help="Tokens that are read at most.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The model's folder; default: FILE's name.")
    ] = None,
    store: StoreOption = STORE,
    data: DataOption = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes at once.")] = None,
    until: Annotated[str | None, typer.Option(help="Stop cleanly after this time: 45m, 2h.")] = None,
) -> None:
    """Train a model on rows of your own, with an intermediate task before where that helps, and write its folder.

    For example: xstilts train reviews.csv --column text_a=review --column label=stars --test sw=swahili.csv
    """
    kind = kind_of(type)
    name = name_of(file)
    folder = output or Path(f"{name}-model")
    _may_write(folder)
    columns, tests = pairs("--column", column), {code: Path(path) for code, path in pairs("--test", test).items()}
    if wrong := unknown_languages([("--language", language), *(("--test", code) for code in tests)]):
        raise Problem(*wrong)
    place = store / "own" / name
    from xstilts.cli.opened import made

    made(place.parent)
    with _alone(place):
        # A request that is refused leaves the rows and the study of an earlier one as they are.
        with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=place.parent) as aside:
            rows, labels, pair = _rows(file, kind, columns, validation, tests, Path(aside))
            task, why = _task(intermediate, name, kind, store, data)
            if epochs is None:
                size = batch or 32
                epochs = min(MOST_EPOCHS, max(3, -(-LEAST_UPDATES * size // rows["train"])))
            asked = {"epochs": epochs, "learning_rate": learning_rate, "batch": batch, "max_length": max_length}
            found = _study(
                Path(aside), place, data, store, name=name, type=str(kind), labels=labels, columns=columns,
                language=language, tested=tuple(tests), backbone=_encoder(backbone), intermediate=task,
                examples=intermediate_examples, seeds=seeds, metric=metric or "",
                settings={key: value for key, value in asked.items() if value is not None},
            )  # fmt: skip
        for line in why:
            say(line)
        facts = {
            "labelled rows": f"{rows['train']:,} train, {rows['validation']:,} are held out (validation)",
            "epochs": str(epochs),
        }
        say("; ".join(f"{label}: {value}" for label, value in facts.items()))
        _do(found, workers, until)
        from xstilts.cli.given_away import give_away

        card = give_away(found, folder, columns, labels, language, backbone, task, why, facts, pair)
    _tell(card, folder)


@contextlib.contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Keep others from the study at ``place`` while inside. Raises ``Problem`` where another process has it."""
    from xstilts.study.lease import acquire, holder, kept

    path = place.with_name(f".{place.name}.lease")
    if (lease := acquire(path)) is None:
        who = holder(path) or {}
        by = f"process {who['pid']} on {who['host']}" if {"pid", "host"} <= who.keys() else "another process"
        raise Problem(
            f"'{place}' is being trained by {by}, and its rows and study are not replaced meanwhile: let it end, name "
            "another --store, or give FILE another name"
        )
    with kept([lease]):
        yield


def kind_of(type: str) -> TaskType:
    """The task type that is meant. Raises ``Problem`` for one that has no head to train."""
    if type not in TYPES:
        raise Problem(f"--type '{type}' is not trained here{nearest(type, TYPES) or '.'} types: {', '.join(TYPES)}")
    return TaskType(type)


def name_of(file: Path) -> str:
    """What a task of one's own is called, after its file."""
    return re.sub(r"[^a-z0-9]+", "-", file.stem.casefold()).strip("-") or "mine"


def unknown_languages(said: Iterable[tuple[str, str]]) -> list[str]:
    """A mistake for every option whose language the catalogue does not have."""
    from xstilts.catalogue.language import get_language

    wrong = []
    for option, code in said:
        try:
            get_language(code)
        except Problem as problem:
            wrong.append(f"{option}: {problem}")
    return wrong


def pairs(option: str, given: list[str] | None) -> dict[str, str]:
    """``LEFT=RIGHT`` options as a table."""
    wrong = [f"{option} '{text}': write two names with = between them" for text in given or () if "=" not in text]
    if wrong:
        raise Problem(*wrong)
    # What is on the right may begin with a blank: heads of CSV files do.
    return {left.strip(): right for left, _, right in (text.partition("=") for text in given or ())}


def _may_write(folder: Path) -> None:
    from xstilts.jobs.handed import NAME

    if folder.exists() and not (folder / NAME).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise Problem(f"'{folder}' is there already and is no model of xstilts train: name another --output")


def _encoder(backbone: str) -> str:
    return str(Path(backbone).resolve()) if Path(backbone).is_dir() else backbone


def _rows(
    file: Path,
    kind: TaskType,
    columns: Mapping[str, str],
    validation: Path | None,
    tests: Mapping[str, Path],
    place: Path,
) -> tuple[dict[str, int], tuple[str, ...], bool]:
    """Put the rows into ``place``; how many each split has, their labels, whether they hold two texts.

    Raises ``Problem`` with all mistakes in them."""
    import pyarrow.parquet as pq

    from xstilts.data.held_out import cut, mistakes, named_labels, with_texts
    from xstilts.data.tables import open_table

    given = {"train": file, **({"validation": validation} if validation else {})}
    given |= {f"test.{code}": path for code, path in tests.items()}
    _readable(given.values(), kind, columns)
    tables = {split: open_table(path) for split, path in given.items()}
    labels = named_labels(tables["train"], kind, columns, file)
    tables = {split: with_texts(table, kind, columns, given[split]) for split, table in tables.items()}
    if wrong := [
        line
        for split, table in tables.items()
        for line in mistakes(table, kind, labels, columns, given[split], split.partition(".")[0])
    ]:
        raise Problem(*wrong)
    if validation is None:
        tables["train"], tables["validation"] = cut(tables["train"], kind, columns, file, 0)
    for split, table in tables.items():
        pq.write_table(table, place / f"{split}.parquet")
    pair = kind is TaskType.CLASSIFICATION and columns.get("text_b", "text_b") in tables["train"].column_names
    return {split: table.num_rows for split, table in tables.items()}, labels, pair


def _readable(paths: Iterable[Path], kind: TaskType, columns: Mapping[str, str]) -> None:
    """Raises ``Problem`` for files that are not there and roles that a type does not have."""
    from xstilts.data.tables import unreadable

    if wrong := [*filter(None, map(unreadable, paths)), *unknown_roles(kind, columns)]:
        raise Problem(*wrong)


def unknown_roles(kind: TaskType, columns: Mapping[str, str]) -> list[str]:
    """A mistake for every role in ``--column`` that a type does not have."""
    from xstilts.catalogue.task import ROLES

    known = ROLES[kind]
    return [
        f"--column '{role}': no role of {kind}{nearest(role, known) or '.'} roles: {', '.join(known)}"
        for role in columns
        if role not in known
    ]


def _task(asked: str, name: str, kind: TaskType, store: Path, data: Path | None) -> tuple[str, tuple[str, ...]]:
    """The intermediate task, empty for none, and why."""
    if asked == NONE:
        return "", ("No intermediate task was asked for.",)
    if asked != ADVISE:
        return asked, (f"The intermediate task {asked} was asked for.",)
    from xstilts.analysis.advice import advise
    from xstilts.analysis.trials import candidates
    from xstilts.catalogue.find import get_task
    from xstilts.cli.advise import PUBLISHED, gains_at_hand
    from xstilts.jobs.sources import open_source
    from xstilts.report.advice import WORTH, sentence
    from xstilts.study.protocols import Places

    measured = [trial for part in gains_at_hand(store).values() for trial in part]
    found = advise(measured, candidates(name, str(kind), PUBLISHED, measured))
    said = [f"Advice (predicted gains; xstilts advise --target {name} --type {kind}): {sentence(found)[0]}"]
    source = open_source(Places(data=str(data.resolve()) if data else None), fetch=False)
    for one in found:
        task = get_task(one.candidate.intermediate)
        if one.above(WORTH) < 0.5:
            break
        if source.languages(task, "train", (task.train_language,)):
            return task.name, (*said, f"Taken: {task.name}, the most promising whose rows are here or on the hub.")
        said.append(f"{task.name}: its rows are neither in the data folder nor on the hub.")
    return "", (*said, "Taken: none.")


def _study(aside: Path, place: Path, data: Path | None, store: Path, **said: Any) -> Opened:
    """Plan the study in ``aside``, beside its rows; only where that passes, move both to ``place`` and plan there."""
    from xstilts.cli.opened import opened
    from xstilts.study.own_study import Own, study_text

    path = place / f"{said['name']}.toml"
    (aside / path.name).write_text(study_text(Own(**said)), encoding="utf-8")
    try:
        opened(str(aside / path.name), None, store, data, fetch=True)
    except Problem as problem:
        here = (str(aside.resolve()), str(aside))
        lines = [line.replace(here[0], str(place)).replace(here[1], str(place)) for line in problem.problems]
        raise Problem(*lines) from None
    place.mkdir(exist_ok=True)
    for written in aside.iterdir():
        written.replace(place / written.name)
    found = opened(str(path), None, store, data, fetch=True)
    say(f"study: {path}")
    return found


def _do(found: Opened, workers: int | None, until: str | None) -> None:
    """Run what is missing; leaves with the exit code of a run that did not come to its end."""
    from xstilts.cli.opened import seconds_of
    from xstilts.cli.progress import failure_lines
    from xstilts.cli.running import again, carry_out

    summary = carry_out(found, workers=workers, until=seconds_of(until))
    for line in failure_lines((found.plan.labels[key], reason) for key, reason in summary.failed.items()):
        say(line)
    if summary.failed or summary.left:
        say(f"No model was written; what is finished is kept. To go on: {again()}")
        raise typer.Exit(1 if summary.failed else 0)


def _tell(card: Card, folder: Path) -> None:
    from xstilts.report.card import sections, useless
    from xstilts.report.terminal import show_section

    for section in sections(card):
        show_section(section, sys.stdout)
    say(card.why[-1])
    for line in useless(card).values():
        put(line)
    put(f"model   {folder}")
    say(f"next: xstilts predict {shlex.quote(str(folder))} FILE --output predictions.csv")
