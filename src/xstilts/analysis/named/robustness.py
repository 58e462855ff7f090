"""Whether predictions about paraphrases stand the same words in another meaning, other languages and small changes."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import polars as pl

from xstilts.analysis.gains import BASELINE, floors
from xstilts.analysis.intervals import over_seeds
from xstilts.analysis.lines import breaks, grouped, mean, number
from xstilts.analysis.material import Analysis, Material
from xstilts.analysis.robustness.table import KEEPING, SHUFFLED, WITH_WORDS, Robust, beyond_accuracy, robust
from xstilts.analysis.section import Section
from xstilts.catalogue.task import TaskType
from xstilts.study.needs import Need

DICTIONARIES = ("lexicon", "world/lexicon")
CLEAN = ("accuracy", "balanced", "false_same", "false_different", "lost")
UNDER = (*KEEPING, *WITH_WORDS)


def run(material: Material) -> list[Section]:
    """What can be said of each backbone and target."""
    found = robust(material)
    if found.rows.is_empty():
        nothing = (
            "Nothing can be said: no target is a paraphrase whose pairs were also predicted after changes. Name the"
            ' analysis in the study file, analyses = ["robustness"], with a target such as pawsx or world/paraphrase.'
        )
        return [Section("Robustness", ("target",), (), 1, (nothing,))]
    several = found.rows["backbone"].n_unique() > 1
    learned = set(floors(material.frame).filter(pl.col("clear")).select("backbone", "target").iter_rows())
    told = []
    for (backbone, target), rows in found.rows.group_by("backbone", "target", maintain_order=True):
        name = f"{target}, {backbone}" if several else str(target)
        models = found.models.filter((pl.col("backbone") == backbone) & (pl.col("target") == target))
        told += [
            _clean(rows, name, (backbone, target) in learned),
            _under_change(rows, name),
            _all_languages(models, name),
            _beyond(rows, name),
        ]
    return [*(one for one in told if one.rows), *_unused(found)]


def _unused(found: Robust) -> Iterator[Section]:
    if found.unused:
        note = f"{found.unused} scores of classifications are no paraphrases, or not yet predicted after all changes."
        yield Section("Not in these tables", ("reason",), (), 1, (note,))


def _clean(rows: pl.DataFrame, name: str, learned: bool) -> Section:
    doubt = "The baseline did not clearly learn this target: what it says of robustness means little."
    lines = [
        (
            *names,
            *(_points(mean(group[one])) for one in CLEAN),
            number(mean(group["slope"]), "+.2f"),
            str(group["seed"].n_unique()),
        )
        for names, group in grouped(rows, ("arm", "language"))
    ]
    return Section(
        f"The same words, another meaning (points): {name}",
        ("arm", "language", "right", "balanced", "false same", "false different", "lost", "slope", "seeds"),
        tuple(lines),
        2,
        (
            *(() if learned else (doubt,)),
            "false same: of the pairs that differ, those held to mean the same; false different: the reverse;"
            " balanced: accuracy with both kinds weighing alike.",
            "lost: of all pairs, those that are right in the labelled language and wrong here; only where rows are"
            " translations of each other.",
            "slope: how the log odds of a false same rise with the share of common words, 0 to 1; empty where nothing"
            " varies. Steeper is less robust.",
        ),
        breaks(lines),
    )


def _under_change(rows: pl.DataFrame, name: str) -> Section:
    lines = [
        (
            *names,
            *(_points(mean(group[one])) for one in UNDER),
            number(mean(group["changes"]), ".0f"),
            *(_points(mean(group[one])) for one in ("accuracy", "robust", "attack", "flip")),
        )
        for names, group in grouped(rows, ("arm", "language"))
    ]
    shown = ("swap", "mark", "case", "typo", "mixed")
    return Section(
        f"After small changes (points): {name}",
        ("arm", "language", *shown, "K", "right", "right K", "attack", "shuffle"),
        tuple(lines),
        2,
        (
            "swap, mark, case, typo, mixed: share predicted as before where sentences change places, the final mark"
            " goes or comes, letters change case, two letters change places, one word is the labelled language's.",
            "right K: right as it is and after all K changes. attack: of the right ones, the share that some change"
            " makes wrong.",
            "shuffle: of pairs found to mean the same, the share no longer found to once the words of the second"
            " sentence are shuffled. Higher is better.",
        ),
        breaks(lines),
    )


def _all_languages(models: pl.DataFrame, name: str) -> Section:
    lines = [
        (
            *names,
            number(mean(group["languages"]), ".0f"),
            _points(mean(group["same"])),
            _points(mean(group["all_right"])),
            str(group["seed"].n_unique()),
        )
        for names, group in grouped(models.filter(pl.col("languages").is_not_nan()), ("arm",))
    ]
    return Section(
        f"The same pair in all languages (points): {name}",
        ("arm", "languages", "same", "all right", "seeds"),
        tuple(lines),
        1,
        ("same: share of pairs predicted alike in all languages; all right: right in all of them.",),
    )


def _beyond(rows: pl.DataFrame, name: str) -> Section:
    lines = []
    base = rows.filter(pl.col("arm") == BASELINE)
    for (arm,), group in grouped(rows.filter(pl.col("arm") != BASELINE), ("arm",)):
        effects = []
        for (seed,), one in group.group_by("seed", maintain_order=True):
            both = pl.concat([base.filter(pl.col("seed") == seed), one])
            accuracy, right = (100 * both[column].to_numpy() for column in ("accuracy", "robust"))
            effects.append(beyond_accuracy(accuracy, right, (both["arm"] != BASELINE).to_numpy()))
        known = [effect for effect in effects if not math.isnan(effect)]
        if known:
            found = over_seeds(np.array(known))
            ends = "" if found.low is None else f"{found.low:+.1f} .. {found.high:+.1f}"
            lines.append((arm, f"{found.mean:+.1f}", ends, str(len(known))))
    return Section(
        f"Robust accuracy beyond what accuracy explains (points): {name}",
        ("arm", "effect", "95 %", "seeds"),
        tuple(lines),
        1,
        ("The arm's part in right K ~ right + arm over all languages, seed by seed; 95 %: t over seeds.",),
    )


def _points(value: float) -> str:
    return number(100 * value, ".1f")


ANALYSIS = Analysis(
    "robustness",
    "whether predictions about paraphrases stand common words, other languages and small changes",
    run,
    (Need((TaskType.CLASSIFICATION,), "", (*KEEPING, SHUFFLED), WITH_WORDS, DICTIONARIES, paraphrase=True),),
)
