"""How gains change with the amount of intermediate data and with the size of the model.

In: the long table of a study whose arms differ in ``intermediate_examples`` (one curve: arms whose names differ after
the first word that begins with a digit) or whose backbones differ in size. Out: slopes over families and seeds with
verdicts, the curve that the errors follow with what it foretells, gains on four scales by model size.
"""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from xstilts.analysis import effects, gains
from xstilts.analysis.intervals import Interval, Numbers, crossed, over_seeds
from xstilts.analysis.lines import breaks
from xstilts.analysis.material import Analysis, Material
from xstilts.analysis.scaling.choose import candidates, chosen, half_size, multiplier, profile, resample, size_for
from xstilts.analysis.scaling.curves import Curve, curves
from xstilts.analysis.scaling.fit import Fit, fit
from xstilts.analysis.scaling.forms import FORMS, LOGARITHMIC
from xstilts.analysis.section import Section, between, counted, signed
from xstilts.analysis.verdict import Rule, Verdict, above, under, verdict
from xstilts.study.evidence import Evidence

SIZES = 4  # below, a slope has no curve to be seen in
POINT = 0.01  # one point, as a share of errors


def run(material: Material) -> list[Section]:
    """Data sizes first, then model sizes; what a study does not vary is not told."""
    found = list(curves(material.frame))
    told = [_slopes(found, material), *(_followed(curve) for curve in found)] if found else []
    told += _by_model(material)
    if told:
        return told
    note = (
        "Nothing can be said: the study has neither arms that differ in their number of intermediate examples (named "
        "alike but for a word that begins with a digit) nor backbones of several sizes, or their scores are not there."
    )
    return [Section("How gains change with size", ("arm",), (), 1, (note,))]


def _slopes(found: list[Curve], material: Material) -> Section:
    evidence = material.evidence
    lines, notes = [], []
    several = len({curve.backbone for curve in found}) > 1
    for curve in found:
        name = f"{curve.name} ({curve.backbone})" if several else curve.name
        parts = {group: part for group, codes in material.groups.items() if (part := curve.of(codes))}
        tables = {"all": curve.slopes(), **{group: part.slopes() for group, part in parts.items()}}
        if len(parts) == 2:
            one, other = parts.values()
            tables[" less ".join(parts)] = _difference(one, other)
        for group, table in tables.items():
            if not table.size:
                notes.append(f"{name}, {group}: no family has languages in both groups.")
                continue
            slope, word = judged(table, len(curve.sizes), evidence)
            lines.append(
                (
                    name,
                    "same" if curve.same_updates else "more",
                    group,
                    word.word,
                    signed(slope.mean if slope else None),
                    between(slope.low, slope.high) if slope and (slope.degrees or 0) >= 1 else "undecided",
                    f"{word.support:.2f}",
                    counted(table.shape[0], "family", "families"),
                )
            )
            if word.why:
                notes.append(f"{name}, {group}: undecided, since {'; '.join(word.why)}.")
        notes.append(f"{name}: {len(curve.sizes)} sizes, {curve.sizes[0]:,.0f} to {curve.sizes[-1]:,.0f} examples.")
        if curve.left_out:
            notes.append(f"{name}: {curve.left_out} languages or seeds lack a cell and were left out.")
    return Section(
        f"Does a gain grow with intermediate data by more than {evidence.slope:g} points a factor of ten?",
        ("curve", "updates", "languages", "verdict", "slope", "95 %", "P(yes)", "over"),
        tuple(lines),
        4,
        (
            "slope: points for ten times as many examples, by least squares in each family and seed, with the interval "
            "over both. updates: the same at every size, or more with more data; only the former tells data from "
            "training longer.",
            *notes,
        ),
        breaks(lines),
    )


def _difference(one: Curve, other: Curve) -> Numbers:
    """Slopes of ``one`` less those of ``other`` [families, seeds], in the families that have languages in both."""
    first, second = one.slopes(), other.slopes()
    names, others = list(dict.fromkeys(one.families)), list(dict.fromkeys(other.families))
    shared = [name for name in names if name in others]
    rows = [first[names.index(name)] - second[others.index(name)] for name in shared]
    return np.array(rows, dtype=np.float64).reshape(len(rows), first.shape[1])


def judged(table: Numbers, sizes: int, evidence: Evidence) -> tuple[Interval | None, Verdict]:
    """The interval of the mean of slopes [families, seeds] and the verdict on "more than the smallest of interest"."""
    families, seeds = table.shape
    found = crossed(table)
    missing = []
    if sizes < SIZES:
        missing.append(f"{counted(sizes, 'size')}, {SIZES} are needed")
    if seeds < evidence.seeds:
        missing.append(f"{counted(seeds, 'seed')}, {evidence.seeds} are needed")
    if families < 2:
        missing.append(f"{counted(families, 'family', 'families')}, 2 are needed")
    rule = Rule(above(evidence.slope), under(evidence.slope), evidence.prior_slope)
    if found.degrees is None and found.error is not None:
        missing.append("the slopes show no spread at all")
        return found, verdict(None, None, rule, missing=missing)
    return found, verdict(found.mean, found.error, rule, found.degrees, missing=missing)


def _followed(curve: Curve) -> Section:
    """The forms side by side, and what the best one says of data that would be needed."""
    means = curve.errors.mean(axis=(0, 2))
    by_seed = curve.errors.mean(axis=0)
    seeds = by_seed.shape[1]
    errors = by_seed.std(axis=1, ddof=1) / math.sqrt(seeds) if seeds > 2 else None
    if errors is not None and (errors <= 0).any():
        errors = None
    forms = [form for form in FORMS.values() if form.factors == 1]
    able = [form for form in forms if len(curve.sizes) >= form.least]
    title = f"Which curve the error follows: {curve.name} ({curve.backbone})"
    columns = ("form", "parameters", "AICc", "missed at the largest")
    if not able:
        note = f"Undecided: {len(curve.sizes)} sizes, a curve needs {min(form.least for form in forms)}."
        return Section(title, columns, (), 2, (note,))
    tried = candidates(able, curve.sizes, means, errors)
    best, why = chosen(tried)
    lines = []
    for one in tried:
        aicc = one.aicc
        parameters = _parameters(one.fit) if isinstance(one.fit, Fit) else f"undecided: {one.fit.reason}"
        ahead = "" if one.ahead is None else f"{100 * one.ahead:.1f} %"
        lines.append((one.form.name, parameters, "" if aicc is None else f"{aicc:.1f}", ahead))
    notes = [f"form: {'chosen' if best else 'undecided'}; {why}."]
    few = [form.name for form in forms if form not in able]
    if few:
        notes.append(f"{len(curve.sizes)} sizes are too few for: {', '.join(few)}.")
    if best is not None and isinstance(best.fit, Fit):
        notes += _foretold(curve, best.fit, means)
    return Section(title, columns, tuple(lines), 2, tuple(notes))


def _parameters(found: Fit) -> str:
    said = ", ".join(f"{name} {value:.3g}" for name, value in found.values.items())
    return said + (" (an exponent at its bound)" if found.bound else "")


def _foretold(curve: Curve, found: Fit, means: Numbers) -> list[str]:
    """Sentences about the chosen curve, each with its bootstrap interval."""
    baseline = float(curve.baseline.mean())
    draws = resample(found, curve.sizes, curve.errors, curve.families, np.random.default_rng(0))
    notes = [
        f"{found.form.formula}; {len(draws.fits):,} bootstrap fits, {draws.bound:.0%} with an exponent at a bound."
    ]
    half, interval = half_size(found, baseline), draws.interval(lambda one: half_size(one, baseline))
    notes.append(f"half of the largest gain: {_examples(half, interval)}.")
    last = float(found.error_at([curve.sizes[-1]])[0])
    more = size_for(found, last - POINT) if last > POINT else None
    interval = draws.interval(lambda one: size_for(one, float(one.error_at([curve.sizes[-1]])[0]) - POINT))
    notes.append(f"one more point than at the largest size: {_examples(more, interval)}.")
    for k in found.form.exponents:
        ends = profile(found, curve.sizes, means, k)
        shown = between(*ends, 3) if ends else "undecided"
        notes.append(f"elasticity of the error above its end: {-found.free[k]:.3f} (exponent, profile: {shown}).")
    return notes


def _examples(value: float | None, interval: tuple[float, float] | None) -> str:
    if value is None:
        return "undecided, the curve does not reach it"
    between_ends = (
        f"{interval[0]:,.0f} .. {interval[1]:,.0f}" if interval else "no interval, many draws do not reach it"
    )
    return f"at {value:,.0f} examples ({between_ends})"


def _by_model(material: Material) -> list[Section]:
    """Gains on four scales by model size, with slopes."""
    frame = material.frame.filter(pl.col("parameters_nonembedding").is_not_null())
    if frame["parameters_nonembedding"].n_unique() < 2:
        return []
    rows = gains.scored(gains.clear(frame), "zero-shot").filter(~pl.col("self_pair") & pl.col("gain").is_not_null())
    lines, notes = [], []
    for (arm,), group in rows.group_by(["arm"], maintain_order=True):
        by_size = group.group_by("parameters_nonembedding", "seed").agg(pl.col("score", "baseline").mean())
        by_size = by_size.sort("parameters_nonembedding", "seed")
        sizes = sorted(by_size["parameters_nonembedding"].unique().to_list())
        base = _base_curve(by_size, sizes)
        for size in sizes:
            its = by_size.filter(pl.col("parameters_nonembedding") == size)
            lines.append((str(arm), f"{size / 1e6:,.3g} M", *_four(its, float(size), base), str(its.height)))
        slope, word = _model_slope(group, len(sizes), material.evidence)
        lines.append(
            (
                str(arm),
                "a factor of ten",
                f"{signed(slope.mean)} ({between(slope.low, slope.high)})" if slope else "undecided",
                word.word,
                "",
                "",
                "",
            )
        )
        if word.why:
            notes.append(f"{arm}: undecided, since {'; '.join(word.why)}.")
    if not lines:
        return []
    return [
        Section(
            "Gains by model size, on four scales",
            ("arm", "weights", "points", "errors less", "log odds", "as a model larger by", "seeds"),
            tuple(lines),
            2,
            (
                "weights: without embeddings. as a model larger by: the factor at which the fitted curve of "
                "the baseline reaches the arm's error; a constant factor makes points shrink with size.",
                f"a factor of ten: the slope of the gain in points and the verdict on a fall of more than "
                f"{material.evidence.slope:g} points.",
                *notes,
            ),
        )
    ]


def _base_curve(rows: pl.DataFrame, sizes: list[int]) -> Fit | None:
    """The baseline's error by model size: a line in the logarithm below seven sizes, a saturating curve from there
    on.
    """
    means = rows.group_by("parameters_nonembedding").agg(pl.col("baseline").mean()).sort("parameters_nonembedding")
    errors = 1 - means["baseline"].to_numpy() / 100
    form = FORMS["saturating"] if len(sizes) >= FORMS["saturating"].least else FORMS[LOGARITHMIC]
    found = fit(form, np.array(sizes, dtype=np.float64), errors)
    return found if isinstance(found, Fit) else None


def _four(rows: pl.DataFrame, size: float, base: Fit | None) -> tuple[str, str, str, str]:
    pairs = list(zip(rows["score"].to_list(), rows["baseline"].to_list(), strict=True))
    points = sum(a - b for a, b in pairs) / len(pairs)
    less = [effects.error_reduction(a, b) for a, b in pairs]
    logits = [effects.logit_gain(a, b) for a, b in pairs]
    error = 1 - sum(a for a, _ in pairs) / len(pairs) / 100
    factor = multiplier(base, size, error) if base else None
    return (
        signed(points),
        signed(_mean(less)),
        signed(_mean(logits)),
        "undecided" if factor is None else f"{factor:.2f}",
    )


def _mean(values: list[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return sum(found) / len(found) if found and len(found) == len(values) else None


def _model_slope(rows: pl.DataFrame, sizes: int, evidence: Evidence) -> tuple[Interval | None, Verdict]:
    """The slope of the gain a factor of ten in size, by family and seed; supported if it falls."""
    cells = rows.group_by("family", "seed", "parameters_nonembedding").agg(pl.col("gain").mean())
    table: dict[str, dict[int, float]] = {}
    for (family, seed), its in cells.group_by(["family", "seed"], maintain_order=True):
        if its.height == sizes:
            log = np.log10(its["parameters_nonembedding"].to_numpy())
            table.setdefault(str(family), {})[int(str(seed))] = float(np.polyfit(log, its["gain"].to_numpy(), 1)[0])
    rule = Rule(under(-evidence.slope), above(-evidence.slope), evidence.prior_slope)
    shared = sorted(set.intersection(*(set(seeds) for seeds in table.values()))) if table else []
    if not shared:
        return None, verdict(None, None, rule, missing=["no family and seed has every size"])
    wide = np.array([[seeds[seed] for seed in shared] for _, seeds in sorted(table.items())])
    missing = [] if sizes >= SIZES else [f"{counted(sizes, 'size')}, {SIZES} are needed"]
    if len(shared) < evidence.seeds:
        missing.append(f"{counted(len(shared), 'seed')}, {evidence.seeds} are needed")
    found = crossed(wide) if wide.shape[0] > 1 else over_seeds(wide[0])
    if wide.shape[0] < 2:
        missing.append("1 family, 2 are needed")
    if found.degrees is None:
        missing.append("the slopes show no spread")
        return found, verdict(None, None, rule, missing=missing)
    return found, verdict(found.mean, found.error, rule, found.degrees, missing=missing)


ANALYSIS = Analysis("scaling", "how gains change with intermediate data and with model size, and which curve fits", run)
