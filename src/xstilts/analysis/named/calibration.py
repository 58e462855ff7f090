"""How far a model's certainty can be believed, by arm and language, and whether intermediate training changes that."""

from __future__ import annotations

import math
from collections.abc import Iterator

import polars as pl

from xstilts.analysis.calibration.binned import BINS, signed_root
from xstilts.analysis.calibration.table import DEV, ISOTONIC, OWN, RAW, SPLIT, TYPES, Calibrated
from xstilts.analysis.calibration.widening import against_baseline
from xstilts.analysis.gains import floors
from xstilts.analysis.intervals import Interval, crossed, over_seeds
from xstilts.analysis.lines import breaks, grouped, mean, number
from xstilts.analysis.material import Analysis, Material
from xstilts.analysis.section import Section, between, signed
from xstilts.analysis.table import with_traits
from xstilts.study.needs import Need

LINE = ("arm", "side", "scaling")
WAYS = (RAW, DEV, OWN)
SQUARES = ("debiased_10", "debiased", "debiased_20", "debiased_30", "squared")
PLAIN = ("adaptive", "expected", "largest", "classwise")
PARTS = ("brier", "reliability", "resolution", "uncertainty", "within")
LOSSES = ("log_loss", "log_loss_calibration", "log_loss_refinement")
ORDER = ("accuracy", "risk_area", "excess_risk_area", "auroc")


def run(material: Material) -> list[Section]:
    """What can be said of each backbone and target, and what could not be used."""
    found = material.calibrated
    if found.rows.is_empty():
        nothing = "Nothing can be said: no score of a classification or a multiple choice has logits to look at."
        return [Section("Calibration", ("target",), (), 1, (nothing, *_unused(found)))]
    several = found.rows["backbone"].n_unique() > 1
    learned = set(floors(material.frame).filter(pl.col("clear")).select("backbone", "target").iter_rows())
    told = []
    for (backbone, target), rows in found.rows.group_by("backbone", "target", maintain_order=True):
        name = f"{target}, {backbone}" if several else str(target)
        told += [
            _summary(rows, name, (backbone, target) in learned),
            _by_language(rows, name),
            _changes(rows, name),
            _by_morphology(rows, name),
            _other_errors(rows, name),
            _proper(rows, name),
            _selective(rows, name),
        ]
    unused = tuple(_unused(found))
    shown = [one for one in told if one.rows]
    return [*shown, Section("Not in these tables", ("reason",), (), 1, unused)] if unused else shown


def _unused(found: Calibrated) -> Iterator[str]:
    for reason, count in found.unused.items():
        yield f"{count} scores left out: {reason}."
    if found.without_dev:
        yield (
            f"{found.without_dev} scores without 'dev': no predictions on development rows. Name the analysis in the"
            ' study file, analyses = ["calibration"], and run it again: nothing is trained anew.'
        )


def _summary(rows: pl.DataFrame, name: str, learned: bool) -> Section:
    lines = [
        (*names, *_errors(group, ("debiased", "smooth")))
        for names, group in grouped(rows.sort("side", maintain_order=True), ("arm", "side"))
    ]
    ways = tuple(f"{one} {way}" for one in ("error", "smooth") for way in WAYS)
    doubt = "The baseline did not clearly learn this target: being sure means little where hardly anything is known."
    return Section(
        f"Calibration (points): {name}",
        ("arm", "side", "right", *ways),
        tuple(lines),
        2,
        (
            *(() if learned else (doubt,)),
            f"error: 100 x the root of the debiased mean square of confidence - accuracy, {BINS} bins of equal mass;"
            " squares are averaged with their sign, so 0 means: not to be told from perfect.",
            "smooth: 100 x SmoothECE. right: accuracy.",
            "raw: as predicted. dev: with the temperature T that fits the labelled language's development rows, which a"
            " zero-shot model can have. own: with the T of the scored rows themselves, a bound and no result.",
            f"Means over languages and seeds ({', '.join(str(seed) for seed in sorted(rows['seed'].unique()))}).",
        ),
        breaks(lines),
    )


def _by_language(rows: pl.DataFrame, name: str) -> Section:
    lines = []
    for names, group in grouped(rows, ("arm", "language")):
        raw, dev, own = (group.filter(pl.col("scaling") == way) for way in WAYS)
        fitted = _log_mean(dev["temperature"])
        ratio = _log_mean(own["temperature"]) / fitted
        right, *errors = _errors(group, ("debiased",))
        over = number(100 * mean(raw["gap"]), "+.1f")
        lines.append((*names, right, over, *errors, number(fitted, ".2f"), number(ratio, ".2f")))
    return Section(
        f"Calibration by language (points): {name}",
        ("arm", "language", "right", "over", *(f"error {way}" for way in WAYS), "T dev", "own / dev"),
        tuple(lines),
        2,
        (
            "over: mean confidence - accuracy; above 0 too sure.",
            "own / dev: T own / T dev. Above 1, dev's temperature leaves the language too sure.",
        ),
        breaks(lines),
    )


def _errors(rows: pl.DataFrame, measures: tuple[str, ...]) -> Iterator[str]:
    """Accuracy, then each measure raw, with the temperature of development rows, with the rows' own."""
    ways = [rows.filter(pl.col("scaling") == way) for way in WAYS]
    yield number(100 * mean(ways[0]["accuracy"]))
    for measure in measures:
        for way in ways:
            value = mean(way[measure])
            yield number(100 * (signed_root(value) if measure == "debiased" else value))


def _changes(rows: pl.DataFrame, name: str) -> Section:
    """What an arm changes against the baseline, and whether it widens the distance of other languages."""
    found: dict[tuple[str, str, str], dict[str, Interval | None]] = {}
    seeds: dict[str, int] = {}
    for measure in ("debiased", "smooth"):
        for way in (RAW, DEV):
            for (arm,), group in grouped(against_baseline(rows, way, measure), ("arm",)):
                seeds[arm] = group["seed"].n_unique()
                labelled = group.filter(pl.col("side") == "labelled")
                for of, interval in (
                    ("labelled", _over_seeds(labelled, "change")),
                    ("zero-shot", _crossed(group, "change")),
                    ("widening", _crossed(group, "widening")),
                ):
                    found.setdefault((arm, measure, of), {})[way] = interval
    factor = {"debiased": 1e4, "smooth": 1e2}
    shown = {"debiased": "error²", "smooth": "smooth"}
    arms = list(rows["arm"].unique(maintain_order=True))
    lines = [
        (
            arm,
            shown[measure],
            of,
            *_interval(ways.get(RAW), factor[measure]),
            *_interval(ways.get(DEV), factor[measure]),
            str(seeds[arm]),
        )
        for (arm, measure, of), ways in sorted(found.items(), key=lambda item: arms.index(item[0][0]))
    ]
    return Section(
        f"What intermediate training changes in calibration: {name}",
        ("arm", "measure", "of", "raw", "raw 95 %", "dev", "dev 95 %", "seeds"),
        tuple(lines),
        3,
        (
            "The arm's calibration error less the baseline's, paired by language and seed; above 0: the arm is worse.",
            "error²: the debiased square (points squared, may be below 0); smooth: SmoothECE (points).",
            "widening: the change in zero-shot languages less that in the labelled one.",
            "95 %: over seeds (labelled), or over families and seeds; families weigh alike.",
        ),
        breaks(lines),
    )


def _by_morphology(rows: pl.DataFrame, name: str) -> Section:
    marked = with_traits(rows).filter(pl.col("morphology") != "")
    changed = against_baseline(marked, RAW, "debiased").filter(pl.col("side") == "zero-shot")
    lines = []
    if changed["morphology"].n_unique() > 1:
        for (kind, arm), group in grouped(changed, ("morphology", "arm")):
            means = (part for one in ("change", "widening") for part in _interval(_over_seeds(group, one), 1e4, 0))
            lines.append((kind, arm, str(group["language"].n_unique()), *means, str(group["seed"].n_unique())))
    return Section(
        f"Change of calibration by morphology (error², points squared): {name}",
        ("morphology", "arm", "languages", "change", "its 95 %", "widening", "and its 95 %", "seeds"),
        tuple(sorted(lines)),
        2,
        ("Raw confidences; means over languages; 95 %: t over seeds, for these languages only.",),
    )


def _other_errors(rows: pl.DataFrame, name: str) -> Section:
    return Section(
        f"Other calibration errors (points): {name}",
        (*LINE, "10", "15", "20", "30", "RMS", "mass", "ECE", "max", "by class"),
        tuple(
            (
                *names,
                *(number(100 * signed_root(mean(group[one]))) for one in SQUARES),
                *(number(100 * mean(group[one])) for one in PLAIN),
            )
            for names, group in _ways(rows)
        ),
        len(LINE),
        (
            "Means over languages and seeds. 10 to 30: the debiased error with so many bins, which should not matter.",
            "RMS, ECE, max (the largest): 15 bins of equal width, as in papers; mass: ECE of equal mass; by class: the"
            " mean over classes. All of these grow as examples become fewer: compare only sets of one size.",
            f"{ISOTONIC}: a rising map of the confidence, learned on development rows where there are at least 1,000.",
        ),
    )


def _proper(rows: pl.DataFrame, name: str) -> Section:
    return Section(
        f"Proper scores and their parts: {name}",
        (*LINE, "Brier", "REL", "RES", "UNC", "WB", "NLL", "its cal", "its ref"),
        tuple(
            (*names, *(number(mean(group[one]), ".3f") for one in (*PARTS, *LOSSES))) for names, group in _ways(rows)
        ),
        len(LINE),
        (
            "Means over languages and seeds. Brier: over classes, 0 to 2. REL - RES + UNC + WB (what bins hide) is its"
            " form for being right or wrong.",
            "NLL: negative log likelihood in nats = cal (what a temperature of its own would take away) + ref.",
        ),
    )


def _selective(rows: pl.DataFrame, name: str) -> Section:
    raw = rows.filter(pl.col("scaling") == RAW).sort("side", maintain_order=True)
    return Section(
        f"Are the sure answers the right ones: {name}",
        ("arm", "side", "right", "AURC", "E-AURC", "AUROC"),
        tuple(
            (*names, *(number(mean(group[one]), ".3f") for one in ORDER))
            for names, group in grouped(raw, ("arm", "side"))
        ),
        2,
        (
            "Means over languages and seeds; right: accuracy. This is about the order of confidences, not calibration.",
            "AURC: mean share of wrong ones among the surest, over all coverages; E-AURC: less that of the best order.",
        ),
    )


def _over_seeds(rows: pl.DataFrame, column: str) -> Interval | None:
    seeds = rows.drop_nulls(column).group_by("seed").agg(pl.col(column).mean()).sort("seed")
    return over_seeds(seeds[column].to_numpy()) if len(seeds) else None


def _crossed(rows: pl.DataFrame, column: str) -> Interval | None:
    """The interval over families and seeds of the zero-shot languages; families that lack a seed are left out."""
    kept = rows.filter((pl.col("side") == "zero-shot") & pl.col(column).is_not_null() & (pl.col("family") != ""))
    if kept.is_empty():
        return None
    means = kept.group_by("family", "seed").agg(pl.col(column).mean()).sort("family", "seed")
    wide = means.pivot(on="seed", index="family", values=column, sort_columns=True).drop_nulls()
    return crossed(wide.drop("family").to_numpy()) if len(wide) else None


def _ways(rows: pl.DataFrame) -> Iterator[tuple[tuple[str, ...], pl.DataFrame]]:
    """Rows by arm, side of the language and way of rescaling."""
    order = pl.col("scaling").replace_strict({way: place for place, way in enumerate((*WAYS, ISOTONIC))})
    return grouped(rows.sort("side", order, maintain_order=True), LINE)


def _log_mean(values: pl.Series) -> float:
    """The geometric mean."""
    return math.exp(mean(values.log()))


def _interval(found: Interval | None, factor: float, digits: int = 1) -> tuple[str, str]:
    """Mean and interval, empty where they can not be known."""
    if found is None:
        return "", ""
    few = found.low is None or found.high is None or (found.degrees is not None and found.degrees < 1)
    low, high = (None if few or end is None else factor * end for end in (found.low, found.high))
    return signed(factor * found.mean, digits), between(low, high, digits)


ANALYSIS = Analysis(
    "calibration",
    "how far a model's certainty can be believed, by arm and language, raw and rescaled",
    run,
    (Need(TYPES, SPLIT),),
)
