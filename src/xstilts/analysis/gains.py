"""What intermediate training gains: per target, per arm, per group of languages, and on average.

In: the long table of ``analysis.table`` (one row a score). Out: small tables of means with their spread. A gain is
always paired: an arm's score minus the baseline's, same backbone, target, language, split, metric and seed. Means are
taken over languages first, then over seeds, so a seed is one replication.

An average holds the targets that the baseline can do at all (``clear``), the same cells for every seed, and is given
with and without self-pairs and retrieval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from xstilts.analysis.intervals import Interval, Numbers, crossed, over_seeds

BASELINE = "baseline"
PAIRED = ("study", "backbone", "target", "language", "split", "metric", "protocol", "seed")
UNTRAINED = ("retrieval", "mining")

# A target counts as learned where the baseline beats the floor by both of these (see ``floors``).
CLEAR_POINTS = 2.0
CLEAR_ERRORS = 3.0


@dataclass(frozen=True)
class Summary:
    """One line of a summary. ``values`` names what the line is about; score and gain are in points.

    ``seeds`` counts the seeds that hold every cell of the line; ``seeds_left_out`` those that do not (work still to
    do, or failed) and are left out, so that all seeds average the same cells.
    """

    values: dict[str, str]
    score: float
    floor: float | None
    gain: Interval
    targets: int
    languages: int
    seeds: int
    seeds_left_out: int = 0


def paired(frame: pl.DataFrame) -> pl.DataFrame:
    """``frame`` with ``baseline`` and ``gain`` filled in; null where the baseline's score is not there (yet)."""
    base = (
        frame.filter((pl.col("arm") == BASELINE) & pl.col("score").is_not_null())
        .unique(PAIRED, keep="first", maintain_order=True)
        .select(*PAIRED, pl.col("score").alias("_baseline"))
    )
    joined = frame.join(base, on=list(PAIRED), how="left", nulls_equal=True, maintain_order="left")
    gain = pl.when(pl.col("arm") != BASELINE).then(pl.col("score") - pl.col("_baseline"))
    return joined.with_columns(baseline=pl.col("_baseline"), gain=gain).drop("_baseline")


def scored(frame: pl.DataFrame, side: str | None = None) -> pl.DataFrame:
    """The rows that carry a score, with a column ``side``; only those of one ``side`` if it is named.

    ``labelled``: the language had labels in the target phase, known from the baseline, which has no other labels
    (without a baseline, from the arm itself). ``intermediate``: it had labels in the arm only, in the intermediate
    phase or as translations or few examples in the target phase. ``zero-shot``: it had none.
    """
    has = pl.col("seen").str.split("+").list.contains("labels")
    cell = ["backbone", "target", "language", "split"]
    base = frame.filter(pl.col("arm") == BASELINE).select(*cell, has.alias("_target")).unique(cell, maintain_order=True)
    marked = frame.join(base, on=cell, how="left", maintain_order="left").with_columns(
        side=pl.when(pl.col("_target").fill_null(has))
        .then(pl.lit("labelled"))
        .when(has)
        .then(pl.lit("intermediate"))
        .otherwise(pl.lit("zero-shot"))
    )
    found = marked.drop("_target").filter(pl.col("score").is_not_null())
    return found if side is None else found.filter(pl.col("side") == side)


def floors(frame: pl.DataFrame) -> pl.DataFrame:
    """Which targets the baseline learned: ``backbone, target, score, floor, above, needed, error, clear``.

    Judged in the labelled language (retrieval has none: in all its languages). A target is clear where the baseline's
    mean over seeds lies above the floor by more than 2 points and by more than 3 standard errors. The error joins
    examples and seeds: sqrt(s (100 - s) / n + SD^2 / S), where s (100 - s) bounds the variance of any score that is a
    mean over n examples of values from 0 to 100. For corpus F1 this is an approximation.
    """
    base = scored(frame.filter(pl.col("arm") == BASELINE))
    found: list[dict[str, object]] = []
    for (backbone, target), rows in base.group_by("backbone", "target", maintain_order=True):
        own = rows.filter(pl.col("side") == "labelled")
        used = rows if own.is_empty() else own
        seeds = used.group_by("seed", maintain_order=True).agg(
            pl.col("score").mean(), pl.col("floor").mean(), pl.col("examples").sum()
        )
        score = _number(seeds["score"].mean())
        floor = None if seeds["floor"].null_count() == len(seeds) else _number(seeds["floor"].mean())
        deviation = _number(seeds["score"].std()) if len(seeds) > 1 else 0.0
        examples = _number(seeds["examples"].mean()) or 0.0
        error, needed = hurdle(score, examples, deviation, len(seeds))
        found.append(
            {
                "backbone": backbone,
                "target": target,
                "score": score,
                "floor": floor,
                "above": None if floor is None else score - floor,
                "needed": needed,
                "error": error,
                "clear": floor is None or score - floor > needed,
            }
        )
    schema = {
        "backbone": pl.String,
        "target": pl.String,
        "score": pl.Float64,
        "floor": pl.Float64,
        "above": pl.Float64,
        "needed": pl.Float64,
        "error": pl.Float64,
        "clear": pl.Boolean,
    }
    return pl.DataFrame(found, schema=schema)


def hurdle(score: float, examples: float, deviation: float = 0.0, seeds: int = 1) -> tuple[float, float]:
    """The standard error of a score (see ``floors``), and how far above the floor it must lie; both in points."""
    inside = min(max(score, 0.0), 100.0)
    error = math.sqrt(inside * (100 - inside) / max(examples, 1.0) + deviation**2 / seeds)
    return error, max(CLEAR_POINTS, CLEAR_ERRORS * error)


def least_clear(floor: float, examples: float) -> float:
    """The score above which one run clears the ``hurdle``, also with the standard error of the floor, since on a few
    examples all may be right by chance: the larger root of (s - floor)^2 = 9 s (100 - s) / n, and no less than
    ``floor`` + 3 sqrt(floor (100 - floor) / n) or 2 points above it, so that it may lie above 100."""
    share = CLEAR_ERRORS**2 / max(examples, 1.0)
    a, half = 1 + share, floor + 50 * share
    root = (half + math.sqrt(max(half**2 - a * floor**2, 0.0))) / a
    return max(root, floor + hurdle(floor, examples)[1])


def clear(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of targets that the baseline clearly learned; what averages are taken over."""
    good = floors(frame).filter(pl.col("clear")).select("backbone", "target")
    return frame.join(good, on=["backbone", "target"], how="semi", maintain_order="left")


def by_target(frame: pl.DataFrame, side: str = "zero-shot") -> list[Summary]:
    """One line a backbone, target and arm, the baseline too: means over the languages of one ``side`` (see
    ``scored``).
    """
    return _summaries(scored(frame, side), ["backbone", "target", "arm"])


def by_group(frame: pl.DataFrame, column: str) -> list[Summary]:
    """One line a backbone, ``column`` (family, script, morphology, ...) and arm: zero-shot languages of clear targets.

    Self-pairs are left out. Targets weigh alike, and languages alike within a target.
    """
    rows = scored(clear(frame), "zero-shot").filter(~pl.col("self_pair") & (pl.col("arm") != BASELINE))
    rows = rows.filter(pl.col("gain").is_not_null() & pl.col(column).is_not_null() & (pl.col(column) != ""))
    return _summaries(rows, ["backbone", column, "arm"])


def averages(frame: pl.DataFrame, side: str = "zero-shot") -> list[Summary]:
    """One line a backbone, arm, and choice of self-pairs and retrieval: the mean over clear targets of their language
    means.

    ``values`` holds ``self_pairs`` and ``retrieval``, each ``with`` or ``without``. Choices that change nothing for an
    arm are still given, since leaving them out would leave the reader guessing.
    """
    rows = scored(clear(frame), side).filter((pl.col("arm") != BASELINE) & pl.col("gain").is_not_null())
    found: list[Summary] = []
    for self_pairs in ("with", "without"):
        for retrieval in ("with", "without"):
            kept = rows if self_pairs == "with" else rows.filter(~pl.col("self_pair"))
            kept = kept if retrieval == "with" else kept.filter(~pl.col("task_type").is_in(UNTRAINED))
            kept = kept.with_columns(self_pairs=pl.lit(self_pairs), retrieval=pl.lit(retrieval))
            found += _summaries(kept, ["backbone", "arm", "self_pairs", "retrieval"])
    return found


def transfer_ratios(frame: pl.DataFrame) -> pl.DataFrame:
    """Per backbone, target and arm: (mean zero-shot score - its floor) / (labelled score - its floor).

    1 means that the zero-shot languages keep all of what was learned in the labelled one, 0 none. Null where a side is
    missing, for targets near the floor, and where an arm's labelled score is less than 2 points above its floor: a
    ratio of noise says nothing. Null as well where the floors of the two sides lie further apart than the labelled
    score above its own, as where the most frequent tag of a word is known in one language only: such a ratio tells the
    floors apart, not what was kept.
    """
    keys = ["backbone", "target", "arm"]
    above = (pl.col("score") - pl.col("floor")).mean()
    sides = scored(frame).group_by([*keys, "side"], maintain_order=True)
    means = sides.agg(above.alias("above"), pl.col("floor").mean())
    own = means.filter(pl.col("side") == "labelled").select(*keys, own="above", own_floor="floor")
    zero = means.filter(pl.col("side") == "zero-shot").select(*keys, zero="above", zero_floor="floor")
    joined = zero.join(own, on=keys, how="left", maintain_order="left")
    joined = joined.join(floors(frame), on=["backbone", "target"], how="left", maintain_order="left")
    alike = (pl.col("own_floor") - pl.col("zero_floor")).abs() <= pl.col("own")
    ratio = pl.when(pl.col("clear").fill_null(False) & (pl.col("own") > CLEAR_POINTS) & alike).then(
        pl.col("zero") / pl.col("own")
    )
    return joined.select(*keys, zero_shot_above="zero", labelled_above="own", ratio=ratio)


def _summaries(rows: pl.DataFrame, keys: list[str]) -> list[Summary]:
    found = []
    for names, group in rows.group_by(keys, maintain_order=True):
        values = {key: str(name) for key, name in zip(keys, names, strict=True)}
        found.append(_summary(values, group))
    return found


def _summary(values: dict[str, str], group: pl.DataFrame) -> Summary:
    """Means over languages, then over targets, then over the seeds that hold every cell of the group."""
    full = group.group_by("seed").agg(pl.struct("target", "language").n_unique().alias("cells"))
    whole = full.filter(pl.col("cells") == full["cells"].max())["seed"]
    kept = group.filter(pl.col("seed").is_in(whole.implode()))
    seeds = _over_languages(kept, ["seed"]).sort("seed")
    floor = seeds["floor"]
    gains = seeds["gain"].drop_nulls()
    return Summary(
        values=values,
        score=_number(seeds["score"].mean()),
        floor=None if floor.null_count() == len(floor) else _number(floor.mean()),
        gain=_gain(gains.to_list()),
        targets=kept["target"].n_unique(),
        languages=kept["language"].n_unique(),
        seeds=len(whole),
        seeds_left_out=group["seed"].n_unique() - len(whole),
    )


def _over_languages(rows: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Score, floor and gain as the mean over targets of the mean over languages, for every value of ``keys``.

    A mean with a missing part is null: half a mean would average other cells than its neighbours do.
    """
    columns = [
        pl.when(pl.col(name).null_count() == 0).then(pl.col(name).mean()).alias(name)
        for name in ("score", "floor", "gain")
    ]
    means = rows.group_by([*keys, "target"]).agg(columns)
    return means.group_by(keys).agg(columns)


def _gain(gains: list[float]) -> Interval:
    if not gains:
        return Interval(float("nan"), None, None, None, 0, "nothing")
    return over_seeds(gains)


def grouped(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """The table summed up by ``column`` (language, family, script, target or arm), sides of a language apart.

    One row a backbone, value of ``column``, side and arm: ``score``, ``floor``, ``gain``, ``gain_sd`` (over seeds),
    ``targets``, ``languages``, ``seeds``. By target, every target is there; all other groupings leave out self-pairs
    and targets near the floor.
    """
    rows = scored(frame if column == "target" else clear(frame.filter(~pl.col("self_pair"))))
    keys = ["backbone", *([column] if column != "arm" else []), "side", "arm"]
    found = [
        {
            **line.values,
            "score": line.score,
            "floor": line.floor,
            "gain": line.gain.mean if line.gain.units else None,
            "gain_sd": line.gain.deviation,
            "targets": line.targets,
            "languages": line.languages,
            "seeds": line.seeds,
        }
        for line in _summaries(rows, keys)
    ]
    numbers = {"score": pl.Float64, "floor": pl.Float64, "gain": pl.Float64, "gain_sd": pl.Float64}
    counts = {"targets": pl.Int64, "languages": pl.Int64, "seeds": pl.Int64}
    return pl.DataFrame(found, schema={**dict.fromkeys(keys, pl.String), **numbers, **counts})


def over_families(frame: pl.DataFrame, arm: str, backbone: str) -> Interval | None:
    """The primary interval of an arm's mean zero-shot gain: families of languages and seeds both vary.

    Over clear targets without self-pairs. A family's value under a seed is the mean over its languages and targets;
    families weigh alike. Only families and seeds that form a complete table count. None where nothing is there.
    """
    table = families_by_seeds(averaged(frame, arm, backbone))
    return None if table is None else crossed(table)


def averaged(frame: pl.DataFrame, arm: str, backbone: str) -> pl.DataFrame:
    """The rows that an arm's average gain is made of: zero-shot languages of clear targets, without self-pairs."""
    rows = scored(clear(frame), "zero-shot").filter((pl.col("arm") == arm) & (pl.col("backbone") == backbone))
    return rows.filter(~pl.col("self_pair") & pl.col("gain").is_not_null())


def families_by_seeds(rows: pl.DataFrame) -> Numbers | None:
    """Mean gains [families, seeds] of ``rows``: families and seeds that form a complete table; None where there is
    none.
    """
    rows = rows.filter(pl.col("family") != "")
    if rows.is_empty():
        return None
    table = rows.group_by("family", "seed").agg(pl.col("gain").mean()).sort("family", "seed")
    most = table.group_by("seed").agg(pl.len().alias("families"))
    whole = most.filter(pl.col("families") == most["families"].max())["seed"]
    kept = table.filter(pl.col("seed").is_in(whole.implode()))
    wide = kept.pivot(on="seed", index="family", values="gain", sort_columns=True).drop_nulls()
    return np.asarray(wide.drop("family").to_numpy(), dtype=np.float64)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")
