"""What the analyses are worth: their intervals, verdicts and confidences on tables whose truth is known.

In: how many tables to plant, a seed. Out: titled tables with coverage, false verdicts and the calibration of
confidences, beside what other ways to compute them give. Every figure of xstilts comes from the functions that
reports use.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from xstilts.analysis import gains
from xstilts.analysis.calibration.binned import BINS, debiased_square, equal_mass
from xstilts.analysis.calibration.rescale import isotonic
from xstilts.analysis.intervals import Numbers, crossed, quantile_t
from xstilts.analysis.lines import breaks
from xstilts.analysis.named.gains import judged
from xstilts.analysis.named.scaling import judged as slope_judged
from xstilts.analysis.planted import INTERVALS, PRIMARY, TRUTHS, Truth, curve, results
from xstilts.analysis.proof_questions import prove_questions
from xstilts.analysis.scaling.curves import curves
from xstilts.analysis.section import Section
from xstilts.analysis.similarity.proof import similarities
from xstilts.study.evidence import Evidence

SIZES = (300, 1000, 3000, 10_000, 30_000, 100_000, 300_000)
COVERS = (0.92, 0.98)


def prove(replicates: int = 1000, claims: int = 5000, seed: int = 0) -> list[Section]:
    """All tables. ``replicates`` planted studies for each truth and effect, ``claims`` planted claims."""
    evidence = Evidence()
    streams = np.random.default_rng(seed).spawn(7)
    return [
        _coverage(replicates, streams[0]),
        _edges(replicates, evidence, streams[1]),
        _slopes(replicates // 2, evidence, streams[2]),
        *prove_questions(replicates // 2, evidence, streams[5]),
        _confidence(claims, evidence, streams[3], streams[4]),
        similarities(max(2, replicates // 10), evidence, streams[6]),
    ]


@dataclass(frozen=True)
class Study:
    """One planted study: the rows of its arm's average, and their gains [languages, seeds]."""

    rows: pl.DataFrame
    gains: Numbers


def study_of(truth: Truth, effect: float, generator: np.random.Generator) -> Study:
    """A planted study, read back from its table as a report reads it."""
    rows = gains.averaged(results(truth, effect, generator), "arm", "planted")
    wide = rows.pivot(on="seed", index="language", values="gain", sort_columns=True)
    order = [f"l{i}" for i in range(len(truth.member))]
    found = pl.DataFrame({"language": order}).join(wide, on="language", how="left", maintain_order="left")
    return Study(rows, found.drop("language").to_numpy())


def _share(hits: int, total: int) -> str:
    """A share with its Monte Carlo standard error."""
    share = hits / total
    return f"{share:.3f} ± {math.sqrt(share * (1 - share) / total):.3f}"


def _planted() -> tuple[str, ...]:
    """What the columns' names stand for."""
    said = (
        f"{truth.name}: {sum(truth.families)} languages in {len(truth.families)} families, {truth.seeds} seeds, "
        f"standard deviations of families {truth.family:g}, languages {truth.language:g}, seeds {truth.seed:g}, "
        f"rest {truth.rest:g}."
        for truth in TRUTHS
    )
    return tuple(said)


def _coverage(replicates: int, generator: np.random.Generator) -> Section:
    held = {name: [0] * len(TRUTHS) for name in INTERVALS}
    for place, truth in enumerate(TRUTHS):
        for _ in range(replicates):
            study = study_of(truth, 1.0, generator)
            for name, make in INTERVALS.items():
                ends = make(study.gains, truth.member, generator)
                if name == PRIMARY:
                    table = gains.families_by_seeds(study.rows)
                    found = None if table is None else crossed(table)
                    ends = None if found is None or found.low is None else (found.low, found.high or 0.0)
                held[name][place] += ends is not None and ends[0] <= 1.0 <= ends[1]
    return Section(
        "How often a 95 % interval of the mean gain holds the truth",
        ("interval over", *(truth.name for truth in TRUTHS)),
        tuple((name, *(_share(count, replicates) for count in counts)) for name, counts in held.items()),
        1,
        (
            f"{replicates:,} studies each, true mean 1.0; ± Monte Carlo error. Wanted: {COVERS[0]} to {COVERS[1]}.",
            *_planted(),
        ),
    )


def _edges(replicates: int, evidence: Evidence, generator: np.random.Generator) -> Section:
    """Verdicts where the truth lies on the edge of what counts as a gain, where there is none, and where it is
    large.
    """
    lines: list[tuple[str, ...]] = []
    others = [name for name in INTERVALS if name != PRIMARY]
    for truth in TRUTHS:
        for effect in (0.0, evidence.gain, 3.0):
            words = dict.fromkeys(("supported", "refuted", "undecided"), 0)
            naive = dict.fromkeys(others, 0)
            for _ in range(replicates):
                study = study_of(truth, effect, generator)
                words[judged(study.rows, evidence)[1].word] += 1
                for name in others:
                    ends = INTERVALS[name](study.gains, truth.member, generator)
                    naive[name] += ends is not None and ends[0] > evidence.gain
            shown = f"{effect:g}" + (" (edge)" if effect == evidence.gain else "")
            counts = (words["supported"], words["refuted"], *naive.values())
            lines.append((truth.name, shown, *(_share(count, replicates) for count in counts)))
    return Section(
        f'Verdicts on "the arm gains more than {evidence.gain:g} points"',
        ("planted", "true gain", "xstilts: supported", "xstilts: refuted", *(f"above, {name}" for name in others)),
        tuple(lines),
        2,
        (
            'On the edge, and without a gain, "supported" is false: wanted at most .05 (+ 2 Monte Carlo errors). At 3 '
            f"points it is right. above: the lower end of the usual interval is above {evidence.gain:g}.",
            "Fewer than six seeds are always undecided.",
        ),
        breaks(lines),
    )


def _slopes(replicates: int, evidence: Evidence, generator: np.random.Generator) -> Section:
    lines: list[tuple[str, ...]] = []
    for truth in (TRUTHS[0], TRUTHS[1], TRUTHS[4]):
        for slope in (0.0, evidence.slope, 1.0):
            held = supported = naive = straight = 0
            for _ in range(replicates):
                (found,) = curves(curve(truth, slope, SIZES, generator))
                table = found.slopes()
                interval, word = slope_judged(table, len(SIZES), evidence)
                held += interval is not None and (interval.low or 0.0) <= slope <= (interval.high or 0.0)
                supported += word.word == "supported"
                low, high = _pooled(found.gains, found.sizes)
                straight += low <= slope <= high
                naive += low > evidence.slope
            shown = f"{slope:g}" + (" (edge)" if slope == evidence.slope else "")
            lines.append((truth.name, shown, "xstilts", _share(held, replicates), _share(supported, replicates)))
            usual = (_share(straight, replicates), _share(naive, replicates))
            lines.append((truth.name, shown, "one line through all runs", *usual))
    return Section(
        "Slopes of gains on the amount of intermediate data (points a factor of ten)",
        ("planted", "true slope", "estimator", "coverage", f"slope > {evidence.slope:g}"),
        tuple(lines),
        3,
        (
            f"{replicates:,} studies each, {len(SIZES)} sizes; families' slopes vary by .3, seeds' by .15. On "
            "the edge and at 0 the last column is false: wanted at most .05. At 1 it is right.",
        ),
        breaks(lines),
    )


def _pooled(table: Numbers, sizes: Numbers) -> tuple[float, float]:
    """The usual regression of all runs [languages, sizes, seeds] on log10 of the size, as if runs were independent."""
    log = np.broadcast_to(np.log10(sizes)[None, :, None], table.shape).ravel()
    y, x = table.ravel(), log - log.mean()
    slope = float(x @ y / (x @ x))
    rest = y - y.mean() - slope * x
    error = math.sqrt(float(rest @ rest) / (len(y) - 2) / float(x @ x))
    half = quantile_t(len(y) - 2) * error
    return slope - half, slope + half


@dataclass(frozen=True)
class _Stated:
    """What was said of planted claims: confidences and whether they were right, by who said them; words and truths."""

    sure: dict[str, list[float]]
    right: dict[str, list[bool]]
    words: list[tuple[str, bool]]


OURS, USUAL, MAPPED = "xstilts", "1 - p / 2 of the t test over seeds", "xstilts, through a map fitted on other claims"


def _claimed(claims: int, evidence: Evidence, generator: np.random.Generator) -> _Stated:
    """Confidences of planted claims whose true effects are drawn from the prior."""
    truths = [truth for truth in TRUTHS if truth.seeds >= evidence.seeds]
    sure: dict[str, list[float]] = {OURS: [], USUAL: []}
    right: dict[str, list[bool]] = {name: [] for name in sure}
    words: list[tuple[str, bool]] = []
    for k in range(claims):
        truth = truths[k % len(truths)]
        effect = float(generator.normal(0, evidence.prior_gain))
        study = study_of(truth, effect, generator)
        word = judged(study.rows, evidence)[1]
        yes = effect > evidence.gain
        sure[OURS].append(word.confidence)
        right[OURS].append((word.support >= 0.5) == yes)
        words.append((word.word, yes))
        usual, side = _by_seeds(study.gains, evidence.gain)
        sure[USUAL].append(usual)
        right[USUAL].append(side == yes)
    return _Stated(sure, right, words)


def _confidence(claims: int, evidence: Evidence, generator: np.random.Generator, other: np.random.Generator) -> Section:
    """Stated confidences against how often they are right; beside them a rising map of ours, learned on other
    claims."""
    fresh, before = _claimed(claims, evidence, generator), _claimed(claims // 2, evidence, other)
    stated: dict[str, Numbers] = {name: np.array(values) for name, values in fresh.sure.items()}
    right = {name: np.array(values, dtype=np.float64) for name, values in fresh.right.items()}
    words = fresh.words
    rising = isotonic(np.array(before.sure[OURS]), np.array(before.right[OURS], dtype=np.float64))
    stated[MAPPED], right[MAPPED] = rising(stated[OURS]), right[OURS]
    lines: list[tuple[str, ...]] = []
    for name in stated:
        confidence, correct = stated[name], right[name]
        square = debiased_square(equal_mass(confidence, correct, BINS))
        lines.append(
            (
                name,
                f"{confidence.mean():.3f}",
                f"{correct.mean():.3f}",
                f"{math.sqrt(max(square, 0.0)):.3f}",
                f"{square:+.5f}",
                f"{float(((confidence - correct) ** 2).mean()):.4f}",
            )
        )
    decided = [(word, yes) for word, yes in words if word != "undecided"]
    wrong = sum((word == "supported") != yes for word, yes in decided)
    return Section(
        f"How good the stated confidence is ({claims:,} planted claims)",
        ("confidence of", "mean stated", "share right", "calibration error", "its square, debiased", "Brier"),
        tuple(lines),
        1,
        (
            f"True effects are drawn from the prior, N(0, {evidence.prior_gain:g}^2). Calibration error: root of the "
            f"debiased mean square over {BINS} bins of equal mass; wanted at most .05.",
            f"The map is isotonic, fitted on {claims // 2:,} other planted claims. It is no part of any verdict: "
            "fitted to "
            "effects drawn from the prior, it would be sure of worlds in which they are.",
            f"{len(decided):,} claims were decided, {wrong:,} of them wrongly ({wrong / max(len(decided), 1):.3f}).",
        ),
    )


def _by_seeds(table: Numbers, edge: float) -> tuple[float, bool]:
    """How sure a t test over seeds is of the side on which the mean lies, and the side."""
    from scipy.special import stdtr

    means = table.mean(axis=0)
    error = float(means.std(ddof=1)) / math.sqrt(len(means))
    away = (float(means.mean()) - edge) / error
    return float(stdtr(len(means) - 1, abs(away))), away > 0
