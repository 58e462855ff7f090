"""Whether intermediate data in several languages help more than the same in one, in languages that neither saw.

In: the long table of a study with arms of one intermediate task in one language and in several. Out: differences by
number of languages, way of matching and what a language was to the arm, with a verdict that knows "no difference"; one
family left out at a time; by target; which arms were alike in no way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from xstilts.analysis import mixed
from xstilts.analysis.equivalence import Word, seeds_for, two_one_sided, word_of
from xstilts.analysis.intervals import Interval
from xstilts.analysis.lines import breaks
from xstilts.analysis.material import Analysis, Material
from xstilts.analysis.multilingual import (
    APART,
    FAMILY,
    LABELLED,
    LANGUAGE,
    MATCHINGS,
    PARALLEL,
    SEEN,
    UNIQUE,
    UNSEEN,
    Pair,
    differences,
    families_of,
    left_out,
    mean_of,
    pairs,
    phases,
)
from xstilts.analysis.multiplicity import holm
from xstilts.analysis.section import Finding, Section, between, counted, few, signed
from xstilts.study.evidence import Evidence


@dataclass(frozen=True)
class Line:
    """Differences of one pair in one kind of language: the interval, what it is over, and the verdict with the chances
    of "more" and of "no difference" (None where nothing may be said, with the reason)."""

    pair: Pair
    place: str
    found: Interval | None
    families: int
    seeds: int
    word: Word
    more: float | None
    none: float | None
    why: str = ""


def run(material: Material) -> list[Section]:
    """All sections; of a study without such arms that it has none."""
    frame, evidence = material.frame, material.evidence
    used, families = pairs(frame), families_of(frame)
    if not used:
        note = (
            "Nothing can be said: no intermediate task was trained in several languages and in one by arms that are "
            "alike "
            "in rows and updates, in tokens, or as translations."
        )
        return [Section("Several languages or one", ("arm",), (), 1, (note, *_unmatched(frame, used)))]
    told = {pair: differences(frame, pair, families) for pair in used}
    lines = [line for pair, rows in told.items() for line in _lines(pair, rows, evidence)]
    found = [
        _primary(lines, evidence, tuple(_unmatched(frame, used))),
        _left_out(frame, used, families, evidence),
        _by_target(told, evidence),
        _model(told),
        _matched(used),
    ]
    return [one for one in found if one.rows]


def judged(
    rows: pl.DataFrame, evidence: Evidence
) -> tuple[Interval | None, int, int, Word, float | None, float | None, str]:
    """The mean difference in ``rows`` with its interval, families, seeds, the verdict, its chances, why there is
    none."""
    found, families, seeds = mean_of(rows)
    why = [*few(seeds, evidence.seeds, "seed"), *few(families, 2, "family", "families")]
    if found is None or not found.error or not found.degrees:
        return found, families, seeds, "undecided", None, None, "; ".join(why or ["the differences show no spread"])
    word, more, none = word_of(found.mean, found.error, found.degrees, evidence.gain, evidence.prior_gain)
    return found, families, seeds, "undecided" if why else word, more, none, "; ".join(why)


def _lines(pair: Pair, rows: pl.DataFrame, evidence: Evidence) -> Iterator[Line]:
    """The primary kind first: all unseen languages of targets that are no self-pairs."""
    apart = rows.filter(~pl.col("self_pair"))
    for place, kept in (
        ("unseen, all", apart.filter(pl.col("place").is_in(UNSEEN))),
        (LANGUAGE, apart.filter(pl.col("place") == LANGUAGE)),
        (FAMILY, apart.filter(pl.col("place") == FAMILY)),
        (SEEN, apart.filter(pl.col("place") == SEEN)),
        (LABELLED, apart.filter(pl.col("place") == LABELLED)),
        ("self-pairs, unseen", rows.filter(pl.col("self_pair") & pl.col("place").is_in(UNSEEN))),
    ):
        if not kept.is_empty():
            yield Line(pair, place, *judged(kept, evidence))


def _primary(lines: Sequence[Line], evidence: Evidence, notes: tuple[str, ...]) -> Section:
    order = {how: place for place, how in enumerate(MATCHINGS)}
    lines = sorted(lines, key=lambda line: (order[line.pair.matching], line.pair.several.backbone))
    tested = [_chance(line.found) for line in lines]
    adjusted = iter(holm([p for p in tested if p is not None]).tolist() if any(p is not None for p in tested) else [])
    rows: list[tuple[str, ...]] = []
    reasons: dict[str, int] = {}
    shown: Pair | None = None
    for line, p in zip(lines, tested, strict=True):
        if line.pair != shown:  # a line of its own, so that the table stays narrow
            shown = line.pair
            rows.append((f"{shown.matching}: {shown.several.arm} - {shown.single.arm}", *[""] * 8))
        known = line.found is not None and line.more is not None
        rows.append(
            (
                f"  {line.place}",
                line.word,
                signed(line.found.mean if line.found else None),
                _ends(line.found) if known else "",
                "" if line.more is None else f"{line.more:.2f}",
                "" if line.none is None else f"{line.none:.2f}",
                _equivalent(line.found, evidence.gain),
                "" if p is None else f"{next(adjusted):.3f}",
                f"{line.families} x {line.seeds}",
            )
        )
        if line.why:
            reasons[line.why] = reasons.get(line.why, 0) + 1
    needed = ", ".join(f"{seeds_for(ratio)} at {ratio:g}" for ratio in (0.5, 1.0, 2.0))
    return Section(
        f"Do several languages help other languages by more than {evidence.gain:g} points over one?",
        (
            "languages",
            "verdict",
            "difference",
            "95 %",
            "P more",
            "P none",
            "TOST",
            "p",
            "over",
        ),
        tuple(rows),
        2,
        (
            "difference: points, same target, language and seed; means over targets, then families alike; self-pairs "
            "apart. "
            "over: families x seeds. p: no difference at all, after Holm.",
            "languages: as they were to the multilingual arm; the one-language arm saw none but the labelled one.",
            f"more: P(above {evidence.gain:g}) is .95 or more under three priors; no difference: P(within "
            f"+-{evidence.gain:g}) is; less: P(below -{evidence.gain:g}) is. TOST: p of two one-sided tests of the "
            "same.",
            "The question is answered by 'unseen, all' of the unique arms, where 'parallel' does not turn the sign: "
            + _answer(lines),
            f"Two one-sided tests find equivalence with a chance of .8 from so many seeds on, by width / SD of a "
            f"difference: {needed}.",
            *(f"undecided ({count} lines), since {why}." for why, count in reasons.items()),
            *notes,
        ),
        frozenset(place for place, row in enumerate(rows) if place and not row[1]),
        _found(lines, evidence),
    )


def _found(lines: Sequence[Line], evidence: Evidence) -> tuple[Finding, ...]:
    asked = f"several languages help languages they lack by more than {evidence.gain:g} points over one"
    best, word, _ = _decided(lines)
    if best is None:
        return (Finding(asked, "any arm", "undecided", why=("no arm leaves two families with unseen languages",)),)
    mean, sure = (best.found.mean if best.found else None), max(best.more or 0.0, best.none or 0.0)
    ends = (best.found.low, best.found.high) if best.found and best.more is not None else (None, None)
    why = [best.why] if best.why else ["parallel data turn the sign"] if word != best.word else []
    about = f"{best.pair.several.arm} - {best.pair.single.arm}"
    return (Finding(asked, about, word, mean, *ends, sure or None, tuple(why)),)


def _answer(lines: Sequence[Line]) -> str:
    best, word, against = _decided(lines)
    if best is None:
        return "no unique arm leaves two families with unseen languages."
    name = f"{best.pair.several.arm} - {best.pair.single.arm}"
    if word != best.word:
        return f"undecided ({name}: {best.word}, but parallel turns the sign)."
    return f"{word} ({name}{'' if against else '; no parallel arm was run'})."


def _decided(lines: Sequence[Line]) -> tuple[Line | None, Word, list[Line]]:
    """The line that decides, its verdict, and the parallel lines beside it: the unique arm of most languages that
    leaves some unseen, if parallel has its sign."""
    first = [
        line
        for line in lines
        if line.pair.matching == UNIQUE and line.place == "unseen, all" and not line.pair.several.arm.startswith(APART)
    ]
    judged_lines = [line for line in first if line.families > 1]
    if not judged_lines:
        return None, "undecided", []
    best = max(judged_lines, key=lambda line: (line.pair.count, line.pair.several.arm))
    against = [
        line
        for line in lines
        if line.pair.matching == PARALLEL and line.place == "unseen, all" and line.found and best.found
    ]
    turned = [line for line in against if line.found and best.found and line.found.mean * best.found.mean < 0]
    return best, "undecided" if best.word in ("more", "less") and turned else best.word, against


def _left_out(frame: pl.DataFrame, used: list[Pair], families: Mapping[str, str], evidence: Evidence) -> Section:
    """Each family judged by the arm that did not see it, and all of them together."""
    rows = []
    found = list(left_out(frame, used, families))
    together: dict[str, list[pl.DataFrame]] = {}
    for pair, its in found:
        apart = its.filter(~pl.col("self_pair"))
        for name, kept in (("all", apart), ("self-pairs", its.filter(pl.col("self_pair")))):
            interval, _, seeds = mean_of(kept)
            if interval is not None:
                languages = counted(kept["language"].n_unique(), "language")
                rows.append((pair.several.arm, name, languages, "", signed(interval.mean), _ends(interval), str(seeds)))
        if not apart.is_empty():
            together.setdefault(pair.several.backbone, []).append(apart)
    notes = []
    for backbone, parts in together.items():
        every = pl.concat(parts)
        interval, families_count, seeds, word, _, _, why = judged(every, evidence)
        rows.append(
            (
                f"together ({backbone})",
                "all",
                counted(families_count, "family", "families"),
                word,
                signed(interval.mean if interval else None),
                _ends(interval),
                str(seeds),
            )
        )
        if why:
            notes.append(f"together: undecided, since {why}.")
    return Section(
        "One family left out at a time: several languages less one, in that family (points)",
        ("arm", "targets", "in", "verdict", "difference", "95 %", "seeds"),
        tuple(rows),
        4,
        (
            "Each family is judged by the arm that trained on other families only. 95 %: over seeds for one family, "
            "over "
            "families and seeds together.",
            *notes,
        ),
    )


def _by_target(told: Mapping[Pair, pl.DataFrame], evidence: Evidence) -> Section:
    rows = []
    for pair, its in told.items():
        unseen = its.filter(pl.col("place").is_in(UNSEEN))
        for (target,), part in unseen.group_by(["target"], maintain_order=True):
            found, _families, _seeds, word, *_ = judged(part, evidence)
            mark = "self-pair" * bool(part["self_pair"].any())
            name = f"{pair.several.arm} - {pair.single.arm}"
            rows.append(
                (pair.matching, name, str(target), mark, word, signed(found.mean if found else None), _ends(found))
            )
    return Section(
        "By target, unseen languages (points)",
        ("alike", "arms", "target", "mark", "verdict", "difference", "95 %"),
        tuple(rows),
        5,
        ("Exploration: not adjusted for the number of lines.",),
        breaks(rows),
    )


def _model(told: Mapping[Pair, pl.DataFrame]) -> Section:
    """difference ~ 1 + seen + same family, families, languages, targets and seeds at random, unique pairs."""
    rows, notes = [], []
    for pair, its in told.items():
        kept = its.filter((pl.col("place") != LABELLED) & ~pl.col("self_pair"))
        if pair.matching != UNIQUE or kept["place"].n_unique() < 2:
            continue
        seen = (kept["place"] == SEEN).to_numpy().astype(float)
        same = (kept["place"] != FAMILY).to_numpy().astype(float)
        columns = {"1": np.ones(len(kept)), "same family": same, "seen": seen}
        fixed = {name: value for name, value in columns.items() if name == "1" or np.ptp(value) > 0}
        groups = {name: [str(value) for value in kept[name]] for name in ("family", "language", "target", "seed")}
        name = f"{pair.several.arm} - {pair.single.arm}"
        found = mixed.fit(kept["gain"].to_numpy(), np.stack(list(fixed.values()), 1), groups)
        if isinstance(found, mixed.Unfit):
            notes.append(f"{name}: undecided, {found.reason}.")
            continue
        for place, effect in enumerate(fixed):
            rows.append((name, effect, signed(float(found.effects[place])), f"{found.errors[place]:.2f}"))
    return Section(
        "A model of the differences of unique pairs (points)",
        ("arms", "effect", "estimate", "standard error"),
        tuple(rows),
        2,
        (
            "Restricted maximum likelihood; families, languages, targets and seeds at random. 1: an unseen family; "
            "same "
            "family: more in languages of a family that was seen; seen: more in the languages themselves. With few "
            "families "
            "the errors are too small.",
            *notes,
        ),
        breaks(rows),
    )


def _matched(used: Sequence[Pair]) -> Section:
    rows = [
        (
            pair.matching,
            pair.several.arm,
            pair.single.arm,
            f"{pair.several.examples:,} / {pair.single.examples:,}",
            f"{pair.several.updates:,.0f} / {pair.single.updates:,.0f}",
            f"{pair.several.tokens:,.0f} / {pair.single.tokens:,.0f}",
        )
        for pair in used
    ]
    return Section(
        "How the arms are alike",
        ("alike", "several", "one", "rows", "updates", "tokens"),
        tuple(rows),
        3,
        ("tokens: of the intermediate phase, as counted while training; where they were not counted, as planned.",),
    )


def _unmatched(frame: pl.DataFrame, used: Sequence[Pair]) -> Iterator[str]:
    """Multilingual arms that no one-language arm is alike to: said with the nearest in tokens, so that it can be
    mended."""
    there = {(pair.several.backbone, pair.several.arm) for pair in used}
    every = phases(frame)
    for one in every:
        if len(one.sources) < 2 or (one.backbone, one.arm) in there:
            continue
        others = [it for it in every if len(it.sources) == 1 and (it.backbone, it.task) == (one.backbone, one.task)]
        if not others:
            yield f"{one.arm}: no arm trains on {one.task} in one language."
            continue
        near = min(others, key=lambda it: abs(it.tokens - one.tokens))
        share = f"{100 * (one.tokens / near.tokens - 1):+.0f} % tokens" if near.tokens > 0 else "tokens not known"
        yield (
            f"{one.arm}: alike to no arm in one language; nearest {near.arm} ({share}, rows {one.examples:,} / "
            f"{near.examples:,}): left out."
        )


def _equivalent(found: Interval | None, width: float) -> str:
    if found is None or not found.error or not found.degrees or found.degrees < 1:
        return ""
    return f"{two_one_sided(found.mean, found.error, found.degrees, width):.3f}"


def _chance(found: Interval | None) -> float | None:
    from scipy.special import stdtr

    if found is None or not found.error or found.degrees is None or found.degrees < 1:
        return None
    return float(2 * stdtr(found.degrees, -abs(found.mean / found.error)))


def _ends(found: Interval | None) -> str:
    known = found is not None and found.error and found.degrees and found.degrees >= 1
    return between(found.low, found.high) if found is not None and known else "undecided"


ANALYSIS = Analysis("multilingual", "whether intermediate data in several languages help more than in one", run)
