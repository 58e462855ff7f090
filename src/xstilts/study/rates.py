"""The search for learning rates: what is tried for an arm and a target, and on which rows it is scored.

In: the target phase of an arm with the seed of the search. Out: ``Candidate`` values, with their ``Train``, ``Predict``
and ``Score`` jobs in the draft. Every arm tries equally many rates, on its own start; none is tried on rows that the
study scores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import CANDIDATES, Task
from xstilts.study.cells import At, embedded, scored
from xstilts.study.draft import Draft
from xstilts.study.job import Candidate, Predict, Rows
from xstilts.study.known import places
from xstilts.study.overlap import numbers_in, ranges
from xstilts.study.search_table import RateSearch
from xstilts.study.targets import Course

SHARE = 10  # of the training rows, one in so many is held out where there is no other set


@dataclass(frozen=True)
class TrialRows:
    """What trials train on and are scored on: the rows ``scored``, at most the first ``examples`` (None: all)."""

    trained: Rows
    scored: Rows
    examples: int | None


def trial_rows(draft: Draft, task: Task, splits: list[str], examples: int) -> TrialRows | None:
    """The validation set in the labelled language; the last training rows, held out, where there is none or the study
    scores it (``splits``). None, and noted, for a target that can not be scored on held-out rows."""
    known, language = draft.known, task.train_language
    trained = known.training(task, language)
    if known.has(task, "validation", language):
        own = places(task, "validation", language)
        scored = [places(task, split, language) for split in splits if language in task.languages_of(split)]
        if "validation" not in splits and not any(own & other for other in scored):
            rows = known.rows(task, "validation", language)
            return TrialRows(trained, rows, examples if examples < rows.rows else None)
    if CANDIDATES in task.splits:
        known.notes[f"{task.name}: no learning rates are tried, since it has no validation set beside the scored"] = (
            None
        )
        return None
    count = min(examples, trained.rows // SHARE)
    if not count:
        raise Problem(f"{trained.rows} training rows are too few to hold some out for [search]: leave it out")
    before = set(numbers_in(trained.without))
    there = [number for number in range(trained.rows + len(before)) if number not in before]
    left, held = there[:-count], there[-count:]
    known.notes[
        f"{task.name}: learning rates are chosen on {count:,} held-out training rows, on which the trials do not train "
        "(no validation set apart from what is scored)"
    ] = None
    return TrialRows(
        replace(trained, rows=len(left), without=ranges(sorted(before | set(held)))),
        replace(trained, rows=count, without=ranges(sorted(before | set(left)))),
        None,
    )


def tried(course: Course, search: RateSearch, rows: TrialRows, how: Mapping[str, Any]) -> tuple[Candidate, ...]:
    """A training on the target's own rows for every rate of the study, each with its score on ``rows``."""
    draft, task = course.draft, course.task
    if rows.scored.split != "train":
        draft.known.check_apart(course.prepared.shares, task, rows.scored.split, rows.scored.language)
    share = draft.known.share_of(task, (rows.trained,), draft.study.cap("train_examples", task.name))
    found = []
    at = At(task, rows.scored.split, rows.scored.language, course.seed)
    pool = draft.known.pool(task)
    for rate in search.rates(task.name, course.settings((share,)).learning_rate):
        model, label = course.trial(share, rate), f"rate {rate:g}, {course.whose}"
        vectors = embedded(draft, course.encoder, task, pool, model, label, how)
        what = (task.name, str(task.type), rows.scored)
        job = Predict(*what, model=model, labels=task.labels, examples=rows.examples, pool=pool, vectors=vectors, **how)
        score = scored(draft, at, job, f"{at}, {label}", course.encoder.parameters, pool=pool)
        found.append(Candidate(rate, score))
    return tuple(found)
