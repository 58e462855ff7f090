"""Commands about the data of tasks: ``data check``, ``data fetch``, ``data show``, ``data lock``.

In: names of tasks, of the catalogue or of a study's own. Out: where each comes from and whether it is whole; downloads
in the hub client's cache; examples; commits in the lock file of the store.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xstilts.catalogue.errors import Problem
from xstilts.cli.catalogue import put_table
from xstilts.cli.frame import (
    STORE,
    DataOption,
    JsonOption,
    LevelOption,
    StoreOption,
    VariantOption,
    app,
    command,
    put,
    put_json,
    say,
)

if TYPE_CHECKING:
    from xstilts.catalogue.task import Task
    from xstilts.jobs.sources import AllSources

group = typer.Typer(
    help="Where a task's data comes from, whether it is whole, what it looks like, which revision is read.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(group, name="data")

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="[TASK...]", help="Tasks; all where none is named. With --overlap, or a study."),
]
SomeNames = Annotated[list[str], typer.Argument(metavar="TASK...", help="Tasks.")]
StudyOption = Annotated[str | None, typer.Option("--study", help="A study whose own tasks are meant too.")]
SplitOption = Annotated[str | None, typer.Option("--split", help="Only train, validation or test.")]
LanguageOption = Annotated[list[str] | None, typer.Option("--language", help="Only this language; may be repeated.")]


@command("check", group)
def check(
    names: Names = None,
    online: Annotated[
        bool, typer.Option("--online", help="Ask the hub whether it has what the catalogue says; downloads no rows.")
    ] = False,
    overlap: Annotated[
        bool, typer.Option("--overlap", help="Compare all that a study, or the tasks, train on with all they score.")
    ] = False,
    exact: Annotated[bool, typer.Option("--exact", help="With --overlap: equal texts alone.")] = False,
    level: LevelOption = None,
    variant: VariantOption = None,
    study: StudyOption = None,
    data: DataOption = None,
    store: StoreOption = STORE,
    json: JsonOption = False,
) -> None:
    """Where each task's data comes from, whether it is whole, and what is both trained on and scored."""
    if overlap:
        _check_overlap(names, level, variant, study, data, store, exact, json)
        return
    if online:
        from xstilts.cli.online import check_online

        check_online(*_opened(names, study, None, store, online=True, fresh=True), json)
        return
    from dataclasses import asdict
    from itertools import groupby

    from xstilts.jobs.holdings import holdings, whole

    source, tasks = _opened(names, study, data, store, online=False)
    parts = [part for task in tasks for part in holdings(source, task)]
    sums = [whole(list(found)) for _, found in groupby(parts, key=lambda part: (part.task, part.split))]
    if json:
        put_json([asdict(part) for part in parts])
    else:
        stand_ins = {task.name: f"in place of {task.in_place_of}" for task in tasks if task.in_place_of}
        rows = [
            (
                one.task,
                one.split,
                " and ".join(one.places) or "-",
                f"{one.languages} of {one.catalogued}",
                one.size,
                "; ".join([*([stand_ins[one.task]] if one.task in stand_ins else []), *one.notes]),
            )
            for one in sums
        ]
        put_table(("task", "split", "from", "languages", "rows", "note"), rows)
    problems = [problem for one in sums for problem in one.problems]
    lacking = [one.task for one in sums if not one.places]
    to_get = [f"{task.name}: {task.to_get}" for task in tasks if task.to_get and task.name in lacking]
    for line in dict.fromkeys([*problems, *source.notes(tabled=not json), *to_get]):
        say(line)
    if problems:
        raise typer.Exit(1)


def _check_overlap(
    names: list[str] | None,
    level: str | None,
    variant: str | None,
    study: str | None,
    data: Path | None,
    store: Path,
    exact: bool,
    json: bool,
) -> None:
    from xstilts.cli.overlap import check_study, check_tasks, study_among

    if asked := study_among(names):
        check_study(asked, level, variant, data, store, exact, json)
    else:
        check_tasks(*_opened(names, study, data, store, online=False), exact, json)


@command("fetch", group)
def fetch(
    names: SomeNames,
    split: SplitOption = None,
    language: LanguageOption = None,
    study: StudyOption = None,
    data: DataOption = None,
    store: StoreOption = STORE,
) -> None:
    """Download what the data folder lacks, and lock its revision."""
    from xstilts.data.lock import NAME, write_lock

    source, tasks = _opened(names, study, data, store, online=True)
    failed: dict[str, None] = {}
    for task in tasks:
        for part, codes in _asked(task, split, language).items():
            for code in codes:
                try:
                    if not (place := source.place_of(task, part, code)):
                        reasons = source.refusals(task, part) or [
                            f"{task.name} ({part}, {code}): {task.to_get or 'on no hub, in no folder'}"
                        ]
                        failed.update(dict.fromkeys(reasons))
                        continue
                    rows = source.rows(task, part, code)
                    put(f"{task.name}  {part}  {code}  {rows.rows:,} rows  {place}")
                except Problem as problem:
                    failed.update(dict.fromkeys(problem.problems))
    if source.hub.taken and write_lock(store / NAME, source.hub.taken):
        say(f"locked: {store / NAME}")
    for line in source.said_once(list(dict.fromkeys([*failed, *source.notes()]))):
        say(line)
    if failed:
        raise typer.Exit(1)


@command("show", group)
def show(
    name: Annotated[str, typer.Argument(metavar="TASK", help="A task.")],
    split: SplitOption = None,
    language: LanguageOption = None,
    count: Annotated[int, typer.Option("-n", min=1, help="How many examples.")] = 3,
    study: StudyOption = None,
    data: DataOption = None,
    store: StoreOption = STORE,
    json: JsonOption = False,
) -> None:
    """What examples of a task look like, where they come from and in which revision."""
    from itertools import islice

    from xstilts.jobs.holdings import holding

    source, (task,) = _opened([name], study, data, store, online=True)
    shown: list[dict[str, Any]] = []
    for part, codes in _asked(task, split, language).items():
        near = dict.fromkeys([*source.folder.languages(task, part, codes), *codes])
        here = (code for code in near if source.place_of(task, part, code))
        for code in here if language else islice(here, 1):
            found = holding(source, task, part, code)
            if found.problem:
                raise Problem(*found.problem.split("\n"))
            rows = source.read(source.rows(task, part, code)).slice(0, count).to_pylist()
            shown.append(
                {**vars(found), "labels": dict(found.labels), "examples": [_readable(task, row) for row in rows]}
            )
    if not shown:
        lacking = f"no data of '{name}' here: {task.to_get or f'see xstilts data check {name}'}"
        raise Problem(*(source.notes() or [lacking]))
    if json:
        put_json(shown)
        return
    put(f"{task.name}: {task.title}\nlicence: {task.licence or 'not stated'}")
    if task.in_place_of:
        put(f"in place of: {task.in_place_of}")
    for one in shown:
        less = one["official"] and one["official"] != one["rows"]
        size = f"{one['rows']:,}" + (f" of {one['official']:,}" if less else "")
        revision = f", revision {one['revision'][:10]}" if one["revision"] else ""
        put(f"\n{one['split']} in {one['language']}: {size} rows, from the {one['place']}{revision}")
        for row in one["examples"]:
            put("")
            for role, value in row.items():
                if value is not None:
                    put(f"  {role:<14}{value}")
    for line in source.notes():
        say(line)


@command("lock", group)
def lock(
    names: SomeNames,
    study: StudyOption = None,
    store: StoreOption = STORE,
    json: JsonOption = False,
) -> None:
    """Lock the newest revision of each data set of the hub that a task names; says what changed."""
    from xstilts.data.lock import NAME, read_lock, write_lock
    from xstilts.jobs.holdings import on_hub

    source, tasks = _opened(names, study, None, store, online=True, fresh=True)
    known = read_lock(store / NAME)
    newest: dict[str, str] = {}
    for task in tasks:
        if not on_hub(task):
            raise Problem(f"'{task.name}' names no data set of a hub: there is nothing to lock")
        for split in task.splits:
            newest |= source.hub.newest_of(task, split)
    if not newest:
        raise Problem(*(source.notes() or [f"the hub has none of the files of {', '.join(names)}"]))
    write_lock(store / NAME, newest)
    if json:
        put_json({name: {"before": known.get(name), "now": commit} for name, commit in newest.items()})
        return
    before = {name: known.get(name, "") for name in newest}
    rows = [
        (name, commit[:10], "as before" if before[name] == commit else before[name][:10] or "not locked")
        for name, commit in newest.items()
    ]
    put_table(("data set", "now", "before"), rows)
    say(f"locked: {store / NAME}")


def _opened(
    names: list[str] | None, study: str | None, data: Path | None, store: Path, online: bool, fresh: bool = False
) -> tuple[AllSources, list[Task]]:
    """The sources, and the tasks that are meant. Raises ``Problem`` for every name that is no task."""
    from xstilts.catalogue.find import tasks as known
    from xstilts.data.lock import NAME, read_lock
    from xstilts.jobs.sources import open_source
    from xstilts.study.protocols import Places
    from xstilts.study.spec import find, load

    if data is not None and not data.is_dir():
        raise Problem(f"no data folder '{data}': check --data or XSTILTS_DATA")
    asked = load(study) if study else None
    places = Places(
        data=str(data.resolve()) if data else None,
        world=asked.world if asked else {},
        tasks=asked.tasks if asked else {},
        languages=asked.own_languages if asked else {},
        base=str(find(study).resolve().parent) if study else None,
        revisions={} if fresh else read_lock(store / NAME),
    )
    source = open_source(places, online=online, fresh=fresh)
    wanted = names or [*places.tasks, *known()]
    wrong: list[str] = []
    tasks: list[Task] = []
    for name in wanted:
        try:
            tasks.append(source.task(name))
        except Problem as problem:
            wrong += problem.problems
    if wrong:
        raise Problem(*wrong)
    return source, tasks


def _asked(task: Task, split: str | None, languages: list[str] | None) -> dict[str, list[str]]:
    """Splits and languages that are meant. Raises ``Problem`` where the task has none of them."""
    from xstilts.data.source import check_asked

    if split:
        check_asked(task, split, next(iter(task.languages_of(split)), ""))
    splits = [split] if split else list(task.splits)
    known = dict.fromkeys(code for part in splits for code in task.languages_of(part))
    if wrong := [code for code in languages or () if code not in known]:
        raise Problem(f"'{task.name}' has no data in {', '.join(wrong)}; it has: {' '.join(known)}")
    return {part: [code for code in task.languages_of(part) if code in (languages or [code])] for part in splits}


def _readable(task: Task, row: dict[str, Any]) -> dict[str, Any]:
    """An example with the names of its labels."""
    named = dict(row)
    if task.labels and isinstance(row.get("label"), int):
        named["label"] = task.labels[row["label"]] if row["label"] >= 0 else "unknown"
    if task.labels and isinstance(row.get("tags"), list):
        named["tags"] = [task.labels[tag] for tag in row["tags"]]
    return named
