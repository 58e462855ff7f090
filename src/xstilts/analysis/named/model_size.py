"""Whether a gain shrinks as the model grows, on four scales, and which law of model and data size the errors follow.

In: the long table of a study with backbones of several sizes of one family. Out: gains by size, slopes with a verdict,
the same by target, for the probabilities (log loss, Brier) where predictions are there, and what the lines foretell:
never beyond three times the largest size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from xstilts.analysis import gains
from xstilts.analysis.calibration.table import RAW
from xstilts.analysis.intervals import Interval, Numbers, crossed
from xstilts.analysis.lines import breaks
from xstilts.analysis.material import Analysis, Material
from xstilts.analysis.mixed import Unfit
from xstilts.analysis.model_size import FACTOR, ODDS, POINTS, REACH, SCALES, Ladder, ladder, ladders
from xstilts.analysis.multiplicity import holm
from xstilts.analysis.scaling.both import Grid, grids
from xstilts.analysis.scaling.choose import chosen
from xstilts.analysis.section import Finding, Section, between, counted, few, signed
from xstilts.analysis.verdict import Rule, Verdict, above, under, verdict
from xstilts.study.evidence import Evidence

SIZES = 3  # fewer have no slope that could be wrong
ALSO = 0.8  # chance of a fall in log odds, below which a fall in points is one in points only


def run(material: Material) -> list[Section]:
    """All that can be said; of a study of one size that it has one."""
    found = list(ladders(material.frame))
    if not found:
        note = (
            "Nothing can be said: the study has no backbones of several sizes with gains in zero-shot languages of "
            "targets that all of them learned, or their scores are not there."
        )
        return [Section("Gains by model size", ("arm",), (), 1, (note,))]
    told = [_slopes(found, material.evidence), _by_size(found), _by_target(material.frame), _ahead(found)]
    told += [*_probabilities(material), *(_laws(grid) for grid in grids(material.frame))]
    return [one for one in told if one.rows]


def judged(table: Numbers, sizes: int, evidence: Evidence) -> tuple[Interval | None, Verdict]:
    """The interval of the mean of slopes [families, seeds] in points, and the verdict on "the gain falls by more than
    the smallest slope of interest"."""
    families, seeds = table.shape
    found = crossed(table)
    missing = [*few(sizes, SIZES, "size"), *few(seeds, evidence.seeds, "seed"), *few(families, 2, "family", "families")]
    rule = Rule(under(-evidence.slope), above(-evidence.slope), evidence.prior_slope)
    if found.degrees is None or not found.error:
        return found, verdict(None, None, rule, missing=[*missing, *([] if missing else ["no spread at all"])])
    return found, verdict(found.mean, found.error, rule, found.degrees, missing=missing)


def falls(found: Interval | None) -> float | None:
    """The probability that the true slope is below 0, from the interval's own t distribution; None without a spread."""
    from scipy.special import stdtr

    if found is None or not found.error or not found.degrees:
        return None
    return float(stdtr(found.degrees, -found.mean / found.error))


def _slopes(found: Sequence[Ladder], evidence: Evidence) -> Section:
    asked = f"a gain shrinks by more than {evidence.slope:g} points as the model grows tenfold"
    lines: list[tuple[str, ...]] = []
    findings: list[Finding] = []
    notes: dict[str, list[str]] = {}
    for one in found:
        values = one.gains()
        points = judged(one.slopes(_known(values[POINTS])), len(one.sizes), evidence)
        slope, word = points
        ends = (slope.low, slope.high) if slope and slope.error and (slope.degrees or 0) >= 1 else (None, None)
        mean = slope.mean if slope else None
        findings.append(Finding(asked, one.arm, word.word, mean, *ends, word.confidence, word.why))
        for scale in SCALES:
            table = values[scale]
            if table is None:
                lines.append((one.arm, scale, "", "undecided", "undecided", "", ""))
                notes.setdefault(f"{scale} undecided, since {_undefined(scale)}", []).append(one.arm)
                continue
            slope, said = (points[0], word.word) if scale == POINTS else (crossed(one.slopes(table)), "")
            lines.append(
                (
                    one.arm,
                    scale,
                    said,
                    signed(slope.mean if slope else None, 3 if scale != POINTS else 2),
                    _ends(slope, 3 if scale != POINTS else 2),
                    _chance(falls(slope)),
                    counted(table.shape[0], "family", "families"),
                )
            )
        for remark in _remarks(one, points[1], values[ODDS]):
            notes.setdefault(remark, []).append(one.arm)
    return Section(
        f"Does the gain shrink by more than {evidence.slope:g} points as the model grows tenfold?",
        ("arm", "scale", "verdict", "slope", "95 %", "P(falls)", "over"),
        tuple(lines),
        3,
        (
            "slope: a factor of ten in weights without embeddings, by least squares in each family and seed; the "
            "interval "
            "is over both. P(falls): of the interval's t distribution, without a prior.",
            "points shrink wherever the error does. errors less: the share of the baseline's errors; log odds: without "
            "ceiling; larger by: log10 of the factor by which a larger model would gain as much, on the curve that all "
            "families share.",
            *(f"{remark}: {', '.join(arms)}." for remark, arms in notes.items()),
        ),
        breaks(lines),
        tuple(findings),
    )


def _undefined(scale: str) -> str:
    if scale == FACTOR:
        return "no larger model of this family would gain as much (the baseline's curve does not reach it)"
    return "a score is 0 or 100"


def _remarks(one: Ladder, word: Verdict, odds: Numbers | None) -> Iterator[str]:
    if one.self_pairs:
        yield "self-pairs only, further training on the target's own data"
    if word.why:
        yield f"undecided, since {'; '.join(word.why)}"
    if one.left_out:
        yield f"{one.left_out} families or seeds lack a size and were left out"
    chance = falls(crossed(one.slopes(odds))) if odds is not None else None
    if word.word == "supported" and (chance is None or chance < ALSO):
        yield "in points only, log odds do not show the fall"


def _by_size(found: Sequence[Ladder]) -> Section:
    lines = []
    for one in found:
        values = one.gains()
        for place, size in enumerate(one.sizes):
            points = crossed(_known(values[POINTS])[:, place])
            others = [values[scale] for scale in SCALES[1:]]
            means = [None if table is None else float(table[:, place].mean()) for table in others]
            factor = "undecided" if means[2] is None else f"{10 ** means[2]:.2f}"
            lines.append(
                (
                    one.arm,
                    _weights(size),
                    f"{one.baselines[:, place].mean():.1f}",
                    signed(points.mean),
                    _ends(points),
                    signed(means[0], 3),
                    signed(means[1], 3),
                    factor,
                    str(len(one.seeds)),
                )
            )
    return Section(
        "Gains by model size, on four scales",
        ("arm", "weights", "baseline", "points", "95 %", "errors less", "log odds", "larger by", "seeds"),
        tuple(lines),
        2,
        ("weights: without embeddings. baseline: its score. Families alike; 95 %: over families and seeds.",),
        breaks(lines),
    )


def _by_target(frame: pl.DataFrame) -> Section:
    """Each target alone, self-pairs too: secondary comparisons, adjusted for all of them."""
    rows = gains.scored(gains.clear(frame.filter(pl.col("parameters_nonembedding").is_not_null())), "zero-shot")
    rows = rows.filter(pl.col("gain").is_not_null() & (pl.col("family") != ""))
    found = []
    for (arm, target), its in rows.group_by(["arm", "target"], maintain_order=True):
        one = ladder(str(arm), its)
        if one is not None and len(one.sizes) >= SIZES:
            found.append((str(target), one, crossed(one.slopes(one.scores - one.baselines))))
    tested = [_two_sided(slope) for *_, slope in found]
    adjusted = iter(holm([p for p in tested if p is not None]).tolist() if any(p is not None for p in tested) else [])
    lines = [
        (
            target,
            one.arm,
            "self-pair" * one.self_pairs,
            signed(slope.mean),
            _ends(slope),
            "" if p is None else f"{next(adjusted):.3f}",
        )
        for (target, one, slope), p in zip(found, tested, strict=True)
    ]
    return Section(
        "Slopes by target (points a factor of ten)",
        ("target", "arm", "mark", "slope", "95 %", "p (Holm)"),
        tuple(lines),
        3,
        ("p: no slope at all, adjusted for all lines of this table.",),
        breaks(lines),
    )


def _ahead(found: Sequence[Ladder]) -> Section:
    lines = []
    for one in found:
        if len(one.sizes) < SIZES:
            continue
        for factor in (1.0, REACH):
            size = factor * float(one.sizes.max())
            there = one.ahead(size)
            lines.append(
                (one.arm, _weights(size), "run" if factor == 1 else "not run", signed(there.mean), _ends(there))
            )
    return Section(
        "What the lines foretell (points)",
        ("arm", "weights", "size", "gain", "95 %"),
        tuple(lines),
        3,
        (f"Beyond {REACH:g} times the largest size nothing is said.",),
        breaks(lines),
    )


def _probabilities(material: Material) -> list[Section]:
    """Gains of log loss and Brier score, which see progress that accuracy hides."""
    rows = material.calibrated.rows
    if rows.is_empty() or rows["parameters_nonembedding"].n_unique() < SIZES:
        return []
    rows = rows.filter((pl.col("scaling") == RAW) & (pl.col("side") == "zero-shot") & (pl.col("family") != ""))
    lines = []
    for measure, title in (("log_loss", "log loss"), ("brier", "Brier")):
        keys = ["backbone", "target", "language", "split", "seed"]
        base = rows.filter(pl.col("arm") == gains.BASELINE).select(*keys, baseline=-100 * pl.col(measure))
        arms = rows.filter(pl.col("arm") != gains.BASELINE).with_columns(score=-100 * pl.col(measure))
        paired = arms.join(base, on=keys, how="inner", maintain_order="left").with_columns(self_pair=pl.lit(False))
        for (arm,), its in paired.group_by(["arm"], maintain_order=True):
            one = ladder(str(arm), its)
            if one is None:
                continue
            gain = one.scores - one.baselines
            slope = crossed(one.slopes(gain))
            ends = [signed(float(gain[:, place].mean())) for place in (0, -1)]
            lines.append((title, str(arm), *ends, signed(slope.mean), _ends(slope), _chance(falls(slope))))
    return [
        Section(
            "Gains of the probabilities by model size (x 100; above 0: better)",
            ("measure", "arm", "smallest", "largest", "slope", "95 %", "P(falls)"),
            tuple(lines),
            2,
            ("Classification and multiple choice, self-pairs too, unscaled probabilities; log loss in nats.",),
            breaks(lines),
        )
    ]


def _laws(grid: Grid) -> Section:
    tried = grid.tried()
    lines = []
    for one in tried:
        if isinstance(one.fit, Unfit):
            said = f"undecided: {one.fit.reason}"
        else:
            said = ", ".join(f"{name} {value:.3g}" for name, value in one.fit.values.items())
            said += " (an exponent at its bound)" * one.fit.bound
        aicc = "" if one.aicc is None else f"{one.aicc:.1f}"
        lines.append((one.form.name, said, aicc, "" if one.ahead is None else f"{100 * one.ahead:.1f} %"))
    best, why = chosen(tried)
    cells = len(grid.cells)
    note = f"law: {best.form.name if best else 'undecided'}; {why}."
    few = "" if cells >= 15 else f" {cells} cells are too few for the laws with exponents, which need 15."
    return Section(
        f"Which law of model size N and data size D the errors follow: {grid.name}",
        ("law", "parameters", "AICc", "missed at the largest cell"),
        tuple(lines),
        2,
        (
            f"{counted(cells, 'cell')}, {counted(grid.seeds, 'seed')}, targets {', '.join(grid.targets)}. The "
            "largest cell "
            "was left out of the fit that has to foretell it.",
            note + few,
        ),
    )


def _known(table: Numbers | None) -> Numbers:
    return np.zeros((0, 0, 0)) if table is None else table


def _weights(size: float) -> str:
    return f"{size / 1e6:,.3g} M" if size >= 1e6 else f"{size / 1e3:,.3g} k"


def _ends(found: Interval | None, digits: int = 2) -> str:
    known = found is not None and found.error and found.degrees and found.degrees >= 1
    return between(found.low, found.high, digits) if found is not None and known else "undecided"


def _chance(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _two_sided(found: Interval) -> float | None:
    chance = falls(found)
    return None if chance is None or (found.degrees or 0) < 1 else 2 * min(chance, 1 - chance)


ANALYSIS = Analysis("model_size", "whether a gain shrinks as the model grows, on four scales", run)
