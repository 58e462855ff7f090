"""Whether intermediate training costs calibration in other languages, more in those with rich morphology, and whether a
larger model loses less.

In: the long table, predictions and rows behind its scores, a user's traits of languages. Out: the premise by size, the
interaction of size and morphology with a verdict under several definitions, the same for other measures, ways of
rescaling and at equal accuracy, temperatures, covariates.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from xstilts.analysis.calibration.table import DEV, OWN, RAW, SPLIT, TYPES
from xstilts.analysis.calibration.widening import CELL, Gap, Interaction, adjusted, against_baseline, gap, interaction
from xstilts.analysis.gains import BASELINE, floors, scored
from xstilts.analysis.intervals import Interval, crossed
from xstilts.analysis.lines import breaks
from xstilts.analysis.material import Analysis, Material
from xstilts.analysis.morphology import Definition, definitions, mattr
from xstilts.analysis.multiplicity import holm
from xstilts.analysis.section import Finding, Section, between, few, signed
from xstilts.analysis.verdict import Rule, Verdict, above, under, verdict
from xstilts.study.evidence import Evidence
from xstilts.study.needs import Need

SIZES = 3
AGREE = 2  # secondary definitions whose sign must be that of the primary one
SQUARE = 1e4  # points squared
# What else the widening is measured by: column, way of rescaling, factor for print, title.
OTHERS = (
    ("smooth", RAW, 1e2, "SmoothECE, raw"),
    ("log_loss_calibration", RAW, 1e2, "calibration part of the log loss, raw"),
    ("reliability", RAW, 1e4, "reliability of the Brier score, raw"),
    ("classwise", RAW, 1e2, "classwise, raw"),
    ("gap", RAW, 1e2, "confidence - accuracy, raw"),
    ("debiased", DEV, 1e4, "error², T of development rows"),
    ("debiased", OWN, 1e4, "error², own T (a bound)"),
    ("risk_area", RAW, 1e2, "AURC (not calibration)"),
)


def run(material: Material) -> list[Section]:
    """All sections; of a study that can not answer the reason."""
    found = material.calibrated
    learned = floors(material.frame).filter(pl.col("clear")).select("backbone", "target")
    rows = found.rows
    if not rows.is_empty():
        rows = rows.join(learned, on=["backbone", "target"], how="semi", maintain_order="left")
    sizes = 0 if rows.is_empty() else rows["parameters_nonembedding"].drop_nulls().n_unique()
    if sizes < 2:
        why = "no backbones of several sizes whose predictions are there, of targets that they learned"
        reasons = tuple(f"{count} scores left out: {reason}." for reason, count in found.unused.items())
        return [
            Section("Size, morphology and calibration", ("arm",), (), 1, (f"Nothing can be said: {why}.", *reasons))
        ]
    traits, covariates = _traits(material, rows)
    told = [
        _premise(rows),
        *_interactions(rows, traits, material.evidence),
        _others(rows, traits),
        _temperatures(rows, traits),
        covariates,
    ]
    return [one for one in told if one.rows or one.notes]


def judged(found: Interaction | None, sizes: int, evidence: Evidence) -> tuple[Verdict, Verdict]:
    """The verdicts on "larger models lose less" (the interaction lies below 0) and on "they lose more"."""
    missing = few(sizes, SIZES, "size")
    if found is None:
        missing.append("families (4 with different traits) or languages inside families are too few")
        return (verdict(None, None, _LESS, missing=missing),) * 2
    missing += few(found.seeds, evidence.seeds, "seed")
    if not found.error or not found.degrees:
        missing.append("the values show no spread")
        return (verdict(None, None, _LESS, missing=missing),) * 2
    prior = evidence.prior_calibration
    rules = Rule(under(0.0), above(0.0), prior), Rule(above(0.0), under(0.0), prior)
    less, more = (verdict(found.slope, found.error, rule, found.degrees, missing=missing) for rule in rules)
    return less, more


_LESS = Rule(under(0.0), above(0.0), 0.02)


def concluded(primary: Interaction | None, others: Sequence[Interaction | None], sizes: int, evidence: Evidence) -> str:
    """``less``, ``more`` or ``undecided``: the primary definition decides, if two secondary ones have its sign."""
    less, more = judged(primary, sizes, evidence)
    if primary is None or "supported" not in (less.word, more.word):
        return "undecided"
    alike = sum(one is not None and one.slope * primary.slope > 0 for one in others)
    return "undecided" if alike < AGREE else "less" if less.word == "supported" else "more"


def _traits(material: Material, rows: pl.DataFrame) -> tuple[list[Definition], Section]:
    """The definitions of morphology, and a table of them with what the tokenizer does, by language."""
    cells = scored(material.frame).filter(pl.col("arm") == BASELINE).sort("seed", maintain_order=True)
    cells = cells.join(rows.select("target", "language").unique(), on=["target", "language"], how="semi")
    texts: dict[str, float] = {}
    pieces: dict[str, tuple[int, int]] = {}
    labelled = ""
    for row in cells.unique(["language"], keep="first", maintain_order=True).iter_rows(named=True):
        code = str(row["language"])
        labelled = code if row["side"] == "labelled" else labelled
        gold = material.read.gold(row["job"])
        if gold is not None:
            columns = [name for name in ("text_a", "text_b", "text") if name in gold.column_names]
            lines = [str(text) for name in columns for text in gold[name].to_pylist() if text]
            value = mattr(lines)
            texts |= {} if value is None else {code: value}
        counts = material.read.pieces(row["job"])
        pieces |= {} if counts is None else {code: counts}
    own = pieces.get(labelled)
    fertility = {code: tokens / own[0] for code, (tokens, _) in pieces.items()} if own and own[0] else {}
    codes = cells["language"].unique(maintain_order=True).to_list()
    found = definitions(codes, material.traits, texts, fertility)
    lines_ = [
        (
            str(code),
            *(f"{one.values[code]:.3f}" if code in one.values else "" for one in found),
            f"{100 * pieces[code][1] / max(pieces[code][0], 1):.1f}" if code in pieces else "",
        )
        for code in codes
    ]
    notes = (
        *(f"{one.name}: {one.says}." for one in found),
        "unknown: share of tokens that the tokenizer does not know, per cent. The first definition decides, the "
        "others must "
        "agree. Tables whose licence keeps them out of the catalogue (udhr_mattr500, grambank_fusion) come with "
        "--traits.",
    )
    return found, Section("Languages", ("language", *(one.name for one in found), "unknown"), tuple(lines_), 1, notes)


def _premise(rows: pl.DataFrame) -> Section:
    """By arm and size: what the arm changes in the labelled and in the other languages, and the widening."""
    changed = against_baseline(rows, RAW, "debiased")
    lines = []
    for (arm, size), its in changed.sort("parameters_nonembedding").group_by(
        ["arm", "parameters_nonembedding"], maintain_order=True
    ):
        own, other = (its.filter(pl.col("side") == side) for side in ("labelled", "zero-shot"))
        lines.append(
            (
                str(arm),
                _weights(float(str(size))),
                *_means(own.with_columns(family=pl.lit("labelled")), "change"),
                *_means(other, "change"),
                *_means(other, "widening"),
            )
        )
    lines.sort(key=lambda line: list(changed["arm"].unique(maintain_order=True)).index(line[0]))
    return Section(
        "Does intermediate training cost calibration? (error², points squared, by size)",
        ("arm", "weights", "labelled", "95 %", "zero-shot", "its 95 %", "widening", "and its 95 %"),
        tuple(lines),
        2,
        (
            "The arm's debiased square of the calibration error less the baseline's; above 0: the arm is worse. "
            "widening: "
            "zero-shot less labelled. 95 %: over seeds, or over families and seeds.",
            "A matched control that costs as much says that it is the updates, not the task.",
        ),
        breaks(lines),
    )


def _weights(size: float) -> str:
    return f"{size / 1e6:,.3g} M" if size >= 1e6 else f"{size / 1e3:,.3g} k"


def _means(rows: pl.DataFrame, column: str) -> tuple[str, str]:
    means = rows.drop_nulls(column).group_by("family", "seed").agg(pl.col(column).mean()).sort("family", "seed")
    if means.is_empty():
        return "", ""
    wide = (
        means.pivot(on="seed", index="family", values=column, sort_columns=True).drop_nulls().drop("family").to_numpy()
    )
    if not wide.size:
        return "", ""
    return _shown(crossed(wide))


def _shown(found: Interval) -> tuple[str, str]:
    few = not found.error or found.degrees is None or found.degrees < 1
    low, high = (None, None) if few else (found.low, found.high)
    scaled = [None if end is None else SQUARE * end for end in (low, high)]
    return signed(SQUARE * found.mean, 0), between(scaled[0], scaled[1], 0)


def gaps(rows: pl.DataFrame, way: str, measure: str, column: str = "widening") -> dict[str, Gap]:
    """The cube of every arm."""
    changed = against_baseline(rows, way, measure)
    found = {str(arm): gap(its, column) for (arm,), its in changed.group_by(["arm"], maintain_order=True)}
    return {arm: one for arm, one in found.items() if one is not None}


def _interactions(rows: pl.DataFrame, traits: Sequence[Definition], evidence: Evidence) -> list[Section]:
    lines, notes, findings = [], [], []
    cubes = gaps(rows, RAW, "debiased")
    if not traits:
        why = "no trait of these languages is known, or it is the same in all"
        return [Section("Size by morphology", ("arm",), (), 1, (f"Undecided: {why}.",))]
    for arm, cube in cubes.items():
        found = [interaction(cube, one.values) for one in traits]
        for place, (one, its) in enumerate(zip(traits, found, strict=True)):
            less, _more = judged(its, len(cube.sizes), evidence)
            word = concluded(its, found[1:], len(cube.sizes), evidence) if not place else ""
            lines.append(
                (
                    arm,
                    one.name,
                    "decides" if not place else "agrees?",
                    word,
                    *_said(its, SQUARE),
                    "" if its is None or its.error is None else f"{less.support:.2f}",
                    *(("", "") if its is None else (signed(SQUARE * its.low, 0), signed(SQUARE * its.high, 0))),
                    "" if its is None else f"{its.languages} in {its.families}, {its.way}",
                )
            )
            if not place:
                findings.append(_finding(arm, word, its, less))
            if not place and less.why:
                notes.append(f"{arm}: undecided, since {'; '.join(less.why)}.")
        if cube.left_out:
            notes.append(f"{arm}: {cube.left_out} languages or seeds lack a size and were left out.")
    languages = max((len(cube.languages) for cube in cubes.values()), default=0)
    if languages > 4:
        least = math.tanh((1.959964 + 0.841621) / math.sqrt(languages - 3))
        notes.append(f"{languages} independent languages find only correlations above {least:.2f} with a chance of .8.")
    return [
        Section(
            "Do larger models lose less calibration where morphology is rich? (error², points squared)",
            (
                "arm",
                "morphology",
                "",
                "verdict",
                "interaction",
                "95 %",
                "P(less)",
                "slope at -1 SD",
                "at +1 SD",
                "over",
            ),
            tuple(lines),
            4,
            (
                "interaction: how much the slope of the widening, a factor of ten in weights, grows with one "
                "standard deviation "
                "of morphology; below 0: larger models lose less there. 95 %: over families, or languages inside "
                "families, "
                "and seeds.",
                f"verdict: less or more, where the first definition decides (P .95 or more under three priors) and "
                f"{AGREE} of "
                "the others have its sign.",
                *notes,
            ),
            breaks(lines),
            tuple(findings),
        )
    ]


def _finding(arm: str, word: str, found: Interaction | None, less: Verdict) -> Finding:
    asked = "larger models lose less calibration where morphology is rich"
    ends = found.ends if found is not None else None
    low, high = (SQUARE * ends[0], SQUARE * ends[1]) if ends else (None, None)
    value = SQUARE * found.slope if found is not None else None
    why = less.why or ("the other definitions of morphology do not agree",) * (word == "undecided")
    return Finding(asked, arm, word, value, low, high, less.confidence, why, "points squared")


def _said(found: Interaction | None, factor: float) -> tuple[str, str]:
    if found is None:
        return "undecided", "undecided"
    ends = found.ends
    return signed(factor * found.slope, 1), between(factor * ends[0], factor * ends[1], 1) if ends else "undecided"


def _others(rows: pl.DataFrame, traits: Sequence[Definition]) -> Section:
    """The same interaction by other measures and at equal accuracy, with the first definition: secondary
    comparisons."""
    if not traits:
        return Section("", (), (), 0)
    trait = traits[0].values
    tried: list[tuple[str, str, Interaction | None, float]] = []
    accuracy = gaps(rows, RAW, "accuracy")
    for arm, cube in gaps(rows, RAW, "debiased").items():
        if arm in accuracy and accuracy[arm].values.shape == cube.values.shape:
            at_equal = adjusted(cube, {"accuracy": accuracy[arm]}, trait)
            tried.append((arm, "error², raw, at equal change of accuracy", interaction(at_equal, trait), SQUARE))
        for measure, way, factor, title in OTHERS:
            if way in rows["scaling"].unique() and (other := gaps(rows, way, measure).get(arm)) is not None:
                tried.append((arm, title, interaction(other, trait), factor))
    chances = [
        None if its is None or its.falls is None else 2 * min(its.falls, 1 - its.falls) for _, _, its, _ in tried
    ]
    known = [p for p in chances if p is not None]
    corrected = iter(holm(known).tolist() if known else [])
    lines = [
        (arm, title, *_said(its, factor), "" if p is None else f"{next(corrected):.3f}")
        for (arm, title, its, factor), p in zip(tried, chances, strict=True)
    ]
    return Section(
        f"The same by other measures (morphology: {traits[0].name})",
        ("arm", "measure", "interaction", "95 %", "p (Holm)"),
        tuple(lines),
        2,
        ("Squares in points squared, others in points. p: no interaction, adjusted for all lines of this table.",),
        breaks(lines),
    )


def _temperatures(rows: pl.DataFrame, traits: Sequence[Definition]) -> Section:
    """T own / T dev of zero-shot languages by arm and size, and how its logarithm goes with size and morphology."""
    keys = [name for name in CELL if name != "scaling"]
    both = rows.filter(pl.col("scaling") == OWN).join(
        rows.filter(pl.col("scaling") == DEV).select(*keys, "arm", _dev="temperature"), on=[*keys, "arm"], how="inner"
    )
    both = both.with_columns(ratio=(pl.col("temperature") / pl.col("_dev")).log())
    lines = []
    for (arm,), its in both.group_by(["arm"], maintain_order=True):
        other = its.filter(pl.col("side") == "zero-shot")
        sizes = sorted(other["parameters_nonembedding"].drop_nulls().unique().to_list())
        if len(sizes) < 2:
            continue
        means = [
            other.filter(pl.col("parameters_nonembedding") == size)["ratio"].mean() for size in (sizes[0], sizes[-1])
        ]
        ends = [f"{math.exp(value):.2f}" if isinstance(value, float) else "" for value in means]
        cube = gap(its, "ratio")
        found = interaction(cube, traits[0].values) if cube is not None and traits else None
        slope = crossed(_by_family(cube)) if cube is not None else None
        few = slope is None or not slope.error
        lines.append(
            (
                str(arm),
                *ends,
                signed(slope.mean if slope else None, 3),
                "undecided" if slope is None or few else between(slope.low, slope.high, 3),
                *(("undecided", "undecided") if found is None else _said(found, 1.0)),
            )
        )
    return Section(
        "Temperatures of zero-shot languages: own / that of the labelled language",
        ("arm", "smallest model", "largest", "slope of its log", "95 %", "interaction", "its 95 %"),
        tuple(lines),
        1,
        (
            "Above 1: the labelled language's temperature leaves the language too sure. slope: a factor of ten in "
            "weights.",
        ),
    )


def _by_family(cube: Gap) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    slopes, names = cube.slopes(), list(dict.fromkeys(cube.families))
    member = np.array([[family == name for family in cube.families] for name in names], dtype=np.float64)
    return np.asarray(member @ slopes / member.sum(axis=1, keepdims=True), dtype=np.float64)


def interaction_of(material: Material) -> Mapping[str, Interaction]:
    """The interaction of every arm by the primary definition, for claims."""
    rows = material.calibrated.rows
    if rows.is_empty():
        return {}
    learned = floors(material.frame).filter(pl.col("clear")).select("backbone", "target")
    rows = rows.join(learned, on=["backbone", "target"], how="semi", maintain_order="left")
    traits, _ = _traits(material, rows)
    cubes = gaps(rows, RAW, "debiased") if traits and not rows.is_empty() else {}
    tried = {arm: interaction(cube, traits[0].values) for arm, cube in cubes.items() if len(cube.sizes) >= SIZES}
    return {arm: one for arm, one in tried.items() if one is not None}


ANALYSIS = Analysis(
    "calibration_size",
    "whether larger models lose less calibration by an intermediate task where morphology is rich",
    run,
    (Need(TYPES, SPLIT),),
)
