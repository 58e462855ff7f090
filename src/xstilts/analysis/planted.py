"""Tables of results whose truth is known, for testing the analyses themselves.

In: how much families, languages, tasks and seeds vary, and true effects. Out: results tables like those of a real
study, which go through the very same code; and the intervals that others use, for comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from xstilts.analysis.gains import BASELINE, paired
from xstilts.analysis.intervals import Interval, Numbers, crossed, over_seeds, quantile_t
from xstilts.analysis.table import COLUMNS

LABELLED = "source"
SAME = {
    "study": "planted",
    "backbone": "planted",
    "updates": 1000,
    "target": "target",
    "task_type": "classification",
    "split": "test",
    "metric": "accuracy",
    "protocol": "",
    "floor": 33.3,
    "examples": 2000,
    "subset_seed": 0,
    "status": "done",
    "self_pair": False,
}


@dataclass(frozen=True)
class Truth:
    """``families`` counts the languages of each family. The gain of a run is the true mean plus draws of its family,
    language and seed and a rest of its own, with these standard deviations (points); ``slope_family`` is that of a
    family's slope on log10 of the examples, for curves. ``baseline_seed``: how far seeds spread in the baseline.
    """

    name: str
    families: tuple[int, ...]
    seeds: int
    family: float = 0.8
    language: float = 0.8
    seed: float = 0.3
    rest: float = 0.5
    slope_family: float = 0.3
    slope_seed: float = 0.15
    baseline_seed: float = 0.6

    @property
    def member(self) -> Numbers:
        """The number of the family of each language [languages]."""
        return np.repeat(np.arange(len(self.families)), self.families)


# Languages by family as XNLI and XTREME-R have them without English, and as the constructed world has them.
XNLI = (8, 1, 1, 1, 1, 1, 1)
XTREME_R = (22, 4, 4, 3, 3, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1)
CONSTRUCTED = (3, 4, 4)
TRUTHS = (
    Truth("XNLI", XNLI, 6),
    Truth("XTREME-R", XTREME_R, 6),
    Truth("3 wild seeds", XTREME_R, 3, seed=0.8),
    Truth("families alike", XTREME_R, 6, family=0.0),
    Truth("constructed", CONSTRUCTED, 6),
)


def gains_of(truth: Truth, effect: float, generator: np.random.Generator) -> Numbers:
    """Gains in points [languages, seeds] around ``effect``."""
    member = truth.member.astype(np.intp)
    found = effect + generator.normal(0, truth.family, len(truth.families))[member][:, None]
    found = found + generator.normal(0, truth.language, len(member))[:, None]
    found = found + generator.normal(0, truth.seed, truth.seeds)[None, :]
    return np.asarray(found + generator.normal(0, truth.rest, (len(member), truth.seeds)), dtype=np.float64)


def results(truth: Truth, effect: float, generator: np.random.Generator) -> pl.DataFrame:
    """A study's table: the baseline and one arm with the true mean gain ``effect``, on one target."""
    return arms_table(truth, {"arm": (10_000, gains_of(truth, effect, generator))}, generator)


def curve(truth: Truth, slope: float, sizes: Sequence[int], generator: np.random.Generator) -> pl.DataFrame:
    """A study's table with one arm for each of ``sizes``, whose gain grows by ``slope`` points a factor of ten on
    average over families and seeds.
    """
    member = truth.member.astype(np.intp)
    steep = slope + generator.normal(0, truth.slope_family, len(truth.families))[member][:, None]
    steep = steep + generator.normal(0, truth.slope_seed, truth.seeds)[None, :]
    log = np.log10(np.asarray(sizes, dtype=np.float64))
    start = gains_of(truth, 1.0, generator)
    arms = {}
    for size, away in zip(sizes, log - log.mean(), strict=True):
        rest = generator.normal(0, truth.rest, (len(member), truth.seeds))
        arms[f"arm {size}"] = (size, start + steep * away + rest)
    return arms_table(truth, arms, generator)


def arms_table(truth: Truth, arms: Mapping[str, tuple[int, Numbers]], generator: np.random.Generator) -> pl.DataFrame:
    """Rows for every arm, language and seed, and the labelled language of the baseline, with gains filled in."""
    languages = [f"l{i}" for i in range(len(truth.member))]
    families = [f"f{i}" for i in truth.member]
    base = 65.0 + generator.normal(0, 3.0, len(languages))[:, None]
    base = base + generator.normal(0, truth.baseline_seed, truth.seeds)
    scores = [base, *(base + gain for _, gain in arms.values())]
    each = len(languages) * truth.seeds
    names, sizes = [BASELINE, *arms], [0, *(examples for examples, _ in arms.values())]
    own = truth.seeds
    frame = pl.DataFrame(
        {
            "arm": np.concatenate([np.repeat(names, each), [BASELINE] * own]),
            "intermediate_examples": np.concatenate([np.repeat(sizes, each), [0] * own]),
            "language": np.concatenate([np.tile(np.repeat(languages, truth.seeds), len(names)), [LABELLED] * own]),
            "family": np.concatenate([np.tile(np.repeat(families, truth.seeds), len(names)), [LABELLED] * own]),
            "score": np.concatenate([*(part.ravel() for part in scores), np.full(own, 80.0)]),
            "seed": np.tile(np.arange(truth.seeds), len(names) * len(languages) + 1),
        }
    )
    seen = pl.when(pl.col("language") == LABELLED).then(pl.lit("labels+text")).otherwise(pl.lit("text"))
    whole = frame.with_columns(seen=seen, **{name: pl.lit(value) for name, value in SAME.items()})
    empty = [pl.lit(None, dtype=kind).alias(name) for name, kind in COLUMNS.items() if name not in whole.columns]
    return paired(whole.with_columns(empty).select(pl.col(name).cast(kind) for name, kind in COLUMNS.items()))


# What others use, on gains [languages, seeds] and the family of each language: an interval of the mean, or None.
Ends = tuple[float, float] | None
Naive = Callable[[Numbers, Numbers, np.random.Generator], Ends]
BOOTSTRAP = 500


def _family_means(gains: Numbers, member: Numbers) -> Numbers:
    return np.stack([gains[member == name].mean(axis=0) for name in np.unique(member)])


def _ends(found: Interval) -> Ends:
    return None if found.low is None or found.high is None else (found.low, found.high)


def _percentiles(values: Numbers) -> Ends:
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def _seeds_drawn(gains: Numbers, member: Numbers, generator: np.random.Generator) -> Ends:
    means = gains.mean(axis=0)
    return _percentiles(means[generator.integers(len(means), size=(BOOTSTRAP, len(means)))].mean(axis=1))


def _both_drawn(gains: Numbers, member: Numbers, generator: np.random.Generator) -> Ends:
    languages, seeds = gains.shape
    rows = generator.integers(languages, size=(BOOTSTRAP, languages))
    columns = generator.integers(seeds, size=(BOOTSTRAP, seeds))
    return _percentiles(gains[rows[:, :, None], columns[:, None, :]].mean(axis=(1, 2)))


def _families_drawn(gains: Numbers, member: Numbers, generator: np.random.Generator) -> Ends:
    table = _family_means(gains, member)
    return _both_drawn(table, member, generator)


def _run_by_run(gains: Numbers, member: Numbers, generator: np.random.Generator) -> Ends:
    """Every run as if it were a replication of its own."""
    half = quantile_t(gains.size - 1) * float(gains.std(ddof=1)) / float(np.sqrt(gains.size))
    return float(gains.mean()) - half, float(gains.mean()) + half


PRIMARY = "families and seeds (Satterthwaite), as xstilts"
INTERVALS: Mapping[str, Naive] = {
    PRIMARY: lambda gains, member, _: _ends(crossed(_family_means(gains, member))),
    "every run a replication (t)": _run_by_run,
    "seeds (t)": lambda gains, member, _: _ends(over_seeds(gains.mean(axis=0))),
    "seeds (bootstrap)": _seeds_drawn,
    "languages (t)": lambda gains, member, _: _ends(over_seeds(gains.mean(axis=1))),
    "languages and seeds (bootstrap)": _both_drawn,
    "families and seeds (bootstrap)": _families_drawn,
    "family means (t)": lambda gains, member, _: _ends(over_seeds(_family_means(gains, member).mean(axis=1))),
}


# Tables for model sizes, for data in several languages, and for calibration by size and morphology.


def ladder(truth: Truth, slope: float, sizes: Sequence[int], generator: np.random.Generator) -> pl.DataFrame:
    """A study's table with one backbone for each of ``sizes`` (weights without embeddings) and one arm, whose gain
    changes by ``slope`` points a factor of ten on average over families and seeds."""
    member = truth.member.astype(np.intp)
    steep = slope + generator.normal(0, truth.slope_family, len(truth.families))[member][:, None]
    steep = steep + generator.normal(0, truth.slope_seed, truth.seeds)[None, :]
    log = np.log10(np.asarray(sizes, dtype=np.float64))
    start = gains_of(truth, 1.0, generator)
    frames = []
    for size, away in zip(sizes, log - log.mean(), strict=True):
        rest = generator.normal(0, truth.rest, (len(member), truth.seeds))
        table = arms_table(truth, {"arm": (10_000, start + steep * away + rest)}, generator)
        frames.append(
            table.with_columns(backbone=pl.lit(f"size {size}"), parameters_nonembedding=pl.lit(size, pl.Int64))
        )
    return pl.concat(frames)


def languages_table(truth: Truth, effect: float, generator: np.random.Generator) -> pl.DataFrame:
    """A study's table with two arms of one task, as many rows and updates: in the labelled language, and in it and the
    first language of the first family. ``effect``: how much more the second gains in unseen languages, on average."""
    start = gains_of(truth, 1.0, generator)
    arms = {"one": (1000, start), "several": (1000, start + gains_of(truth, effect, generator))}
    table = arms_table(truth, arms, generator)
    several = (pl.col("arm") == "several") & (pl.col("language") == "l0")
    named = {"one": LABELLED, "several": f"{LABELLED}+l0"}
    return table.with_columns(
        intermediate=pl.when(pl.col("arm") == BASELINE).then(pl.lit("")).otherwise(pl.lit("nli")),
        intermediate_languages=pl.col("arm").replace_strict(named, default="", return_dtype=pl.String),
        updates=pl.when(pl.col("arm") == BASELINE).then(pl.lit(500)).otherwise(pl.lit(1000)).cast(pl.Int64),
        tokens=pl.when(pl.col("arm") == BASELINE).then(pl.lit(50_000)).otherwise(pl.lit(100_000)).cast(pl.Int64),
        seen=pl.when(several).then(pl.lit("labels+text")).otherwise(pl.col("seen")),
    )


def widenings(
    truth: Truth, trait: Numbers, effect: float, sizes: Sequence[int], generator: np.random.Generator
) -> pl.DataFrame:
    """Rows as of ``calibration.table``: the debiased squares of a baseline and of an arm by language, size and seed.
    The slope of the arm's widening on log10 size is ``effect`` a standard deviation of ``trait`` [languages], plus
    draws of family, language and seed; all in thousandths, so that the standard deviations of ``truth`` fit."""
    member = truth.member.astype(np.intp)
    z = (trait - trait.mean()) / trait.std()
    steep = effect * z[:, None] + gains_of(truth, 0.0, generator)
    steep = steep + z[:, None] * generator.normal(0, truth.slope_seed, truth.seeds)[None, :]
    log = np.log10(np.asarray(sizes, dtype=np.float64))
    names, count = [LABELLED, *(f"l{i}" for i in range(len(member)))], len(member) + 1
    families = [LABELLED, *(f"f{i}" for i in member)]
    frames = []
    for size, away in zip(sizes, log - log.mean(), strict=True):
        base = 5.0 + generator.normal(0, truth.baseline_seed, (count, truth.seeds))
        own = generator.normal(0, truth.seed, truth.seeds)
        change = np.vstack([np.zeros(truth.seeds), steep * away]) + own + 1.0
        change = change + np.vstack([np.zeros(truth.seeds), generator.normal(0, truth.rest, (count - 1, truth.seeds))])
        for arm, values in ((BASELINE, base), ("arm", base + change)):
            frames.append(
                pl.DataFrame(
                    {
                        "arm": [arm] * values.size,
                        "language": np.repeat(names, truth.seeds),
                        "family": np.repeat(families, truth.seeds),
                        "side": np.repeat(["labelled", *["zero-shot"] * (count - 1)], truth.seeds),
                        "seed": np.tile(np.arange(truth.seeds), count),
                        "debiased": values.ravel() / 1000,
                        "parameters_nonembedding": [size] * values.size,
                        "backbone": [f"size {size}"] * values.size,
                    }
                )
            )
    same = {"target": "target", "split": "test", "scaling": "raw"}
    return pl.concat(frames).with_columns(**{name: pl.lit(value) for name, value in same.items()})
