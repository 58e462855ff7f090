"""A study's predictions as a benchmark's folders, so that its leaderboard and ``xstilts score`` can read them.

In: a plan, its store, its rows, a benchmark. Out: a folder with ``references/`` and, for each system (backbone, arm,
seed), ``predictions/BACKBONE/ARM/SEED/``, and what is not whole. Torch is not imported here.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from xstilts.catalogue.benchmark import Benchmark, Scored
from xstilts.catalogue.errors import Problem
from xstilts.jobs.keep import kept
from xstilts.jobs.sources import AllSources
from xstilts.jobs.stored import gold_of
from xstilts.metrics.benchmark.write import texts_of
from xstilts.study.job import Predict, Score
from xstilts.study.manifest import Cell, Plan
from xstilts.study.store import Store

REFERENCES, SYSTEMS = "references", "predictions"
SHOWN = 40  # missing languages named one by one


@dataclass(frozen=True)
class Exported:
    """The systems' folders, inside the export, and what its reader should know."""

    systems: tuple[Path, ...]
    notes: tuple[str, ...]


def export(plan: Plan, store: Store, source: AllSources, benchmark: Benchmark, place: Path) -> Exported:
    """Write every finished score of ``plan`` whose task and language the benchmark has; ``place`` appears whole.

    Raises ``Problem`` if ``place`` is there already, or if there is nothing to write.
    """
    if place.exists():
        raise Problem(f"{place} is there already: name another folder, or take it away")
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    try:
        systems, notes = _write(plan, store, source, benchmark, aside)
        aside.chmod(0o755)
        aside.rename(place)
    except BaseException:
        shutil.rmtree(aside)
        raise
    return Exported(tuple(place / system for system in systems), notes)


def _write(
    plan: Plan, store: Store, source: AllSources, benchmark: Benchmark, aside: Path
) -> tuple[list[Path], tuple[str, ...]]:
    systems: dict[Path, None] = {}
    held: dict[str, dict[str, str]] = {}  # by task and language: how much of the set, "" for all of it
    otherwise: dict[str, None] = {}  # tasks whose predictions answer another question than the benchmark's
    foreign: dict[str, None] = {}  # targets that the benchmark does not have
    unfinished = 0
    for cell in plan.cells:
        task = benchmark.task(cell.target)
        if task is None:
            foreign[cell.target] = None
            continue
        if cell.language not in task.everywhere:
            continue
        if cell.split != source.task(cell.target).evaluation_split:
            continue
        if _search_of(plan, cell) in ("source", "paired"):
            otherwise[task.name] = None
            continue
        if not store.has(cell.score):
            unfinished += 1
            continue
        system = Path(SYSTEMS) / system_of(cell)
        _write_cell(plan, cell, task, store, source, aside, system)
        systems[system] = None
        held.setdefault(task.name, {})[cell.language] = _part(_score_of(plan, cell))
    if not systems:
        more = f"; {unfinished} scores are not finished yet" if unfinished else ""
        raise Problem(f"{plan.name} has no finished score of {benchmark.title}'s tasks in its languages{more}")
    asked = [f"{name} is left out: the study's protocol lets other sentences ask" for name in otherwise]
    if foreign:
        more = "" if benchmark.name == "catalogue" else "; --benchmark catalogue has every task of the catalogue"
        asked.append(f"no tasks of {benchmark.title}, left out: {', '.join(foreign)}{more}")
    return list(systems), (*_notes(benchmark, held, unfinished), *asked)


def _write_cell(
    plan: Plan, cell: Cell, task: Scored, store: Store, source: AllSources, aside: Path, system: Path
) -> None:
    work = _score_of(plan, cell)
    gold = gold_of(work, source)
    predicted, _ = kept(work, store, source)
    own = source.task(cell.target).labels
    texts = texts_of(task, gold, predicted, own, work.labels[len(own) :])
    for folder, text in zip((Path(REFERENCES), system), texts, strict=True):
        path = aside / folder / task.file(cell.language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def system_of(cell: Cell) -> Path:
    """``BACKBONE/ARM/SEED``, with the drawing of its intermediate examples where that is not the first."""
    subset = f"-subset{cell.subset_seed}" if cell.subset_seed else ""
    return Path(*(_as_folder(name) for name in (cell.backbone, cell.arm, f"seed{cell.seed}{subset}")))


def _as_folder(name: str) -> str:
    """``name`` as one folder's name: different names stay different, and none leads elsewhere."""
    return quote(name, safe=" ") if name.strip(".") else name.replace(".", "%2E")


def _score_of(plan: Plan, cell: Cell) -> Score:
    work = plan.jobs[cell.score]
    if not isinstance(work, Score):
        raise Problem(f"the plan's job {cell.score} is no score: plan the study again")
    return work


def _search_of(plan: Plan, cell: Cell) -> str:
    """Which sentences ask in the prediction of ``cell``, where sentences find one another."""
    predict = plan.jobs[_score_of(plan, cell).prediction]
    return predict.search.queries if isinstance(predict, Predict) else ""


def _part(work: Score) -> str:
    """``2,000 of 5,010`` examples, nothing where all are scored."""
    whole = work.examples is None or work.examples >= work.data.rows
    return "" if whole else f"{work.examples:,} of {work.data.rows:,}"


def _notes(benchmark: Benchmark, held: dict[str, dict[str, str]], unfinished: int) -> list[str]:
    notes = []
    if unfinished:
        notes.append(f"{unfinished} scores are not finished yet and are left out")
    if benchmark.groups and (absent := [task.name for task in benchmark.tasks if task.name not in held]):
        notes.append(f"not in this study: {', '.join(absent)}")
    for task in benchmark.tasks:
        if (parts := held.get(task.name)) is None:
            continue
        if missing := [language for language in task.languages if language not in parts]:
            shown = " ".join(missing[:SHOWN]) + (f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else "")
            notes.append(f"{task.name}: {len(missing)} of {len(task.languages)} languages are missing: {shown}")
        if cut := [f"{language} {part}" for language, part in parts.items() if part]:
            notes.append(f"{task.name}: only the first examples of the set in {len(cut)} languages, such as {cut[0]}")
    return notes
