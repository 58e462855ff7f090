"""What a report says, before anyone decides how it looks: titled tables with notes.

In: the long table of results. Out: ``Section`` values, which ``terminal`` and ``markdown`` only have to set. Every
number is a string here, so that all forms of a report show the same figures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import polars as pl

from xstilts.analysis import gains
from xstilts.analysis.intervals import Interval
from xstilts.analysis.lines import breaks
from xstilts.analysis.section import Section
from xstilts.analysis.table import with_traits
from xstilts.catalogue.language import languages
from xstilts.report.left_out import nothing_left

_CHOICES = {
    ("with", "with"): "all targets",
    ("with", "without"): "no retrieval",
    ("without", "with"): "no self-pairs",
    ("without", "without"): "neither",
}
CONSTRUCTED = "constructed languages: not results about human languages"


def constructed(frame: pl.DataFrame) -> bool:
    """Whether any score of ``frame`` is about an artificial language."""
    known = languages()
    return any(code in known and known[code].constructed for code in frame["language"].unique())


def sections(frame: pl.DataFrame) -> list[Section]:
    """Every section of a study's report, backbone by backbone, empty ones left out."""
    found = []
    several = frame["backbone"].n_unique() > 1
    for (backbone,), rows in frame.group_by(["backbone"], maintain_order=True):
        suffix = f" ({backbone})" if several else ""
        for make in (
            scores,
            gains_by_target,
            labelled_between,
            near_floor,
            by_family,
            by_morphology,
            by_script,
            averages,
            collapsed,
            unfinished,
        ):
            section = make(rows)
            if section.rows:
                found.append(_titled(section, suffix))
    return found


def scores(frame: pl.DataFrame) -> Section:
    """Scores by target and arm, the floor beside them, labelled language and zero-shot languages apart."""
    own = {_line(one): one for one in gains.by_target(frame, "labelled")}
    zero = {_line(one): one for one in gains.by_target(frame, "zero-shot")}
    ratios = {(row["target"], row["arm"]): row["ratio"] for row in gains.transfer_ratios(frame).iter_rows(named=True)}
    rows = []
    for line in _in_order(frame, own | zero):
        mine, others = own.get(line), zero.get(line)
        rows.append(
            (
                *line,
                _points(mine.score if mine else None),
                _points(mine.floor if mine else None),
                _points(others.score if others else None),
                _points(others.floor if others else None),
                _ratio(ratios.get(line)),
                str(others.languages) if others else "0",
                _seeds(*(one.seeds for one in (mine, others) if one)),
            )
        )
    return Section(
        "Scores (points, 0 to 100)",
        ("target", "arm", "labelled", "floor", "zero-shot", "floor", "ratio", "languages", "seeds"),
        tuple(rows),
        2,
        (
            "labelled: the language that had labels in the target phase; zero-shot: the mean over all other languages.",
            "ratio: (zero-shot - floor) / (labelled - floor); empty near the floor, and where the floors differ by "
            "more than the labelled score is above its own. languages: how many are zero-shot.",
            *_protocols(frame),
        ),
        _breaks(rows),
    )


def gains_by_target(frame: pl.DataFrame) -> Section:
    """Gains by target and arm with their spread over seeds."""
    own = {_line(one): one for one in gains.by_target(frame, "labelled")}
    zero = {_line(one): one for one in gains.by_target(frame, "zero-shot")}
    marks = {
        (target, arm) for target, arm in frame.filter(pl.col("self_pair")).select("target", "arm").unique().iter_rows()
    }
    weak = set(gains.floors(frame).filter(~pl.col("clear"))["target"])
    rows = []
    for line in _in_order(frame, own | zero):
        mine, others = own.get(line), zero.get(line)
        shown = [one for one in (mine, others) if one and one.gain.units]
        if line[1] == gains.BASELINE or not shown:
            continue
        marked = ("self-pair" if line in marks else "", "near floor" if line[0] in weak else "")
        rows.append(
            (
                *line,
                ", ".join(mark for mark in marked if mark),
                _spread(mine.gain if mine else None),
                _spread(others.gain if others else None),
                _between(others.gain if others else None),
                _seeds(*(one.gain.units for one in shown)),
            )
        )
    return Section(
        "Gains over the baseline (points)",
        ("target", "arm", "mark", "labelled", "zero-shot", "95 %", "seeds"),
        tuple(rows),
        3,
        (
            "mean ± SD (standard deviation) over seeds, paired by seed; 95 %: t interval of the zero-shot gain over "
            "seeds.",
            "self-pair: intermediate and target have a data set in common. near floor: not in the averages.",
        ),
        _breaks(rows),
    )


def labelled_between(frame: pl.DataFrame) -> Section:
    """Gains in languages that had labels which the baseline had not; nothing where there are none."""
    lines = [one for one in gains.by_target(frame, "intermediate") if one.gain.units]
    rows = tuple(
        (*_line(one), str(one.languages), _points(one.score), _spread(one.gain), _between(one.gain), str(one.seeds))
        for one in lines
    )
    return Section(
        "Languages with labels that the baseline had not (points)",
        ("target", "arm", "languages", "score", "gain", "95 %", "seeds"),
        rows,
        2,
        (
            "labels: in the intermediate phase, or in the target phase by translations or a few examples.",
            "Neither labelled nor zero-shot: shown here, and in no average. gain: mean ± SD over seeds; 95 %: t over "
            "seeds.",
        ),
        _breaks(rows),
    )


def near_floor(frame: pl.DataFrame) -> Section:
    """Targets that the baseline did not clearly learn, which leave every average."""
    weak = gains.floors(frame).filter(~pl.col("clear"))
    rows = tuple(
        (
            str(row["target"]),
            _points(row["score"]),
            _points(row["floor"]),
            _points(row["above"]),
            _points(row["needed"]),
        )
        for row in weak.iter_rows(named=True)
    )
    return Section(
        "Not learned: targets whose baseline does not clearly beat the floor",
        ("target", "baseline", "floor", "above", "needed"),
        rows,
        1,
        (
            "Shown apart and left out of all averages. needed: 2 points and 3 standard errors (examples and seeds).",
            "Judged in the labelled language; for retrieval, which has none, over all its languages.",
        ),
    )


def by_family(frame: pl.DataFrame) -> Section:
    """Gains by family of languages."""
    return _by_trait(frame, "family", "Gains by language family (points)")


def by_morphology(frame: pl.DataFrame) -> Section:
    """Gains by type of morphology."""
    return _by_trait(with_traits(frame), "morphology", "Gains by morphology (points)")


def by_script(frame: pl.DataFrame) -> Section:
    """Gains by script; nothing where there is only one."""
    return _by_trait(frame, "script", "Gains by script (points)")


def averages(frame: pl.DataFrame) -> Section:
    """The averages, with and without self-pairs and retrieval, and what each one averages."""
    own = {tuple(one.values.values()): one for one in gains.averages(frame, "labelled")}
    lines = gains.averages(frame, "zero-shot")
    arms = _arms(frame)
    lines.sort(key=lambda one: arms.index(one.values["arm"]))
    rows = []
    for one in lines:
        mine = own.get(tuple(one.values.values()))
        rows.append(
            (
                one.values["arm"],
                _CHOICES[one.values["self_pairs"], one.values["retrieval"]],
                str(one.targets),
                str(one.languages),
                _spread(mine.gain if mine else None),
                _spread(one.gain),
                _between(one.gain),
                str(one.seeds),
            )
        )
    backbone = str(frame["backbone"][0]) if len(frame) else ""
    primary = [(arm, gains.over_families(frame, arm, backbone)) for arm in arms if arm != gains.BASELINE]
    return Section(
        "Average gains (points)",
        ("arm", "over", "targets", "languages", "labelled", "zero-shot", "95 %", "seeds"),
        tuple(rows),
        2,
        (
            "The mean over targets of the mean over their zero-shot languages, ± SD over seeds; 95 %: t over seeds.",
            "labelled: the same over labelled languages, which retrieval does not have.",
            "no retrieval, no self-pairs: without them; neither: without both.",
            "For new languages and seeds (no self-pairs, families weigh alike, Satterthwaite's interval):",
            *(f"  {arm}: {_full(found)}" for arm, found in primary if found),
        ),
        _breaks(rows),
    )


def collapsed(frame: pl.DataFrame) -> Section:
    """Scores of predictions that are all the same, and what becomes of them."""
    told = frame.filter(pl.col("status") == "collapsed")
    languages = pl.col("language").unique().sort().str.join(", ")
    seeds = pl.col("seed").unique().sort().cast(pl.String).str.join(", ")
    counts = told.group_by("target", "arm", maintain_order=True).agg(languages, seeds.alias("seeds"), pl.len())
    rows = tuple((str(a), str(b), str(c), str(d), str(n)) for a, b, c, d, n in counts.iter_rows())
    return Section(
        "Collapsed: all predictions are the same",
        ("target", "arm", "languages", "seeds", "scores"),
        rows,
        4,
        (
            "Kept in all means: that an arm makes such runs more or less frequent is part of what it does. "
            "The analysis `gains` also shows gains without runs that did not learn.",
        ),
    )


def unfinished(frame: pl.DataFrame) -> Section:
    """What has no score, and why."""
    missing = frame.filter(pl.col("score").is_null())
    counts = missing.group_by("target", "arm", "status", maintain_order=True).len()
    rows = tuple((str(a), str(b), str(c), str(n)) for a, b, c, n in counts.iter_rows())
    return Section(
        "Not there", ("target", "arm", "status", "scores"), rows, 3, ("Means leave out seeds that lack a cell.",)
    )


def grouped(frame: pl.DataFrame, column: str) -> Section:
    """The table summed up by one column."""
    found = gains.grouped(frame, column)
    words = [name for name in found.columns if found.schema[name] == pl.String]
    if found["backbone"].n_unique() < 2:
        words.remove("backbone")
    rows = [
        (
            *(str(row[name]) for name in words),
            _points(row["score"]),
            _points(row["floor"]),
            _signed(row["gain"]) + (f" ± {row['gain_sd']:.1f}" if row["gain_sd"] is not None else ""),
            *(str(row[name]) for name in ("targets", "languages", "seeds")),
        )
        for row in found.iter_rows(named=True)
    ]
    left_out = (
        () if column == "target" else ("Without self-pairs and without targets whose baseline is near the floor.",)
    )
    return Section(
        f"By {column} (points)",
        (*words, "score", "floor", "gain", "targets", "languages", "seeds"),
        tuple(rows),
        len(words),
        (
            "Means over targets of means over languages; gain: mean ± SD over seeds.",
            *left_out,
            *(() if rows else (nothing_left(frame, column),)),
        ),
        _breaks(rows),
    )


def _by_trait(frame: pl.DataFrame, column: str, title: str) -> Section:
    lines = gains.by_group(frame, column) if column in frame.columns else []
    arms = _arms(frame)
    lines.sort(key=lambda one: (one.values[column], arms.index(one.values["arm"])))
    if len({one.values[column] for one in lines}) < 2:
        lines = []
    rows = tuple(
        (
            one.values[column],
            one.values["arm"],
            str(one.targets),
            str(one.languages),
            _spread(one.gain),
            _between(one.gain),
            str(one.seeds),
        )
        for one in lines
    )
    return Section(
        title,
        (column, "arm", "targets", "languages", "zero-shot", "95 %", "seeds"),
        rows,
        2,
        (
            "Zero-shot languages, without self-pairs and targets near the floor; targets weigh alike. mean ± SD over "
            "seeds; 95 %: t over seeds.",
        ),
        _breaks(rows),
    )


def _titled(section: Section, suffix: str) -> Section:
    return replace(section, title=section.title + suffix)


def _line(one: gains.Summary) -> tuple[str, str]:
    return one.values["target"], one.values["arm"]


def _arms(frame: pl.DataFrame) -> list[str]:
    """The arms in the table's order, the baseline first."""
    found = [str(arm) for arm in frame["arm"].unique(maintain_order=True)]
    return sorted(found, key=lambda arm: arm != gains.BASELINE)


def _in_order(frame: pl.DataFrame, lines: dict[tuple[str, str], gains.Summary]) -> list[tuple[str, str]]:
    targets, arms = list(frame["target"].unique(maintain_order=True)), _arms(frame)
    return sorted(lines, key=lambda line: (targets.index(line[0]), arms.index(line[1])))


def _breaks(rows: Sequence[tuple[str, ...]]) -> frozenset[int]:
    """Where the first column changes, unless it changes in every row."""
    found = breaks(rows)
    return found if len(found) < len(rows) - 1 else frozenset()


def _protocols(frame: pl.DataFrame) -> tuple[str, ...]:
    """The metric and the protocol of every target."""
    scored = frame.select("target", "metric", "protocol").unique(maintain_order=True)
    shown = (
        f"{target} {metric}" + (f" ({protocol})" if protocol else "") for target, metric, protocol in scored.iter_rows()
    )
    return (f"metrics (protocol): {', '.join(shown)}.",)


def _seeds(*counts: int) -> str:
    """The number of seeds; the labelled language's and the zero-shot languages' where they differ."""
    return " / ".join(str(count) for count in dict.fromkeys(counts))


def _number(show: Callable[[float], str], value: float | None) -> str:
    return "" if value is None or math.isnan(value) else show(value)


def _points(value: float | None) -> str:
    return _number(lambda x: f"{x:.1f}", value)


def _ratio(value: float | None) -> str:
    return _number(lambda x: f"{x:.2f}", value)


def _signed(value: float | None) -> str:
    return _number(lambda x: f"{x:+.1f}", value)


def _spread(found: Interval | None) -> str:
    if found is None or not found.units:
        return ""
    return _signed(found.mean) + (f" ± {found.deviation:.1f}" if found.deviation is not None else "")


def _between(found: Interval | None) -> str:
    if found is None or found.low is None or found.high is None:
        return ""
    return f"{found.low:+.1f} .. {found.high:+.1f}"


def _full(found: Interval) -> str:
    few = found.degrees is not None and found.degrees < 1
    if few or found.half is None:
        return f"{_signed(found.mean)}, no interval: too few {found.over}"
    return f"{_signed(found.mean)}, 95 % {_between(found)} over {found.over}"
