"""Robustness of every score of a study that is about paraphrases: one row a score.

In: the results table and a reader of predictions, rows and predictions of changed rows. Out: a frame with the columns
that name a score and the numbers of ``pairs``; what holds over all languages at once, one row a model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from xstilts.analysis.gains import scored
from xstilts.analysis.material import Material
from xstilts.analysis.robustness import pairs
from xstilts.catalogue.task import TaskType

NAMES = ("backbone", "arm", "target", "language", "side", "split", "seed", "examples")
MODEL = ("backbone", "arm", "target", "split", "seed")
PLACE = ("backbone", "target", "split", "language")
EXCHANGED, SHUFFLED = "exchanged", "shuffled"
KEEPING = (EXCHANGED, "punctuated", "recased", "mistyped")  # changes that keep what a pair means
WITH_WORDS = ("mixed",)
UNSPACED = frozenset({"Hans", "Hant", "Hani", "Jpan", "Khmr", "Laoo", "Mymr", "Thai"})

Numbers = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Robust:
    """``rows``: one a score; ``models``: one a model, over the languages whose rows are translations of each other;
    ``unused``: scores of classifications whose predictions after changes are not all there."""

    rows: pl.DataFrame
    models: pl.DataFrame
    unused: int


@dataclass(frozen=True)
class _Seen:
    """One score's predictions and labels."""

    score: Mapping[str, Any]
    said: Labels
    labels: Labels


def robust(material: Material) -> Robust:
    """The robustness of every score of a paraphrase: of those that were predicted after every change that needs no
    dictionary. Those that need one count where all scores of the language have them, so that arms stand the same."""
    models: dict[tuple[Any, ...], list[_Seen]] = {}
    changes: dict[tuple[Any, ...], set[str]] = {}
    usable: list[_Seen] = []
    unused = 0
    chosen = scored(material.frame).filter(pl.col("task_type") == str(TaskType.CLASSIFICATION))
    for score in chosen.iter_rows(named=True):
        made = {name for name in (*KEEPING, *WITH_WORDS, SHUFFLED) if material.read.changed(score["job"], name)}
        seen = _seen(material, score)
        if seen is None or not made.issuperset({*KEEPING, SHUFFLED}):
            unused += 1
            continue
        usable.append(seen)
        models.setdefault(tuple(score[name] for name in MODEL), []).append(seen)
        place = tuple(score[name] for name in PLACE)
        changes[place] = changes.get(place, made) & made
    lost = {(*names, language): share for names, group in models.items() for language, share in _lost(group)}
    rows: list[dict[str, Any]] = []
    for seen in usable:
        named = {name: seen.score[name] for name in NAMES}
        named["lost"] = lost.get(tuple(seen.score[name] for name in (*MODEL, "language")))
        made = changes[tuple(seen.score[name] for name in PLACE)]
        rows.append({**named, **_clean(material, seen), **_changed(material, seen, made)})
    overall = [{**dict(zip(MODEL, names, strict=True)), **_overall(group)} for names, group in models.items()]
    return Robust(pl.DataFrame(rows, infer_schema_length=None), pl.DataFrame(overall, infer_schema_length=None), unused)


def _seen(material: Material, score: Mapping[str, Any]) -> _Seen | None:
    said, gold = material.read.predictions(score["job"]), material.read.gold(score["job"])
    if said is None or gold is None or said.num_rows != gold.num_rows:
        return None
    return _Seen(score, said["prediction"].to_numpy().astype(np.int64), gold["label"].to_numpy().astype(np.int64))


def _clean(material: Material, seen: _Seen) -> dict[str, float]:
    """What the rows as they are say."""
    gold = material.read.gold(seen.score["job"])
    assert gold is not None
    spaced = seen.score["script"] not in UNSPACED
    texts = zip(gold["text_a"].to_pylist(), gold["text_b"].to_pylist(), strict=True)
    overlaps = np.array([pairs.overlap(first, second, spaced) for first, second in texts])
    different = seen.labels == pairs.DIFFERENT
    found = pairs.errors(seen.said, seen.labels)
    return {
        "accuracy": found.accuracy,
        "balanced": found.balanced_accuracy,
        "false_same": found.false_same,
        "false_different": found.false_different,
        "slope": pairs.overlap_slope((seen.said != seen.labels)[different], overlaps[different]),
    }


def _changed(material: Material, seen: _Seen, made: set[str]) -> dict[str, float]:
    """What the rows after the changes ``made`` say; NaN where one was not made or did nothing."""
    found: dict[str, float] = {}
    after: list[Labels] = []
    for change in (*KEEPING, *WITH_WORDS):
        found[change] = float("nan")
        if change in made:
            now, moved = _after(material, seen, change)
            found[change] = pairs.unmoved(seen.said[moved], now[moved])
            after += [now] if moved.any() else []
    stack = np.array(after, dtype=np.int64).reshape(len(after), len(seen.said))
    now, moved = _after(material, seen, SHUFFLED)
    return {
        **found,
        "changes": float(len(after)),
        "robust": pairs.robust_accuracy(seen.said, stack, seen.labels),
        "attack": pairs.attack_success(seen.said, stack, seen.labels),
        "flip": pairs.shuffle_flip(seen.said[moved], now[moved], seen.labels[moved]),
    }


def _after(material: Material, seen: _Seen, change: str) -> tuple[Labels, npt.NDArray[np.bool_]]:
    """Predictions after a change that was made, and which rows it made different."""
    table = material.read.changed(seen.score["job"], change)
    assert table is not None
    return table["prediction"].to_numpy().astype(np.int64), np.array(table["changed"].to_pylist(), dtype=bool)


def _parallel(group: list[_Seen]) -> tuple[_Seen, list[_Seen]] | None:
    """The labelled language and the languages whose labels are the same row by row."""
    first = next((seen for seen in group if seen.score["side"] == "labelled"), None)
    if first is None:
        return None
    return first, [seen for seen in group if np.array_equal(seen.labels, first.labels)]


def _lost(group: list[_Seen]) -> Iterator[tuple[str, float]]:
    """By language, what is right in the labelled language and wrong there."""
    if found := _parallel(group):
        first, all_of_them = found
        for seen in all_of_them:
            if seen is not first:
                right_there, right_here = first.said == first.labels, seen.said == seen.labels
                yield seen.score["language"], pairs.lost(right_there, right_here)


def _overall(group: list[_Seen]) -> dict[str, float]:
    found = _parallel(group)
    if found is None or len(found[1]) < 2:
        return {"languages": float("nan"), "same": float("nan"), "all_right": float("nan")}
    both = pairs.consistency(np.stack([seen.said for seen in found[1]]), found[0].labels)
    return {"languages": float(len(found[1])), "same": both.same, "all_right": both.all_right}


def beyond_accuracy(accuracy: Numbers, robust: Numbers, arm: npt.NDArray[np.bool_]) -> float:
    """The arm's part in robust ~ 1 + accuracy + arm, by least squares over languages with and without the arm: how far
    robust accuracy rises more than accuracy explains. NaN where the data do not say."""
    design = np.stack([np.ones(len(accuracy)), accuracy, arm.astype(np.float64)], axis=1)
    if len(accuracy) < 4 or np.linalg.matrix_rank(design) < 3:
        return float("nan")
    return float(np.linalg.lstsq(design, robust, rcond=None)[0][2])
