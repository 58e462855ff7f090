"""How gains change with the amount of intermediate data.

In: the long table of a study whose arms differ in ``intermediate_examples`` (one curve: arms whose names differ after
the first word that begins with a digit). Out: slopes over families and seeds with verdicts, the curve that the errors
follow with what it foretells.
"""

from __future__ import annotations

import math

import numpy as np

from xstilts.analysis.intervals import Interval, Numbers, crossed
from xstilts.analysis.lines import breaks
from xstilts.analysis.material import Analysis, Material
from xstilts.analysis.scaling.choose import candidates, chosen, half_size, profile, resample, size_for
from xstilts.analysis.scaling.curves import Curve, curves
from xstilts.analysis.scaling.fit import Fit
from xstilts.analysis.scaling.forms import FORMS
from xstilts.analysis.section import Finding, Section, between, counted, few, signed
from xstilts.analysis.verdict import Rule, Verdict, above, under, verdict
from xstilts.study.evidence import Evidence

SIZES = 4  # below, a slope has no curve to be seen in
POINT = 0.01  # one point, as a share of errors


def run(material: Material) -> list[Section]:
    """Slopes of all curves, then what each one follows."""
    found = list(curves(material.frame))
    if found:
        return [_slopes(found, material), *(_followed(curve) for curve in found)]
    note = (
        "Nothing can be said: the study has no arms that differ in their number of intermediate examples (named alike "
        "but for a word that begins with a digit), or their scores are not there."
    )
    return [Section("How gains change with size", ("arm",), (), 1, (note,))]


def _slopes(found: list[Curve], material: Material) -> Section:
    evidence = material.evidence
    asked = f"a gain grows by more than {evidence.slope:g} points with ten times as much intermediate data"
    lines, notes, findings = [], [], []
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
            ends = (slope.low, slope.high) if slope and (slope.degrees or 0) >= 1 else (None, None)
            about = name if group == "all" else f"{name} ({group})"
            value = slope.mean if slope else None
            findings.append(Finding(asked, about, word.word, value, *ends, word.confidence, word.why))
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
        tuple(findings),
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
    missing = [*few(sizes, SIZES, "size"), *few(seeds, evidence.seeds, "seed"), *few(families, 2, "family", "families")]
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


ANALYSIS = Analysis("scaling", "how gains change with intermediate data, and which curve the errors follow", run)
