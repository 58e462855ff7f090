"""Commands about a study: ``demo``, ``run``, ``status``, ``results``.

In: a study's name or file and options. Out: finished jobs in the store, tables on standard output.
"""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xstilts.catalogue.errors import Problem, nearest, of_the_disk
from xstilts.catalogue.sealed import replace
from xstilts.cli.backends import HERE, AddressOption, BackendOption, ClusterOption, Where, where_of
from xstilts.cli.frame import (
    STORE,
    DataOption,
    JsonOption,
    LevelOption,
    StoreOption,
    StudyArgument,
    TraitsOption,
    VariantOption,
    command,
    put,
    put_json,
    say,
)

if TYPE_CHECKING:
    import polars as pl

    from xstilts.analysis.section import Section
    from xstilts.cli.progress import Standing
    from xstilts.study.manifest import Plan
    from xstilts.study.run import Summary
    from xstilts.study.store import Store

FORMATS = ("table", "csv", "json", "parquet", "markdown")
TELLING = ("table", "markdown", "json")  # the forms of what an analysis tells
GROUPS = ("language", "family", "script", "target", "arm", "genus", "affixation")

WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers", min=1, help="Processes at once; default: one a core or GPU, as far as their memory is there."
    ),
]
PatienceOption = Annotated[
    str | None,
    typer.Option(help="End a worker without a sign of life for this long, and try again: 90m. Default: 1h."),
]
ProgressOption = Annotated[
    str, typer.Option("--progress", help="auto (live on a terminal), lines, json (a line an event), quiet.")
]
StreamOption = Annotated[
    list[str] | None,
    typer.Option("--stream", metavar="NAME=PLACE", help="Send curves and scores: tensorboard=DIR, wandb=DIR."),
]
UntilOption = Annotated[str | None, typer.Option("--until", help="Stop cleanly after this time: 45m, 2h, 1h30m.")]


@command("demo")
def demo(
    store: StoreOption = STORE,
    level: LevelOption = None,
    workers: WorkersOption = None,
    until: UntilOption = None,
    progress: ProgressOption = "auto",
) -> None:
    """The main job, offline, on constructed languages: the same as `xstilts run demo`."""
    _run("demo", level, None, store, None, workers, until, progress=progress)


@command("run")
def run(
    study: StudyArgument,
    level: LevelOption = None,
    variant: VariantOption = None,
    store: StoreOption = STORE,
    data: DataOption = None,
    backend: BackendOption = "local",
    address: AddressOption = None,
    cluster: ClusterOption = None,
    workers: WorkersOption = None,
    until: UntilOption = None,
    patience: PatienceOption = None,
    progress: ProgressOption = "auto",
    stream: StreamOption = None,
) -> None:
    """Plan a study, do what is missing, print the gains.

    For example: xstilts run my-study.toml --level quick --until 45m
    """
    where = where_of(backend, address, cluster)
    _run(study, level, variant, store, data, workers, until, patience, progress, stream or (), where)


def _run(
    study: str,
    level: str | None,
    variant: str | None,
    store: Path,
    data: Path | None,
    workers: int | None,
    until: str | None,
    patience: str | None = None,
    progress: str = "auto",
    streams: Sequence[str] = (),
    where: Where = HERE,
) -> None:
    from xstilts.cli.opened import opened, seconds_of
    from xstilts.cli.running import carry_out

    # A wrong one is told before anything is fetched.
    ends, waits = seconds_of(until), seconds_of(patience, "--patience")
    found = opened(study, level, store, data, variant=variant, fetch=True)
    summary = carry_out(
        found, where=where, workers=workers, until=ends, patience=waits, progress=progress, streams=streams
    )
    kept = _show(found.plan, found.store)
    if progress != "json":
        _tell(found.plan, summary, progress == "quiet")
    raise typer.Exit(summary.exit_code or int(not kept))


def _show(plan: Plan, store: Store) -> bool:
    """The report of a study as it stands, on standard output, and its table as a file in the store; whether that file
    could be written."""
    from xstilts.analysis.table import of_store
    from xstilts.report.terminal import show

    frame = of_store(plan, store)
    show(frame, sys.stdout, f"{plan.name}: {plan.question}", closing(plan, store), more(plan, store), caution(plan))
    try:
        replace(table_path(plan, store), _as_bytes(frame, "parquet"), synced=False)
    except OSError as error:
        if (trouble := of_the_disk(error)) is None:
            raise
        say(f"the table of the results was not written: {trouble}")
        return False
    return True


def caution(plan: Plan) -> str:
    """That no verdict can come of so few seeds, by the study's own rule; empty where there are enough."""
    from xstilts.analysis.section import counted
    from xstilts.study.evidence import Evidence

    seeds, wanted = len({cell.seed for cell in plan.cells}), Evidence.model_validate(plan.evidence).seeds
    if seeds >= wanted:
        return ""
    here = f"{counted(seeds, 'seed')}, and a verdict needs {wanted}"
    if plan.level in ("ci", "quick"):
        return f"Level {plan.level} only shows that it works: {here}."
    return f"Level {plan.level} decides nothing: {here}."


def more(plan: Plan, store: Store) -> list[Section]:
    """Sections that say what the table does not."""
    from xstilts.report.overlap import excluded_section, overlap_section
    from xstilts.report.rates import rates_section

    return [rates_section(plan, store), overlap_section(plan.overlaps), excluded_section(plan)]


def _tell(plan: Plan, summary: Summary, quiet: bool) -> None:
    """How a run ended, on standard error; ``quiet``: only where something is left or has failed."""
    from xstilts.cli.progress import duration, failure_lines
    from xstilts.cli.running import again

    if quiet and not summary.failed and not summary.left:
        return
    say(f"{summary.done} jobs done in {duration(summary.seconds)}, {summary.reused} were there before.")
    for line in failure_lines((plan.labels[key], reason) for key, reason in summary.failed.items()):
        say(line)
    if summary.blocked:
        say(f"{len(summary.blocked)} more jobs need a failed one and were not started.")
    if summary.failed:
        say(f"The rest is kept. To try again: {again()}")
    elif summary.left:
        say(f"Stopped in time; {summary.left} jobs are left. To go on: {again()}")


def table_path(plan: Plan, store: Store) -> Path:
    """Where the results table of a study is kept."""
    return store.root / "studies" / f"{plan.name}.parquet"


def closing(plan: Plan, store: Store) -> list[str]:
    """Where results, predictions and weights lie, and what to run next."""
    from xstilts.study.job import Score

    lines = [
        f"results table   {table_path(plan, store)}",
        f"plan            {store.root / 'studies' / f'{plan.name}.json'}",
    ]
    done = next((cell for cell in reversed(plan.cells) if store.has(cell.score)), None)
    if done is not None:
        score = plan.jobs[done.score]
        assert isinstance(score, Score)
        what = f"{done.target}, {done.language}, {done.arm}, seed {done.seed}"
        lines.append(f"one score       {store.folder(done.score)}  ({what})")
        lines.append(f"its predictions {store.folder(score.prediction)}")
        if done.model and store.has(done.model):
            lines.append(f"its weights     {store.folder(done.model) / 'model'}")
        lines.append("every other score's key is in the column `job` of the results table.")
        lines.append(f"cost            {_cost(plan, store)}; by phase in its report")
    where = "" if store.root == STORE else f" --store {shlex.quote(str(store.root))}"
    lines += [
        "",
        f"next: xstilts results {plan.name} --group language{where}",
        f"      xstilts report {plan.name}{where}",
        "      xstilts init          a study of your own",
    ]
    return lines


def _cost(plan: Plan, store: Store) -> str:
    """What the finished jobs took, and what was foreseen where this machine was calibrated."""
    from xstilts.cli.machine import rates
    from xstilts.report.costs import costs, in_brief

    return in_brief(costs(plan, store.records(plan.jobs), rates()))


@command("status")
def status(
    study: StudyArgument,
    level: LevelOption = None,
    variant: VariantOption = None,
    store: StoreOption = STORE,
    watch: Annotated[bool, typer.Option("--watch", help="Look again every two seconds until nothing is left.")] = False,
    json: JsonOption = False,
) -> None:
    """Where a study stands: done, running, failed, to do, time left."""
    from xstilts.cli.opened import remembered
    from xstilts.cli.progress import standing

    planned, place = remembered(study, level, store, variant=variant)
    while True:
        now = standing(planned, place)
        if json:
            put_json(_standing_json(planned, now))
        else:
            clear = "\033[2J\033[H" if watch and sys.stdout.isatty() else ""
            put(clear + _standing_text(planned, now))
        if not watch or now.finished:
            return
        time.sleep(2.0)


def _standing_json(plan: Plan, now: Standing) -> dict[str, Any]:
    return {
        "study": plan.name,
        "jobs": {kind: dict(counts) for kind, counts in now.counts.items()},
        "running": list(now.running),
        "failures": [{"job": label, "reason": reason} for label, reason in now.failures],
        "share": now.share,
        "seconds_left": now.left,
        "finished": now.finished,
    }


def _standing_text(plan: Plan, now: Standing) -> str:
    from xstilts.cli.progress import KINDS, duration, failure_lines

    lines = [f"{plan.name}: {now.total('done')} of {len(plan.jobs)} jobs done, {now.share:.0%} of the foreseen time"]
    for kind, counts in now.counts.items():
        more = "".join(f", {counts[word]} {word}" for word in ("running", "failed", "blocked") if counts[word])
        lines.append(f"  {KINDS[kind]:<22}{counts['done']:>6} of {counts.total()}{more}")
    lines += [f"running: {line}" for line in now.running]
    lines += failure_lines(now.failures)
    if now.running:
        lines.append(f"time left: about {duration(now.left)}")
    elif not now.finished:
        lines.append("nothing is running: xstilts run goes on where it stopped")
    return "\n".join(lines)


@command("results")
def results(
    study: StudyArgument,
    level: LevelOption = None,
    variant: VariantOption = None,
    store: StoreOption = STORE,
    format: Annotated[str, typer.Option("--format", help=", ".join(FORMATS))] = "table",
    group: Annotated[str | None, typer.Option("--group", help="Sum up by " + ", ".join(GROUPS))] = None,
    analysis: Annotated[
        list[str] | None,
        typer.Option("--analysis", help="Only what this analysis tells; may be repeated. See: xstilts analyses."),
    ] = None,
    traits: TraitsOption = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file instead of standard output.")] = None,
) -> None:
    """The results table of a study: every score with what it takes to judge it."""
    from xstilts.analysis.gains import grouped
    from xstilts.analysis.table import of_store, with_own_trait, with_traits
    from xstilts.catalogue.traits import read_traits
    from xstilts.cli.analysed import analysed, written
    from xstilts.cli.opened import remembered

    own = read_traits(traits) if traits else {}
    _known("--format", format, FORMATS)
    if group is not None:
        _known("--group", group, (*GROUPS, *next(iter(own.values()), ())))
    if analysis:
        _check_analyses(analysis, format, group)
    planned, place = remembered(study, level, store, variant=variant)
    frame = of_store(planned, place)
    if analysis:
        told = analysed(planned, place, frame, analysis, own)
        _write(written(planned.name, frame, told, format).encode(), output)
        return
    if group is not None and group not in frame.columns:
        given = {code: values.get(group, "") for code, values in own.items()}
        frame = with_traits(frame) if group in GROUPS else with_own_trait(frame, group, given)
    if format in ("table", "markdown"):
        _write(_as_text(planned, place, frame, format, group).encode(), output)
        return
    chosen = grouped(frame, group) if group else frame
    _write(_as_bytes(chosen, format), output)


def _check_analyses(asked: list[str], format: str, group: str | None) -> None:
    from xstilts.analysis.named import mistakes

    wrong = mistakes(asked, "--analysis")
    if group is not None:
        wrong.append("--analysis and --group exclude each other: keep one")
    if format not in TELLING:
        wrong.append(f"--analysis has no form '{format}' (known: {', '.join(TELLING)})")
    if wrong:
        raise Problem(*wrong)


def _as_text(plan: Plan, store: Store, frame: pl.DataFrame, format: str, group: str | None) -> str:
    from io import StringIO

    from xstilts.cli.report import note_of
    from xstilts.report import markdown, sections, terminal

    if format == "markdown" and group is None:
        return markdown.page(note_of(plan, store))
    if format == "markdown":
        return markdown.table(sections.grouped(frame, str(group))) + "\n"
    text = StringIO()
    if group is None:
        terminal.show(
            frame, text, f"{plan.name}: {plan.question}", closing(plan, store), more(plan, store), caution(plan)
        )
    else:
        if sections.constructed(frame):
            text.write(f"{sections.CONSTRUCTED}\n")
        terminal.show_section(sections.grouped(frame, group), text)
    return text.getvalue()


def _as_bytes(frame: pl.DataFrame, format: str) -> bytes:
    from io import BytesIO

    buffer = BytesIO()
    if format == "csv":
        frame.write_csv(buffer)
    elif format == "parquet":
        frame.write_parquet(buffer)
    else:
        import json

        buffer.write(json.dumps(frame.to_dicts(), indent=1, ensure_ascii=False).encode() + b"\n")
    return buffer.getvalue()


def _write(content: bytes, output: Path | None) -> None:
    if output is not None:
        output.write_bytes(content)
        say(f"written: {output}")
        return
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _known(option: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise Problem(f"{option} '{value}' is unknown{nearest(value, known)} (known: {', '.join(known)})")
