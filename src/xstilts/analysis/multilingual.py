"""What intermediate data in several languages gain over the same in one.

In: the long table. Out: ``Pair`` values, a multilingual arm beside the one-language arm of the same task that matches
it, and their differences by cell, in points, with what each language was to the multilingual arm.

Two arms can be made alike in three ways, and each answers another question. ``unique``: as many rows and updates, each
row in one language. ``token``: as many tokens through the encoder in the intermediate phase, since other languages
take more tokens to say the same. ``parallel``: the same rows in each of k languages, against the rows of one language
read k times, so that updates are as many. Which way a pair is alike is read off the table, not off the names of the
arms.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from xstilts.analysis import gains
from xstilts.analysis.intervals import Interval, crossed
from xstilts.catalogue.language import languages

UNIQUE, TOKEN, PARALLEL = "unique", "token", "parallel"
MATCHINGS = (UNIQUE, TOKEN, PARALLEL)
LABELLED, SEEN, LANGUAGE, FAMILY = "labelled", "seen", "unseen language", "unseen family"
UNSEEN = (LANGUAGE, FAMILY)
ALIKE = 0.02  # how far rows or updates may differ
TOKENS_ALIKE = 0.05
CELL = ("backbone", "target", "language", "split", "metric", "seed")
APART = "without "  # what the names of arms begin with that leave one family out


@dataclass(frozen=True)
class Phase:
    """What an arm's intermediate phase was: ``tokens`` as the table counts them, less the baseline's."""

    backbone: str
    arm: str
    task: str
    sources: tuple[str, ...]
    examples: int
    updates: float
    tokens: float


@dataclass(frozen=True)
class Pair:
    """``several`` in k languages, ``single`` in one, alike by ``matching``."""

    several: Phase
    single: Phase
    matching: str

    @property
    def count(self) -> int:
        """In how many languages the multilingual arm trains."""
        return len(self.several.sources)


def phases(frame: pl.DataFrame) -> list[Phase]:
    """The intermediate phases of all arms that have one, by backbone, in the table's order."""
    base = (
        frame.filter(pl.col("arm") == gains.BASELINE)
        .group_by("backbone", "target")
        .agg(pl.col("updates", "tokens").mean().name.prefix("_"))
    )
    rows = frame.filter(pl.col("intermediate_languages").fill_null("") != "").join(base, on=["backbone", "target"])
    keys = ["backbone", "arm", "intermediate", "intermediate_languages", "intermediate_examples"]
    means = rows.group_by(keys, maintain_order=True).agg(
        updates=(pl.col("updates") - pl.col("_updates")).mean(), tokens=(pl.col("tokens") - pl.col("_tokens")).mean()
    )
    return [
        Phase(str(backbone), str(arm), str(task), tuple(str(sources).split("+")), int(examples), updates, tokens)
        for backbone, arm, task, sources, examples, updates, tokens in means.iter_rows()
    ]


def pairs(frame: pl.DataFrame) -> list[Pair]:
    """Every multilingual arm with each one-language arm of the same task that it is alike to in one of the ways."""
    found = phases(frame)
    single = [one for one in found if len(one.sources) == 1]
    return [
        Pair(several, one, how)
        for several in found
        if len(several.sources) > 1
        for one in single
        if (one.backbone, one.task) == (several.backbone, several.task) and (how := matching(several, one))
    ]


def matching(several: Phase, single: Phase) -> str:
    """In which way two phases are alike: ``unique``, ``token``, ``parallel``, or "" in none."""
    updates = _alike(several.updates, single.updates, ALIKE)
    if updates and _alike(several.examples, single.examples, ALIKE):
        return UNIQUE
    if updates and _alike(several.examples, len(several.sources) * single.examples, ALIKE):
        return PARALLEL
    if not updates and _alike(several.tokens, single.tokens, TOKENS_ALIKE):
        return TOKEN
    return ""


def _alike(one: float, other: float, share: float) -> bool:
    return other > 0 and math.isfinite(one) and abs(one - other) <= share * other


def differences(frame: pl.DataFrame, pair: Pair, families: Mapping[str, str]) -> pl.DataFrame:
    """Rows of ``pair.several`` with ``gain``, its score less that of ``pair.single`` in the same cell, and ``place``:
    what the language was to it. Only targets that the baseline learned; ``families``: of languages, by code."""
    rows = gains.scored(gains.clear(frame.filter(pl.col("backbone") == pair.several.backbone)))
    one = rows.filter(pl.col("arm") == pair.single.arm).select(*CELL, _other="score")
    joined = rows.filter(pl.col("arm") == pair.several.arm).join(one, on=list(CELL), how="inner", maintain_order="left")
    sources = pair.several.sources
    seen = {families.get(code, code) for code in sources}
    place = (
        pl.when(pl.col("side") == "labelled")
        .then(pl.lit(LABELLED))
        .when(pl.col("language").is_in(list(sources)))
        .then(pl.lit(SEEN))
        .when(pl.col("family").is_in(list(seen)))
        .then(pl.lit(LANGUAGE))
        .otherwise(pl.lit(FAMILY))
    )
    return joined.with_columns(gain=pl.col("score") - pl.col("_other"), place=place).drop("_other")


def families_of(frame: pl.DataFrame) -> dict[str, str]:
    """The family of every language of the table and of the catalogue, by code."""
    known = {code: language.family for code, language in languages().items()}
    return known | {code: family for code, family in frame.select("language", "family").unique().iter_rows() if family}


def mean_of(rows: pl.DataFrame) -> tuple[Interval | None, int, int]:
    """The mean difference in ``rows`` with its interval over families and seeds, and how many of either: the mean over
    targets of each family's languages; None where nothing is there."""
    if rows.is_empty():
        return None, 0, 0
    means = rows.group_by("family", "seed", "target").agg(pl.col("gain").mean())
    table = gains.families_by_seeds(means)
    return (None, 0, 0) if table is None or not table.size else (crossed(table), *table.shape)


def left_out(
    frame: pl.DataFrame, found: list[Pair], families: Mapping[str, str]
) -> Iterator[tuple[Pair, pl.DataFrame]]:
    """Of the arms that leave one family out (``without ...``), alike by ``unique``, the differences in that family."""
    for pair in found:
        if pair.several.arm.startswith(APART) and pair.matching == UNIQUE:
            rows = differences(frame, pair, families).filter(pl.col("place") == FAMILY)
            if not rows.is_empty():
                yield pair, rows
