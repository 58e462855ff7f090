"""What a claim is about, as numbers: one function for each quantity of ``catalogue.claim.QUANTITIES``.

In: the effects of a study or of the published table, and the arguments of a rule. Out: ``Measured``, one or several
estimates with what they were taken over. What can not be computed raises ``Missing``, which says what is not there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from xstilts.analysis.arms import BEST
from xstilts.analysis.chosen import (
    CELL,
    Arguments,
    Missing,
    chosen,
    intermediates,
    less,
    of_arm,
    of_most_examples,
    where,
    whole,
)
from xstilts.analysis.decide import Estimate, estimate_of
from xstilts.analysis.intervals import crossed, over_seeds
from xstilts.analysis.material import Material
from xstilts.analysis.section import counted


@dataclass(frozen=True)
class Measured:
    """``parts``: names and estimates (one without a name, or one an intermediate task). ``cells``: over what."""

    parts: tuple[tuple[str, Estimate], ...]
    cells: str

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """The estimates without their names."""
        return tuple(estimate for _, estimate in self.parts)


def mean_gain(effects: pl.DataFrame, asked: Arguments) -> Measured:
    """The mean over targets of the mean over languages of an arm's gain; seeds vary, or families and seeds."""
    rows = of_arm(chosen(effects, asked), asked)
    return _alone(_spread(rows, asked.get("over", "seeds")), rows)


def mean_score(effects: pl.DataFrame, asked: Arguments) -> Measured:
    """``mean_gain`` of the scores themselves, to hold against a published number."""
    rows = of_arm(chosen(effects.with_columns(gain=pl.col("score")), asked), asked)
    return _alone(_spread(rows, "seeds"), rows)


def gain_difference(effects: pl.DataFrame, asked: Arguments) -> Measured:
    """The gain of arm ``first`` less that of arm ``second``, cell by cell."""
    rows = chosen(effects, asked)
    first, second = (of_arm(rows, {"intermediate": asked[name]}) for name in ("first", "second"))
    paired = less(first, second)
    return _alone(_spread(paired, asked.get("over", "seeds")), paired)


def joint_over_best(effects: pl.DataFrame, asked: Arguments) -> Measured:
    """The gain of the arm of most tasks less that of the best single task. Which is best is chosen on the other seeds,
    where there are any, so that the winner is not judged by the luck that made it one."""
    rows = chosen(effects, asked)
    joint = of_arm(rows, {"intermediate": ["joint"]})
    arms = intermediates(rows, joint=False)
    if not arms:
        raise Missing("no arm with a single intermediate task")
    shared = joint
    for part in arms.values():
        shared = shared.join(part, on=CELL, how="semi", maintain_order="left")
    if shared.is_empty():
        raise Missing("the arms have no cell in common")
    singles = {name: _by_seed(part.join(shared, on=CELL, how="semi")) for name, part in arms.items()}
    values = []
    for seed, value in _by_seed(shared).items():
        there = {name: gains for name, gains in singles.items() if seed in gains}
        best = max(there, key=lambda name: _others(there[name], seed), default=None)
        if best is not None:
            values.append(value - singles[best][seed])
    return _alone(_seeded(values), shared)


def best_per_target(effects: pl.DataFrame, asked: Arguments) -> Measured:
    """The mean over targets of the gain of each target's best intermediate: the best on its validation split where that
    was scored beside the test split, else on the other seeds, else (one seed) on itself, which flatters."""
    if not (told := effects.filter(pl.col("tasks") == BEST)).is_empty():
        return _alone(_spread(told, "seeds"), told)
    evaluated = chosen(effects, asked)
    both = effects.group_by("target").agg(pl.col("split").n_unique()).filter(pl.col("split") > 1)
    chosen_on = evaluated
    if len(both):
        chosen_on = chosen(effects.filter(pl.col("split") == "validation"), asked)
    per_target: dict[str, dict[int, float]] = {}
    for (target,), rows in evaluated.group_by(["target"], maintain_order=True):
        arms = {arm: _by_seed(part) for arm, part in intermediates(rows, joint=True).items()}
        before = {
            arm: _by_seed(part)
            for arm, part in intermediates(chosen_on.filter(pl.col("target") == target), joint=True).items()
        }
        for seed in sorted({seed for gains in arms.values() for seed in gains}):
            there = [arm for arm in arms if seed in arms[arm] and arm in before]
            if there:
                best = max(there, key=lambda arm, seed=seed, before=before: _others(before[arm], seed))  # type: ignore[misc]
                per_target.setdefault(str(target), {})[seed] = arms[best][seed]
    seeds = set.intersection(*(set(gains) for gains in per_target.values())) if per_target else set()
    if not seeds:
        raise Missing("no intermediate arm has scores")
    values = [sum(gains[seed] for gains in per_target.values()) / len(per_target) for seed in sorted(seeds)]
    return _alone(_seeded(values), evaluated)


def gain_of_each(effects: pl.DataFrame, asked: Arguments) -> Measured:
    """The mean gain of each intermediate task; with ``joint`` also that of several together."""
    return _each(effects, asked, lambda rows: _spread(rows, "seeds"))


def smallest_gain_of_each(effects: pl.DataFrame, asked: Arguments) -> Measured:
    """Of each intermediate task the gain on the target where it is smallest, seed by seed."""

    def smallest(rows: pl.DataFrame) -> Estimate:
        cells = whole(rows).group_by("seed", "target").agg(pl.col("gain").mean())
        return _seeded(cells.group_by("seed").agg(pl.col("gain").min()).sort("seed")["gain"].to_list())

    return _each(effects, asked, smallest)


def alone_over_mlm(effects: pl.DataFrame, asked: Arguments) -> Measured:
    """The mean over intermediates of the gain without less the gain with masked language modelling alongside, in the
    same cells; intermediates and seeds both vary."""
    plain = intermediates(chosen(effects, {**asked, "mlm": False}), joint=True)
    beside = intermediates(chosen(effects, {**asked, "mlm": True}), joint=True)
    return _over_intermediates({name: less(plain[name], beside[name]) for name in plain if name in beside}, "MLM")


def english_over_translated(effects: pl.DataFrame, asked: Arguments) -> Measured:
    """The gain of an intermediate task in English less that of the same task without any English."""
    return _over_sources(effects, asked, lambda names: "en" not in names, "translated data")


def multilingual_over_english(effects: pl.DataFrame, asked: Arguments) -> Measured:
    """The gain of an intermediate task in several languages less that in one, as many rows and updates, in languages
    that neither labelled; families and seeds both vary. Of several such arms that of most languages counts."""
    rows = chosen(effects, {**asked, "languages": "zero-shot"}).filter(pl.col("tasks") != "")
    several = pl.col("sources").str.contains(r"\+")
    found: list[tuple[bool, int, int, pl.DataFrame]] = []
    for (_,), part in rows.group_by(["tasks"], maintain_order=True):
        single = part.filter(~several)
        for _, many in part.filter(several).group_by(["arm"], maintain_order=True):
            alike = single.filter(
                pl.col("examples").eq_missing(many["examples"][0]) & pl.col("updates").eq_missing(many["updates"][0])
            )
            if not alike.is_empty():
                paired = less(many, of_most_examples(alike))
                found.append((paired["family"].n_unique() > 1, str(many["sources"][0]).count("+"), len(found), paired))
    if not found:
        raise Missing("no intermediate task that was trained in several languages and in one, as many rows and updates")
    *_, paired = max(found, key=lambda one: one[:3])
    return _alone(_spread(paired, "families"), paired)


def slope_difference(effects: pl.DataFrame, asked: Arguments) -> Measured:
    """``size_slope`` in the languages of ``group`` less that in the languages of the group ``than``, in the families
    that have languages in both; families and seeds both vary."""
    one, other = (_slope_rows(effects, {**asked, "group": asked[name]}) for name in ("group", "than"))
    first, second = (_slope_table(rows, "examples") for rows in (one, other))
    joined = first.join(second, on=["unit", "seed"], how="inner", suffix="_less")
    if joined.is_empty():
        raise Missing(f"no family has languages both in {asked['group']} and in {asked['than']}")
    table = joined.select("unit", "seed", gain=pl.col("gain") - pl.col("gain_less"))
    return _alone(_table(table, "families"), pl.concat([one, other]))


def size_slope(effects: pl.DataFrame, asked: Arguments) -> Measured:
    """The slope of the gain on log10 of the intermediate examples: one intermediate task, three sizes or more, trained
    for the same number of updates where the study has that, since else more data is more training, too.

    A slope by least squares in each family and seed; families and seeds both vary.
    """
    rows = _slope_rows(effects, asked)
    found = _sloped(rows, "examples")
    if rows["updates"].null_count() or rows["updates"].n_unique() > 1:
        return found
    return replace(found, cells=found.cells.replace("sizes", "sizes under equal updates", 1))


def _slope_rows(effects: pl.DataFrame, asked: Arguments) -> pl.DataFrame:
    """The rows of the intermediate task of most sizes; those under equal updates, where these are three or more."""
    rows = chosen(effects, asked).filter((pl.col("tasks") != "") & ~pl.col("tasks").str.contains(r"\+"))
    counts = rows.group_by("tasks", maintain_order=True).agg(pl.col("examples").n_unique()).sort("examples")
    if counts.is_empty() or counts["examples"][-1] < 3:
        raise Missing("fewer than three sizes of one intermediate set" + where(asked))
    wanted = rows.filter(pl.col("tasks") == counts["tasks"][-1])
    timed = wanted.filter(pl.col("updates").is_not_null())
    equal = timed.group_by("updates").agg(pl.col("examples").n_unique().alias("sizes")).sort("sizes", "updates")
    if len(equal) and equal["sizes"][-1] >= 3:
        return wanted.filter(pl.col("updates") == equal["updates"][-1])
    return wanted


def scale_slope(effects: pl.DataFrame, asked: Arguments) -> Measured:
    """The slope of the gain on log10 of the weights without embeddings: three backbones or more, arms alike."""
    rows = chosen(effects, asked).filter((pl.col("tasks") != "") & pl.col("parameters").is_not_null())
    if "arm" not in asked and not rows.is_empty():
        largest = [of_most_examples(part)["arm"][0] for _, part in rows.group_by(["tasks"], maintain_order=True)]
        rows = rows.filter(pl.col("arm").is_in(largest))
    if rows["parameters"].n_unique() < 3:
        raise Missing("fewer than three sizes of backbone" + where(asked))
    return _sloped(rows, "parameters")


def calibration_interaction(material: Material, asked: Arguments) -> Measured:
    """How much the slope of the widening of the calibration gap on log10 of the weights grows with one standard
    deviation of morphological richness, by the definition that decides (``named.calibration_size``)."""
    from xstilts.analysis.named.calibration_size import interaction_of

    found = interaction_of(material)
    arms = {name: one for name, one in found.items() if name == asked.get("arm", name)}
    if not arms:
        raise Missing("no arm has predictions of three sizes in languages whose morphology is known and differs")
    if "arm" not in asked and material.frame.filter(pl.col("intermediate_languages").fill_null("") != "").height:
        prepared = set(material.frame.filter(pl.col("intermediate_languages").fill_null("") != "")["arm"].to_list())
        arms = {name: one for name, one in arms.items() if name in prepared} or arms
    name, one = next(iter(arms.items()))
    over = "families and seeds" if one.way == "families" else "languages inside families, and seeds"
    estimate = Estimate(one.slope, one.error, one.degrees, one.seeds, over)
    return Measured((("", estimate),), f"{name}, {one.languages} languages in {one.families} families")


def _needs(what: str) -> Callable[[pl.DataFrame, Arguments], Measured]:
    def nothing(effects: pl.DataFrame, asked: Arguments) -> Measured:
        raise Missing(f"gains alone do not tell: {what}")

    return nothing


Quantity = Callable[[pl.DataFrame, Arguments], Measured]
MEASURES: Mapping[str, Quantity] = {
    "mean_gain": mean_gain,
    "mean_score": mean_score,
    "gain_difference": gain_difference,
    "joint_over_best": joint_over_best,
    "best_per_target": best_per_target,
    "gain_of_each": gain_of_each,
    "smallest_gain_of_each": smallest_gain_of_each,
    "alone_over_mlm": alone_over_mlm,
    "english_over_translated": english_over_translated,
    "multilingual_over_english": multilingual_over_english,
    "slope_difference": slope_difference,
    "size_slope": size_slope,
    "scale_slope": scale_slope,
    "similarity_margin": _needs("measures of similarity between tasks are needed"),
    "calibration_interaction": _needs("calibration of the predictions is needed"),
}
# Those that gains alone do not tell, from the results table and what lies behind its scores.
BEHIND: Mapping[str, Callable[[Material, Arguments], Measured]] = {"calibration_interaction": calibration_interaction}


def _by_seed(rows: pl.DataFrame) -> dict[int, float]:
    """Seed by seed the mean over targets of the mean over languages."""
    means = whole(rows).group_by("seed", "target").agg(pl.col("gain").mean())
    return dict(means.group_by("seed").agg(pl.col("gain").mean()).sort("seed").iter_rows())


def _spread(rows: pl.DataFrame, over: str) -> Estimate:
    if over == "seeds":
        return _seeded(list(_by_seed(rows).values()))
    kept = whole(rows).filter(pl.col("family") != "")
    table = kept.group_by("family", "seed").agg(pl.col("gain").mean())
    return _table(table.rename({"family": "unit"}), "families")


def _seeded(values: Sequence[float]) -> Estimate:
    if not values:
        raise Missing("no seed has all of its scores")
    return estimate_of(over_seeds(values), len(values))


def _table(table: pl.DataFrame, unit: str) -> Estimate:
    """The estimate from a table of ``unit``, ``seed``, ``gain``; only units that every seed has."""
    if table.is_empty():
        raise Missing(f"no scores with known {unit}")
    wide = table.pivot(on="seed", index="unit", values="gain", sort_columns=True).drop_nulls()
    values = wide.drop("unit").to_numpy()
    if values.size == 0:
        raise Missing(f"no {unit} that all seeds have")
    found = crossed(values)
    return estimate_of(replace(found, over=found.over.replace("families", unit)), values.shape[1])


def _over_intermediates(pairs: Mapping[str, pl.DataFrame], what: str) -> Measured:
    if not pairs:
        raise Missing(f"no intermediate task that was trained with and without {what}")
    rows = [
        {"unit": name, "seed": seed, "gain": gain}
        for name, part in pairs.items()
        for seed, gain in _by_seed(part).items()
    ]
    found = _alone(_table(pl.DataFrame(rows), "intermediate tasks"), pl.concat(list(pairs.values())))
    return replace(found, cells=f"{len(pairs)} intermediate tasks, {found.cells}")


def _over_sources(effects: pl.DataFrame, asked: Arguments, other: Callable[[list[str]], bool], what: str) -> Measured:
    rows = chosen(effects, asked).filter(pl.col("tasks") != "")
    pairs = {}
    for (name,), part in rows.group_by(["tasks"], maintain_order=True):
        sides: dict[bool, list[str]] = {True: [], False: []}
        for (sources,), _ in part.group_by(["sources"], maintain_order=True):
            sides[other(str(sources).split("+"))].append(str(sources))
        if sides[True] and sides[False]:
            kept = [of_most_examples(part.filter(pl.col("sources").is_in(sides[side]))) for side in (False, True)]
            pairs[str(name)] = less(*kept)
    return _over_intermediates(pairs, what)


def _each(effects: pl.DataFrame, asked: Arguments, measure: Callable[[pl.DataFrame], Estimate]) -> Measured:
    rows = chosen(effects, asked)
    parts = tuple((name, measure(part)) for name, part in intermediates(rows, bool(asked.get("joint"))).items())
    if not parts:
        raise Missing(f"no arm with an intermediate task{where(asked)}")
    return replace(_alone(parts[0][1], rows), parts=parts)


def _sloped(rows: pl.DataFrame, column: str) -> Measured:
    """The slope of the gain on log10 of ``column`` in each family and seed."""
    found = _alone(_table(_slope_table(rows, column), "families"), rows)
    return replace(found, cells=f"{rows[column].n_unique()} sizes, {found.cells}")


def _slope_table(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """``unit`` (a family), ``seed`` and its least-squares slope as ``gain``, over three values of ``column`` or
    more."""
    points = rows.group_by("family", "seed", column).agg(pl.col("gain").mean()).sort("family", "seed", column)
    table = []
    for (family, seed), part in points.group_by(["family", "seed"], maintain_order=True):
        if len(part) >= 3:
            slope = np.polyfit(np.log10(part[column].to_numpy()), part["gain"].to_numpy(), 1)[0]
            table.append({"unit": str(family), "seed": seed, "gain": float(slope)})
    if not table:
        raise Missing(f"no language family with three values of {column} under one seed")
    return pl.DataFrame(table)


def _others(gains: Mapping[int, float], seed: int) -> float:
    """The mean over all other seeds; the seed's own value where there is no other."""
    rest = [gain for other, gain in gains.items() if other != seed]
    return math.fsum(rest) / len(rest) if rest else gains.get(seed, -math.inf)


def _alone(estimate: Estimate, rows: pl.DataFrame) -> Measured:
    targets, languages = rows["target"].n_unique(), rows["language"].n_unique()
    said = counted(targets, "target")
    if set(rows["language"]) != {"all"}:
        said += ", " + counted(languages, "language")
    return Measured((("", estimate),), said)
