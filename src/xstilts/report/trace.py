"""Every score with what it takes to trace it: metric, protocol, examples, seed, job; and what has no score, and why.

In: the long table, a plan and its store. Out: ``Section`` values.
"""

from __future__ import annotations

import polars as pl

from xstilts.analysis.section import Section
from xstilts.study.job import Key
from xstilts.study.manifest import Plan
from xstilts.study.store import Store

MOST = 4000  # lines, beyond which a page would be slow; the rest is in the table that `results` writes
SHOWN = 60  # reasons


def scores(frame: pl.DataFrame) -> Section:
    """One line a score."""
    several = frame["backbone"].n_unique() > 1
    rows = []
    for row in frame.head(MOST).iter_rows(named=True):
        rows.append(
            (
                *((row["backbone"],) if several else ()),
                row["arm"],
                row["target"],
                row["language"],
                row["split"],
                row["seen"] or "",
                " ".join(part for part in (row["metric"], f"({row['protocol']})" if row["protocol"] else "") if part),
                row["status"],
                row["job"],
                *(_number(row[name]) for name in ("score", "floor", "baseline")),
                "" if row["gain"] is None else f"{row['gain']:+.2f}",
                f"{row['examples'] or 0:,}",
                str(row["seed"]),
            )
        )
    words = (*(("encoder",) if several else ()), "arm", "target", "language", "split", "seen", "metric (protocol)")
    left_out = f"The first {MOST:,} of {len(frame):,}; all of them: xstilts results STUDY --format csv." * (
        len(frame) > MOST
    )
    return Section(
        "Every score",
        (*words, "status", "job", "score", "floor", "baseline", "gain", "examples", "seed"),
        tuple(rows),
        len(words) + 2,
        (
            "seen: what the language had before: labels, text, both, nothing, or unknown. job: the key under which the "
            "store keeps the score, and the record that leads to its predictions, weights and data.",
            *([left_out] if left_out else []),
        ),
    )


def failures(plan: Plan, store: Store) -> Section:
    """Jobs that failed, with the reason, and how many others could not be done for want of them."""
    failed = {key: reason for key in plan.jobs if not store.has(key) and (reason := store.failure(key)) is not None}
    reasons: dict[str, list[Key]] = {}
    for key, reason in failed.items():
        reasons.setdefault(" ".join(reason.split()), []).append(key)
    rows = [
        (plan.labels[keys[0]], reason, str(len(keys)), f"{len(plan.after(keys)):,}")
        for reason, keys in list(reasons.items())[:SHOWN]
    ]
    more = f"And {len(reasons) - SHOWN} reasons more." * (len(reasons) > SHOWN)
    return Section(
        "Failed",
        ("job", "reason", "jobs", "jobs that wait for them"),
        tuple(rows),
        2,
        (more,) if more else () if rows else ("No job failed.",),
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
