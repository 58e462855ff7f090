"""How a study was done: arms, targets, encoders, settings, data, versions, what is needed to do it again.

In: a plan, the records of its finished jobs, its table. Out: ``Section`` values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any

import polars as pl

from xstilts.analysis import gains
from xstilts.analysis.section import Section
from xstilts.analysis.table import baseline_of
from xstilts.catalogue.errors import Problem
from xstilts.catalogue.find import shipped
from xstilts.study.identity import PACKAGE
from xstilts.study.job import Embed, Key, Predict, Probe, Rows, Score, Settings, Start, Train
from xstilts.study.manifest import Cell, Plan
from xstilts.study.store import Store

Records = Mapping[Key, Mapping[str, Any]]  # of finished jobs
_SHOWN = ("updates", "batch", "learning_rate", "max_length", "warmup", "dropout", "precision")


def arms(plan: Plan, frame: pl.DataFrame) -> Section:
    """What each arm does before the target phase."""
    nothing = baseline_of(plan)
    rows: dict[str, tuple[str, ...]] = {}
    pairs = set(frame.filter(pl.col("self_pair"))["arm"])
    instead = _instead(plan)
    for cell in plan.cells:
        name = gains.BASELINE if cell.arm == nothing else cell.arm
        what, more = instead.get(cell.arm, ("nothing", 0))
        rows.setdefault(
            name,
            (
                name,
                "+".join(cell.intermediate) or what,
                cell.intermediate_languages or "",
                "has self-pairs" if name in pairs else "",
                f"{cell.intermediate_examples:,}" if cell.intermediate_examples else "",
                f"{more + sum(_updates(plan, key, 'intermediate') for key in cell.trainings):,}",
            ),
        )
    return Section(
        "Arms",
        ("arm", "intermediate tasks", "languages", "mark", "examples", "updates"),
        tuple(rows.values()),
        4,
        (
            "languages: of the labelled intermediate rows. updates: of the intermediate phase, or as many more on the "
            "target (the most, where targets differ).",
        ),
    )


def _instead(plan: Plan) -> dict[str, tuple[str, int]]:
    """What arms without an intermediate task do other than the baseline, and how many more updates on a target."""
    found: dict[str, tuple[str, int]] = {}
    cells = {cell.score: cell for cell in plan.cells}
    for cell in plan.cells:
        base = cells.get(cell.baseline or "")
        if base is None or base is cell or cell.intermediate:
            continue
        mine, its = _target(plan, cell), _target(plan, base)
        if mine is None or its is None:
            continue
        more = mine.settings.updates - its.settings.updates
        if mine.start != its.start:
            found[cell.arm] = "a ready checkpoint", 0
        elif mine.shares == its.shares and more > found.get(cell.arm, ("", 0))[1]:
            found[cell.arm] = "more updates on the target itself", more
    return found


def _target(plan: Plan, cell: Cell) -> Train | None:
    """The target phase of a cell, None where nothing was trained."""
    trained = (plan.jobs[key] for key in cell.trainings)
    return next((job for job in trained if isinstance(job, Train) and job.phase == "target"), None)


def _updates(plan: Plan, key: Key, phase: str) -> int:
    job = plan.jobs[key]
    return job.settings.updates if isinstance(job, Train) and job.phase == phase else 0


def targets(plan: Plan, frame: pl.DataFrame) -> Section:
    """What is scored, by which metric, on how many languages and examples."""
    rows = []
    scored = frame.group_by("target", "task_type", "metric", "protocol", "split", maintain_order=True).agg(
        pl.col("language").n_unique().alias("languages"),
        pl.col("examples").min().alias("least"),
        pl.col("examples").max().alias("most"),
    )
    for row in scored.iter_rows(named=True):
        least, most = row["least"] or 0, row["most"] or 0
        examples = f"{most:,}" if least == most else f"{least:,} to {most:,}"
        stands = str(plan.tasks.get(row["target"], {}).get("in_place_of", "") or _task(row["target"], "in_place_of"))
        rows.append(
            (
                row["target"],
                row["task_type"],
                row["metric"],
                row["protocol"] or "",
                row["split"],
                stands,
                str(row["languages"]),
                examples,
            )
        )
    return Section(
        "Targets",
        ("target", "type", "metric", "protocol", "split", "in place of", "languages", "examples a language"),
        tuple(rows),
        6,
    )


def _task(name: str, field: str) -> str:
    return str(getattr(shipped().get(name), field, "") or "")


def backbones(plan: Plan, frame: pl.DataFrame) -> Section:
    """The encoders, and which ready ones they are or come from."""
    origins: dict[str, dict[Start, None]] = {}
    nothing = baseline_of(plan)
    for cell in sorted(plan.cells, key=lambda cell: cell.arm != nothing):
        if cell.backbone not in origins:
            origins[cell.backbone] = dict.fromkeys(_ready(plan, cell.score))
    rows = []
    for (name,), its in frame.group_by(["backbone"], maintain_order=True):
        total, body = its["parameters_total"].max(), its["parameters_nonembedding"].max()
        starts = origins.get(str(name), {})
        where = ", ".join(_plainly(plan.backbones.get(str(one.backbone), str(one.backbone))) for one in starts)
        which = ", ".join(_digits(one.checksum or "") for one in starts)
        rows.append((str(name), where, which, _count(total), _count(body)))
    return Section(
        "Encoders",
        ("encoder", "from", "checksum", "weights", "without embeddings"),
        tuple(rows),
        3,
        (
            "from: the name of a ready encoder, or the last parts of its folder; empty where it was made in this "
            "study. checksum: the first digits of the hub's commit, or of the SHA-256 of the folder's weights, "
            "configuration and tokenizer; part of every key.",
        ),
    )


def _ready(plan: Plan, key: Key) -> Iterator[Start]:
    """The ready encoders that are at the beginning of a job, through all that it needs."""
    waiting, seen = [key], {key}
    while waiting:
        job = plan.jobs[waiting.pop()]
        start = job.start if isinstance(job, Train | Predict | Probe) else None
        if start is not None and start.backbone:
            yield start
        new = [one for one in job.inputs if one not in seen and one in plan.jobs]
        seen.update(new)
        waiting += new


def _plainly(where: str) -> str:
    """A hub name or a package's folder as it is, the last two parts of another folder's path."""
    if where.startswith(PACKAGE) or (where.count("/") <= 1 and not where.startswith((".", "/", "~"))):
        return where
    return "/".join(where.rstrip("/").split("/")[-2:])


def _digits(checksum: str) -> str:
    """``sha256:0123456789ab``, of a longer one."""
    kind, _, digits = checksum.partition(":")
    return f"{kind}:{digits[:12]}"


def _count(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else ""


def settings(plan: Plan) -> Section:
    """Every different setting of a training, by phase and tasks."""
    search = plan.of_search()
    found: dict[tuple[str, ...], int] = {}
    default = {field.name: field.default for field in fields(Settings)}
    for key, job in plan.jobs.items():
        if not isinstance(job, Train) or key in search:
            continue
        values = asdict(job.settings)
        rate = "searched" if job.candidates else f"{job.settings.learning_rate:g}"
        more = [
            f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in values.items()
            if name not in _SHOWN and value != default[name]
        ]
        tasks = "+".join(share.task for share in job.shares)
        line = (job.phase, tasks, *(rate if name == "learning_rate" else _said(values[name]) for name in _SHOWN))
        found[(*line, ", ".join(more))] = found.get((*line, ", ".join(more)), 0) + 1
    rows = tuple((*line[:2], line[-1], *line[2:-1], str(count)) for line, count in found.items())
    return Section(
        "Settings of the trainings",
        ("phase", "tasks", "other settings", *(name.replace("_", " ") for name in _SHOWN), "trainings"),
        rows,
        3,
        ("batch: examples an update. warmup: share of the updates. Settings at their defaults are left out.",),
    )


def _said(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def data(plan: Plan) -> Section:
    """All rows that were read, with the checksum of their content."""
    found: dict[tuple[str, str, str], tuple[Rows, set[str]]] = {}
    for rows, role in _read(plan):
        found.setdefault((rows.task, rows.split, rows.language), (rows, set()))[1].add(role)
    return Section(
        "Data",
        ("task", "split", "language", "used to", "checksum", "rows"),
        tuple(
            (task, split, language, " and ".join(sorted(roles)), rows.checksum[:16], f"{rows.rows:,}")
            for (task, split, language), (rows, roles) in sorted(found.items())
        ),
        5,
        ("checksum: the first digits of the SHA-256 of the rows' files and of how they are read; part of every key.",),
    )


def _read(plan: Plan) -> Iterator[tuple[Rows, str]]:
    for job in plan.jobs.values():
        if isinstance(job, Train):
            for share in job.shares:
                yield from ((rows, "train") for rows in share.data)
        elif isinstance(job, Predict | Embed):
            yield job.data, "predict"
        elif isinstance(job, Score):
            yield job.data, "score"


def from_folder(plan: Plan, store: Store) -> bool:
    """Whether jobs were given a data folder, as the store says, and read rows that may lie in it: none of the
    constructed languages, none of files that the study names itself."""
    for key in plan.jobs:
        try:
            places = store.job(key)[1]
        except Problem:
            continue  # not begun
        if not places.data:
            continue
        own = {
            (name, split)
            for name, table in places.tasks.items()
            for split, files in table.get("splits", {}).items()
            if "path" in files
        }
        named = {(rows.task, rows.split) for rows, _ in _read(plan) if not rows.task.startswith("world/")}
        return bool(named - own)
    return False


def cut(plan: Plan) -> Section:
    """Sets of which only a part was trained on or scored."""
    rows: dict[tuple[str, str, str, str, str], list[str]] = {}
    for job in plan.jobs.values():
        if isinstance(job, Score) and job.examples and job.examples < job.data.rows:
            at = (job.task, job.data.split, "scored", f"{job.examples:,}", f"{job.data.rows:,}")
            rows.setdefault(at, []).append(job.data.language)
        elif isinstance(job, Train):
            for share in job.shares:
                whole = sum(part.rows for part in share.data)
                if share.examples and share.examples < whole:
                    at = (share.task, share.data[0].split, job.phase, f"{share.examples:,}", f"{whole:,}")
                    rows.setdefault(at, []).extend(part.language for part in share.data)
    told = (
        (task, split, use, _some(dict.fromkeys(codes)), part, whole)
        for (task, split, use, part, whole), codes in sorted(rows.items())
    )
    return Section(
        "Cut: sets of which only a part was used (rows)",
        ("task", "split", "use", "languages", "used", "of"),
        tuple(told),
        4,
        ("Scored: the first rows of the set. Trained on: drawn without replacement, alike for all seeds.",)
        if rows
        else ("Every set was used whole.",),
    )


def notes(plan: Plan) -> Section:
    """What the plan said of its data and settings: parts of official sets, other releases, what was assumed."""
    rows = tuple((note,) for note in plan.notes)
    return Section("What the plan noted", ("note",), rows, 1)


def _some(codes: Iterable[str]) -> str:
    found = list(codes)
    return " ".join(found) if len(found) <= 12 else f"{' '.join(found[:12])} and {len(found) - 12} more"


def versions(records: Records) -> Section:
    """The versions of what did the jobs."""
    found: dict[tuple[str, str], int] = {}
    for record in records.values():
        for name, version in record.get("versions", {}).items():
            found[name, str(version)] = found.get((name, str(version)), 0) + 1
    return Section(
        "Versions", ("package", "version", "jobs"), tuple((*at, f"{count:,}") for at, count in sorted(found.items())), 2
    )


def sources(plan: Plan) -> Section:
    """Where the data come from, with licence and citation, as the catalogue has them."""
    names = dict.fromkeys(rows.task for rows, _ in _read(plan))
    known = shipped()
    rows = tuple(
        (name, known[name].title, known[name].citation, known[name].licence)
        if name in known
        else (name, "a task of the study's own", "", "")
        for name in sorted(names)
    )
    return Section("Data sets", ("task", "title", "citation", "licence"), rows, 4)
