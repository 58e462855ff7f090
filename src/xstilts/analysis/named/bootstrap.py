"""How much of a gain's uncertainty the test examples bring, beside the seeds.

In: the long table and the stored counts of its scores. Out: for each arm and target the multi-bootstrap of its mean
gain over these languages (seeds and examples drawn anew together, the same for both arms), beside seeds alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import polars as pl

from xstilts.analysis import gains
from xstilts.analysis.material import Analysis, Material
from xstilts.analysis.resample import DRAWS, Draws, Sample, multibootstrap
from xstilts.analysis.section import Section, between, signed
from xstilts.metrics import get_metric
from xstilts.metrics.metric import Counts

Reduce = Callable[[Counts], float]
FEWEST = 200
REDUCTIONS = 400_000  # of counts to a score, that one line may take; large studies get fewer draws


def run(material: Material) -> list[Section]:
    """One line an arm and target."""
    frame = gains.scored(material.frame, "zero-shot")
    lines = []
    reasons: dict[str, list[str]] = {}
    rows = frame.filter((pl.col("arm") != gains.BASELINE) & pl.col("gain").is_not_null())
    several = frame["backbone"].n_unique() > 1
    for (target, backbone, arm), group in rows.group_by(["target", "backbone", "arm"], maintain_order=True):
        base = frame.filter((pl.col("arm") == gains.BASELINE) & (pl.col("backbone") == backbone))
        found = _resampled(material, group, base.filter(pl.col("target") == target))
        name = f"{arm} ({backbone})" if several else str(arm)
        if isinstance(found, str):
            reasons.setdefault(found, []).append(f"{target} {name}")
            lines.append((str(target), name, "", "undecided", "undecided", "", "", ""))
            continue
        both, fixed = found
        lines.append(
            (
                str(target),
                name,
                signed(both.estimate),
                between(both.low, both.high),
                between(fixed.low, fixed.high),
                f"{both.below:.3f}",
                str(group["seed"].n_unique()),
                str(len(both.values)),
            )
        )
    return [
        Section(
            "Gains with seeds and test examples drawn anew (points, these languages)",
            ("target", "arm", "gain", "95 %, seeds and examples", "95 %, examples", "P(<= 0)", "seeds", "draws"),
            tuple(lines),
            2,
            (
                "Both arms use the same seeds and examples in each draw. Where the second interval "
                "is nearly as wide as the first, more seeds would not help: the test set is too small.",
                "It says nothing about other languages: see the analysis gains.",
                *(f"undecided, since {why}: {', '.join(names)}." for why, names in reasons.items()),
            ),
        )
    ]


def _resampled(material: Material, arm: pl.DataFrame, base: pl.DataFrame) -> tuple[Draws, Draws] | str:
    """The multi-bootstrap with seeds and with all seeds kept, or why there is none."""
    seeds = sorted(set(arm["seed"].to_list()) & set(base["seed"].to_list()))
    languages = sorted(set(arm["language"].to_list()) & set(base["language"].to_list()))
    if len(seeds) < 2:
        return "two seeds are needed"
    counts: list[dict[tuple[str, int], Counts]] = []
    reduce: Reduce | None = None
    for part in (arm, base):
        held: dict[tuple[str, int], Counts] = {}
        for language, seed, metric, job in part.select("language", "seed", "metric", "job").iter_rows():
            table = material.read.counts(job)
            if table is None:
                continue
            found = get_metric(metric)
            reduce = found.reduce
            held[language, seed] = np.stack([table[name].to_numpy() for name in found.columns], axis=1)
        counts.append(held)
    wanted = {(language, seed) for language in languages for seed in seeds}
    if reduce is None or any(wanted - set(held) for held in counts):
        return "counts of some scores are not in the store"
    sizes = {language: len(counts[0][language, seeds[0]]) for language in languages}
    statistic = _mean_gain(counts[0], counts[1], seeds, reduce)
    draws = min(DRAWS, max(FEWEST, REDUCTIONS // (2 * len(seeds) * len(languages))))
    return (
        multibootstrap(statistic, len(seeds), sizes, np.random.default_rng(0), draws=draws),
        multibootstrap(
            lambda sample: statistic(Sample(np.arange(len(seeds)), sample.languages, sample.examples)),
            len(seeds),
            sizes,
            np.random.default_rng(0),
            draws=draws,
        ),
    )


def _mean_gain(
    arm: dict[tuple[str, int], Counts], base: dict[tuple[str, int], Counts], seeds: list[int], reduce: Reduce
) -> Callable[[Sample], float]:
    """The mean over languages of the mean over seeds of the difference of two scores."""

    def statistic(sample: Sample) -> float:
        @cache
        def gain(language: str, place: int) -> float:
            rows, at = sample.examples[language], (language, seeds[place])
            return reduce(arm[at][rows]) - reduce(base[at][rows])

        places = [int(place) for place in sample.seeds]
        return float(np.mean([gain(language, place) for language in sample.languages for place in places]))

    return statistic


ANALYSIS = Analysis("bootstrap", "how much of the doubt about a gain the test examples bring, beside the seeds", run)
