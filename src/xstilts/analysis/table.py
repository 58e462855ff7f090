"""The results table: one row a score, with every column that a reader needs to judge it.

In: a study's plan and the store. Out: a polars frame with exactly ``COLUMNS``. Cells without a score stay in the table
with their status, so that nothing that is missing looks as if it had never been asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import polars as pl

from xstilts.analysis.gains import BASELINE, paired
from xstilts.catalogue.language import languages
from xstilts.study.job import Key, Train
from xstilts.study.manifest import Cell, Plan
from xstilts.study.store import Store

# What the store keeps of a finished job, or None where it is not finished.
Records = Callable[[Key], Mapping[str, Any] | None]

COLUMNS: Mapping[str, Any] = {
    "study": pl.String,
    "backbone": pl.String,
    "parameters_total": pl.Int64,
    "parameters_nonembedding": pl.Int64,
    "arm": pl.String,
    "intermediate": pl.String,
    "intermediate_examples": pl.Int64,
    "intermediate_languages": pl.String,
    "updates": pl.Int64,
    "tokens": pl.Int64,
    "target": pl.String,
    "task_type": pl.String,
    "language": pl.String,
    "family": pl.String,
    "script": pl.String,
    "split": pl.String,
    "metric": pl.String,
    "protocol": pl.String,
    "score": pl.Float64,
    "floor": pl.Float64,
    "baseline": pl.Float64,
    "gain": pl.Float64,
    "examples": pl.Int64,
    "seed": pl.Int64,
    "subset_seed": pl.Int64,
    "learning_rate": pl.Float64,
    "status": pl.String,
    "self_pair": pl.Boolean,
    "seen": pl.String,
    "job": pl.String,
}


def of_store(plan: Plan, store: Store) -> pl.DataFrame:
    """The table of ``plan`` with what ``store`` holds now."""

    record = cache(store.finished)
    return results(plan, record, [key for key in plan.jobs if record(key) is None and store.failure(key) is not None])


def results(plan: Plan, records: Records, failed: Iterable[Key] = ()) -> pl.DataFrame:
    """The table of ``plan``: ``records`` gives what finished jobs left, ``failed`` names the jobs that did not end
    well.

    The arm that does nothing is called ``baseline`` here, whatever the study calls it. ``updates`` and ``tokens`` are
    those of the intermediate and target phases together; ``tokens`` as they were counted, as planned where a training
    has not been done yet or did not count them. ``learning_rate`` is that of the last training, empty where it is still
    to be chosen.
    """
    return frame(_rows(plan, records, set(failed)))


def _rows(plan: Plan, records: Records, failed: set[Key]) -> Iterator[dict[str, Any]]:
    lost = failed | plan.after(failed)
    nothing = baseline_of(plan)
    for cell in plan.cells:
        score = records(cell.score) or {}
        model = (records(cell.trainings[-1] if cell.trainings else cell.model) if cell.model else None) or {}
        yield {
            "study": plan.name,
            "backbone": cell.backbone,
            "parameters_total": model.get("parameters_total"),
            "parameters_nonembedding": model.get("parameters_nonembedding"),
            "arm": BASELINE if cell.arm == nothing else cell.arm,
            "intermediate": "+".join(cell.intermediate),
            "intermediate_examples": cell.intermediate_examples,
            "intermediate_languages": cell.intermediate_languages,
            "updates": cell.updates,
            "tokens": _tokens(plan, cell, records),
            "target": cell.target,
            "task_type": cell.task_type,
            "language": cell.language,
            **_place(plan, cell.language),
            "split": cell.split,
            "metric": cell.metric,
            "protocol": cell.protocol,
            "score": score.get("score"),
            "floor": (records(cell.floor) or {}).get("score"),
            "examples": score.get("examples", cell.examples),
            "seed": cell.seed,
            "subset_seed": cell.subset_seed,
            "learning_rate": _rate(plan, cell, model),
            "status": _status(score, cell.score in lost),
            "self_pair": cell.self_pair,
            "seen": cell.seen,
            "job": cell.score,
        }


def _status(score: Mapping[str, Any], lost: bool) -> str:
    """``collapsed``: there is a score, of predictions that are all the same."""
    if score:
        return "collapsed" if score.get("collapsed") else "done"
    return "failed" if lost else "to do"


def _rate(plan: Plan, cell: Cell, model: Mapping[str, Any]) -> float | None:
    """The learning rate of the training that predicts, or the one that was chosen for it."""
    job = plan.jobs.get(cell.model) if cell.model else None
    if not isinstance(job, Train):
        return None
    return model.get("learning_rate") if job.candidates else job.settings.learning_rate


def _tokens(plan: Plan, cell: Cell, records: Records) -> int:
    counted = [(records(key) or {}).get("tokens") for key in cell.trainings]
    planned = [plan.costs[key].tokens for key in cell.trainings]
    return sum(planned if None in counted else [int(tokens) for tokens in counted if tokens is not None])


def _place(plan: Plan, language: str) -> dict[str, str]:
    """Family and script of a language of the study's own; of others the catalogue says them."""
    own = plan.languages.get(language)
    return {"family": own.get("family", ""), "script": own.get("script", "")} if own else {}


def baseline_of(plan: Plan) -> str | None:
    """The name of the arm that does nothing: the one whose every score is its own baseline, the study's first such."""
    arms: dict[str, list[Cell]] = {}
    for cell in plan.cells:
        arms.setdefault(cell.arm, []).append(cell)
    own = [arm for arm, cells in arms.items() if all(cell.baseline == cell.score for cell in cells)]
    return own[0] if own else None


def frame(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """The table of ``rows``: columns in order, family and script from the catalogue, baseline and gain computed."""
    known = languages()
    filled = []
    for row in rows:
        language = known.get(row["language"])
        place = {"family": language.family, "script": language.script} if language else {"family": "", "script": ""}
        filled.append({name: ({**place, **row}).get(name) for name in COLUMNS})
    return paired(pl.DataFrame(filled, schema=dict(COLUMNS))).select(*COLUMNS)


TRAITS = ("morphology", "word_order", "genus", "affixation")


def with_own_trait(table: pl.DataFrame, name: str, values: Mapping[str, str]) -> pl.DataFrame:
    """``table`` with a column of a user's own, by language code; empty where it says nothing of a language."""
    column = [values.get(code, "") for code in table["language"].to_list()]
    return table.with_columns(pl.Series(name, column, pl.String))


def with_traits(table: pl.DataFrame) -> pl.DataFrame:
    """``table`` with further columns from the catalogue, ``TRAITS``; empty where not known."""
    known = languages()
    codes = table["language"].unique().to_list()
    traits = pl.DataFrame(
        {
            "language": codes,
            **{name: [getattr(known[code], name) if code in known else "" for code in codes] for name in TRAITS},
        },
        schema_overrides=dict.fromkeys(("language", *TRAITS), pl.String),
    )
    return table.join(traits, on="language", how="left", maintain_order="left")
