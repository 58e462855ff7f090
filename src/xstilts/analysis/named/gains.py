"""What each arm gains in languages without labels, with a verdict.

In: the long table. Out: the primary interval of each arm's mean gain (families of languages and seeds both vary) with
the verdict on "it gains more than the smallest gain of interest"; effect sizes over seeds; languages in which a gain is
found; runs that could not be used or did not learn.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from xstilts.analysis import effects, gains
from xstilts.analysis.intervals import Interval, crossed, over_seeds
from xstilts.analysis.material import Analysis, Material
from xstilts.analysis.multiplicity import accepted, benjamini_hochberg, holm
from xstilts.analysis.section import Finding, Section, between, few, signed
from xstilts.analysis.verdict import Rule, Verdict, above, posterior, under, verdict
from xstilts.study.evidence import Evidence

FALSE_SHARE = 0.10
LEARNED = 5.0  # points above the floor in the labelled language, below which a run is degenerate
LARGE = 3e9  # weights without embeddings from which three seeds may decide, at .99


@dataclass(frozen=True)
class _Average:
    """One average to judge: the arm's name, what it is over, and its rows."""

    arm: str
    over: str
    rows: pl.DataFrame


def run(material: Material) -> list[Section]:
    """The sections."""
    frame = material.frame
    several = frame["backbone"].n_unique() > 1
    used = []
    for backbone in frame["backbone"].unique(maintain_order=True):
        for arm in frame["arm"].unique(maintain_order=True):
            rows = gains.averaged(frame, str(arm), str(backbone))
            if arm != gains.BASELINE and not rows.is_empty():
                used.append(_Average(f"{arm} ({backbone})" if several else str(arm), "all", rows))
    if not used:
        note = "Nothing can be said: no arm has a paired gain in a zero-shot language of a target that was learned."
        return [Section("Gain of each arm (points)", ("arm",), (), 1, (note,)), *_runs(frame)]
    both = [one for whole in used for one in _with_and_without(whole)]
    return [
        _primary(both, material.evidence),
        _effects(both),
        *_languages(used, material.evidence),
        *_runs(frame),
        *_learned(used, frame, material.evidence),
    ]


def _with_and_without(whole: _Average) -> list[_Average]:
    """An average, and the same without retrieval, whose gains may hide all others."""
    rest = whole.rows.filter(~pl.col("task_type").is_in(gains.UNTRAINED))
    mixed = 0 < rest.height < whole.rows.height
    return [whole, *([_Average(whole.arm, "no retrieval", rest)] if mixed else [])]


def judged(rows: pl.DataFrame, evidence: Evidence) -> tuple[Interval | None, Verdict]:
    """The primary interval of the mean gain in ``rows`` and the verdict on whether it is above the smallest of
    interest.
    """
    table = gains.families_by_seeds(rows)
    seeds = 0 if table is None else table.shape[1]
    families = 0 if table is None else table.shape[0]
    found = None if table is None else crossed(table)
    parameters = rows["parameters_nonembedding"].max() if "parameters_nonembedding" in rows.columns else None
    large = isinstance(parameters, int) and parameters >= LARGE and 3 <= seeds < evidence.seeds
    missing = [*few(seeds, 0 if large else evidence.seeds, "seed"), *few(families, 2, "family", "families")]
    if found is not None and found.degrees is None and found.error is not None:
        missing.append("the gains show no spread at all")
    rule = Rule(above(evidence.gain), under(evidence.gain), evidence.prior_gain)
    known = found is not None and found.error is not None and found.degrees is not None
    mean, error, degrees = (found.mean, found.error, found.degrees) if found and known else (None, None, None)
    return found, verdict(mean, error, rule, degrees, missing=missing, few=large)


def _primary(used: list[_Average], evidence: Evidence) -> Section:
    told = [(one, *judged(one.rows, evidence)) for one in used]
    chances = [_chance(found) for _, found, _ in told]
    known = [p for p in chances if p is not None]
    adjusted = iter(holm(known).tolist() if known else [])
    asked = f"an arm gains more than {evidence.gain:g} points in languages without labels"
    lines, findings = [], []
    reasons: dict[str, dict[str, None]] = {}
    for (one, found, word), chance in zip(told, chances, strict=True):
        sure = found is not None and found.degrees is not None and found.degrees >= 1
        lines.append(
            (
                one.arm,
                one.over,
                word.word,
                signed(found.mean if found else None),
                between(found.low, found.high) if found and sure else "undecided",
                signed(_alike(one.rows)),
                "" if chance is None else f"{next(adjusted):.3f}",
                f"{word.support:.2f}",
                f"{word.confidence:.2f}",
            )
        )
        if word.why:
            reasons.setdefault("; ".join(word.why), {})[one.arm] = None
        ends = (found.low, found.high) if found and sure else (None, None)
        mean = found.mean if found else None
        whole = asked if one.over == "all" else f"{asked}, {one.over}"
        findings.append(Finding(whole, one.arm, word.word, mean, *ends, word.confidence, word.why))
    return Section(
        f"Does an arm gain more than {evidence.gain:g} points, for new languages and new seeds?",
        ("arm", "over", "verdict", "gain", "95 %", "alike", "p (Holm)", "P(yes)", "sure"),
        tuple(lines),
        3,
        (
            "gain: zero-shot languages of learned targets without self-pairs, families alike, with "
            "Satterthwaite's interval over families and seeds.",
            "alike: the mean that weighs languages instead. p: no gain at all, adjusted for all lines. sure: the "
            "confidence of the verdict.",
            f"supported: P(gain > {evidence.gain:g}) is .95 or more under priors of {evidence.prior_gain / 2:g}, "
            f"{evidence.prior_gain:g} and {evidence.prior_gain * 2:g} points; refuted: likewise for less.",
            *(f"undecided, since {why}: {', '.join(names)}." for why, names in reasons.items()),
        ),
        findings=tuple(findings),
    )


def _chance(found: Interval | None) -> float | None:
    from scipy.special import stdtr

    if found is None or not found.error or found.degrees is None or found.degrees < 1:
        return None
    return float(2 * stdtr(found.degrees, -abs(found.mean / found.error)))


def _alike(rows: pl.DataFrame) -> float | None:
    """The mean gain in which languages weigh alike."""
    found = rows.group_by("language").agg(pl.col("gain").mean())["gain"].mean()
    return float(found) if isinstance(found, float) else None


def _effects(used: list[_Average]) -> Section:
    lines = []
    for one in used:
        rows = one.rows
        seeds = rows.group_by("seed").agg(pl.col("gain", "score", "baseline").mean()).sort("seed")
        found = effects.paired(seeds["gain"].to_numpy())
        language = rows.group_by("language").agg(pl.col("gain").mean())
        better, total = int((language["gain"] > 0).sum()), language.height
        low, high = effects.wilson(better, total)
        scores = list(zip(seeds["score"], seeds["baseline"], strict=True))
        lines.append(
            (
                one.arm,
                one.over,
                str(seeds.height),
                signed(found.corrected) if found else "undecided",
                f"{found.p_flips:.3f}" if found and found.p_flips is not None else "",
                f"{found.factor:.2g}" if found else "",
                f"{effects.improvement(seeds['score'].to_numpy(), seeds['baseline'].to_numpy()):.2f}",
                f"{better}/{total}",
                f"{100 * low:.0f} .. {100 * high:.0f} %",
                signed(_mean([effects.error_reduction(a, b) for a, b in scores])),
                signed(_mean([effects.logit_gain(a, b) for a, b in scores])),
            )
        )
    return Section(
        "How large the gains are, over seeds (these languages only)",
        ("arm", "over", "seeds", "d", "p", "BF", "P(better)", "up in", "their share", "errors", "log odds"),
        tuple(lines),
        2,
        (
            "d: mean gain / its SD over seeds, corrected for few seeds (Hedges). p: exact test of sign flips, which "
            "can not fall below .05 with fewer than six seeds.",
            "BF: odds for an effect against none. P(better): a run of the arm beats a run of the baseline. up in: "
            "languages with a gain above 0, and Wilson's interval of their share.",
            "errors: share of the baseline's errors that is avoided; log odds: gain without ceiling.",
        ),
    )


def _mean(values: list[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return sum(found) / len(found) if found and len(found) == len(values) else None


def _languages(used: list[_Average], evidence: Evidence) -> list[Section]:
    """Single languages in which a gain or a loss is found: exploration, with the expected share of false finds held."""
    tried: list[tuple[str, str, Interval]] = []
    for one in used:
        for (language,), its in one.rows.group_by(["language"], maintain_order=True):
            found = over_seeds(its.group_by("seed").agg(pl.col("gain").mean())["gain"].to_numpy())
            if found.error and found.degrees and found.units >= evidence.seeds:
                tried.append((one.arm, str(language), found))
    if not tried:
        return []
    adjusted = benjamini_hochberg([_chance(found) or 0.0 for *_, found in tried])
    sides = []
    for *_, found in tried:
        belief = posterior(found.mean, found.error or 0.0, evidence.prior_gain, found.degrees)
        sides.append(above(evidence.language).holds(belief) if found.mean > 0 else belief.below(-evidence.language))
    taken = accepted(sides)
    lines = [
        (arm, language, signed(found.mean), between(found.low, found.high), f"{p:.3f}", f"{side:.2f}", "yes" * take)
        for (arm, language, found), p, side, take in zip(tried, adjusted, sides, taken, strict=True)
        if take or p <= FALSE_SHARE
    ]
    return [
        Section(
            f"Single languages, explored ({len(lines)} of {len(tried)} shown)",
            ("arm", "language", "gain", "95 % over seeds", "p (BH)", f"P(> {evidence.language:g})", "found"),
            tuple(lines),
            2,
            (
                f"Shown: p at most {FALSE_SHARE:g} after Benjamini and Hochberg, or found. found: gain or loss "
                f"of more than {evidence.language:g} points, at most 5 % of the finds expected to be false.",
            ),
        )
    ]


RUN = ("backbone", "arm", "target", "seed")


def _runs_of(frame: pl.DataFrame) -> pl.DataFrame:
    """One row a run with a score in the labelled language: ``RUN`` and ``above``, its points above the floor."""
    own = gains.scored(frame, "labelled").filter(pl.col("floor").is_not_null())
    return own.group_by(*RUN, maintain_order=True).agg((pl.col("score") - pl.col("floor")).mean().alias("above"))


def _learned(used: list[_Average], frame: pl.DataFrame, evidence: Evidence) -> list[Section]:
    """The same gains without the pairs in which the arm's run or the baseline's is degenerate; nothing where none
    is."""
    degenerate = _runs_of(frame).filter(pl.col("above") <= LEARNED).select(*RUN)
    of_baseline = degenerate.filter(pl.col("arm") == gains.BASELINE).drop("arm")
    lines = []
    for one in used:
        rest = one.rows.join(degenerate, on=list(RUN), how="anti", maintain_order="left")
        rest = rest.join(of_baseline, on=[name for name in RUN if name != "arm"], how="anti", maintain_order="left")
        if rest.height == one.rows.height:
            continue
        seeds = one.rows.group_by("seed").agg(pl.col("gain").mean())["gain"]
        dropped = one.rows.height - rest.height
        found, word = judged(rest, evidence) if rest.height else (None, None)
        lines.append(
            (
                one.arm,
                f"{dropped} of {one.rows.height}",
                signed(_mean(one.rows["gain"].to_list())),
                signed(_number(seeds.median())),
                signed(found.mean if found else None),
                between(found.low, found.high) if found and found.degrees else "undecided",
                word.word if word else "undecided",
            )
        )
    columns = ("arm", "scores left out", "gain", "median of seeds", "gain without", "95 %", "verdict")
    notes = (
        "The verdict above counts every run. Here every pair is left out of which one run lies less than "
        f"{LEARNED:g} points above the floor in the labelled language.",
    )
    return [Section("Gains without runs that did not learn", columns, tuple(lines), 1, notes)] if lines else []


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _runs(frame: pl.DataFrame) -> list[Section]:
    """Runs without a score or partner, and runs that did not learn their target."""
    lines = []
    every = _runs_of(frame)
    for (backbone, arm), rows in frame.group_by(["backbone", "arm"], maintain_order=True):
        runs = every.filter((pl.col("arm") == arm) & (pl.col("backbone") == backbone))
        degenerate = runs.filter(pl.col("above") <= LEARNED).height
        missing = int(rows["score"].null_count())
        unpaired = rows.filter(pl.col("score").is_not_null() & pl.col("gain").is_null()).height
        unpaired = 0 if arm == gains.BASELINE else unpaired
        if degenerate or missing or unpaired:
            lines.append((f"{arm} ({backbone})", str(missing), str(unpaired), f"{degenerate} of {runs.height}"))
    note = f"degenerate: at most {LEARNED:g} points above the floor in the labelled language; kept in all averages."
    columns = ("arm", "no score", "no partner", "degenerate runs")
    return [Section("Runs that are missing or did not learn", columns, tuple(lines), 1, (note,))] if lines else []


ANALYSIS = Analysis("gains", "does an arm gain in languages without labels, how much, how sure is that", run)
