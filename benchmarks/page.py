"""The page ``docs/performance.md``, from the results of all rows.

In: ``results/row-N.json``, one a row that was ever measured. Out: the page; a row that is missing says so. Nothing here
measures.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.process import REPOSITORY
from benchmarks.rounds import Ratio, ratio
from benchmarks.row import OURS, Row, Target

RESULTS = REPOSITORY / "benchmarks" / "results"
PAGE = REPOSITORY / "docs" / "performance.md"
QUIET = 0.15
MEASURES = {
    "cpu": "CPU seconds",
    "wall": "seconds",
    "peak": "memory",
    "again": "CPU seconds, one arm added",
    "arm": "CPU seconds, the added arm's runs alone",
    "share": "share of the ceiling",
}

HEAD = """# Performance

Written by `make bench` (or `make bench ROW=n`) from `benchmarks/results`, not by hand. Every number was measured on the
machine that its row names.

Each measurement is a process of its own. A round measures every way once, in changing order. What is shown is the
median; of ratios, the median of those of each round with the least and the greatest. One thread a process unless a row
says otherwise. Both sides start from the same weights and read the same token ids of real text, every sequence once, in
as many updates of the same size; the first updates are not timed. A ratio above 1 means that xstilts needs less. It
compares **CPU seconds**, which other programs disturb less; seconds by the clock stand beside them.

- **Trainer, tuned**: Hugging Face's Trainer with bf16, batches of similar length (grouped over 50 batches, as with a
  whole data set), padding to the longest of a batch, fused AdamW.
- **Trainer, recipe**: as the benchmark's own scripts do it: every sequence padded to the maximal length, float32,
  random batches (but fused AdamW as well).
- `dtype` is what a layer of the encoder really gave, `padding` the share of fed tokens that were padding, `loss` the
  mean over the training (ours: over its last 50 updates), `held out` the loss of the trained weights on sequences that
  nothing trained on, computed alike for both.
- `useful` counts operations on real tokens only, beside the share of what a large bf16 matrix product reaches here.
"""


def write(rows: Mapping[int, Row]) -> None:
    """Write the page from all results there are."""
    results = {
        number: json.loads(path.read_text(encoding="utf-8")) for number in rows if (path := result_of(number)).exists()
    }
    parts = [
        HEAD,
        "\n".join(_overview(rows, results)),
        *("\n".join(_section(rows[number], results.get(number))) for number in rows),
        "\n".join(_equality()),
    ]
    PAGE.write_text("\n\n".join(part.strip() for part in parts) + "\n", encoding="utf-8")


def _equality() -> list[str]:
    from benchmarks.equality import section

    path = RESULTS / "equality.json"
    if not path.exists():
        return ["## Scores: the same as Trainer's?", "", "Not measured yet: `make equality`."]
    return section(json.loads(path.read_text(encoding="utf-8")))


def result_of(number: int) -> Path:
    """Where the result of a row is kept."""
    return RESULTS / f"row-{number}.json"


def _overview(rows: Mapping[int, Row], results: Mapping[int, Any]) -> list[str]:
    lines = ["## Targets", "", "| row | what | against | target | reached | |", "|---|---|---|---|---|---|"]
    for number, row in rows.items():
        result = results.get(number)
        if result is None or not result["cases"]:
            why = "not measured" if result is None else result["why"]
            lines.append(f"| {number} | {row.title} | | | {why} | |")
            continue
        for case in result["cases"]:
            for target in (Target(**one) for one in case["targets"]):
                lines.append(
                    f"| {number} | {row.title}: {case['name']} | {_against(target)} | {_verdict(case, target)}"
                    f"{', preliminary' if _busy(result) > QUIET else ''} |"
                )
    return lines


def _against(target: Target) -> str:
    said = MEASURES.get(target.measure, target.measure)
    return f"{target.way}, {said}" if target.way else said


def _verdict(case: Mapping[str, Any], target: Target) -> str:
    found = reached(case, target)
    if found is None:
        return f"{target.least:g} | not measured | **missed**"
    enough = found.median >= target.least
    return f"{target.least:g} | {found} | {'met' if enough else '**missed**'}"


def reached(case: Mapping[str, Any], target: Target) -> Ratio | None:
    """The ratios of a target by round, or our own measure where it names no peer."""
    if target.way:
        return ratio(case["readings"], target.way, target.measure)
    values = tuple(float(one[target.measure]) for one in case["readings"].get(OURS, []) if target.measure in one)
    return Ratio(values) if values else None


def _section(row: Row, result: Mapping[str, Any] | None) -> list[str]:
    lines = [f"## {row.number}. {row.title}", "", f"{row.says[0].upper()}{row.says[1:]}.", ""]
    if result is None:
        return [*lines, f"Not measured yet: `make bench ROW={row.number}`."]
    lines += [_where(result), ""]
    if result.get("why"):
        lines += [f"**{result['why']}**", ""]
    for case in result["cases"]:
        lines += [f"### {case['name']}", ""]
        if case["note"]:
            lines += [f"{case['note'][0].upper()}{case['note'][1:]}.", ""]
        for target in (Target(**one) for one in case["targets"]):
            found = reached(case, target)
            beside = ratio(case["readings"], target.way, "wall") if target.way and target.measure == "cpu" else None
            wall = f"; by the clock {beside}" if beside else ""
            lines.append(f"- {_against(target)}: **{found or 'not measured'}**, target {target.least:g}{wall}")
        lines += [f"- {text}" for text in case["failed"]]
        lines += ["", *_table(row, case, result["ceiling"].get("bfloat16")), ""]
        lines += _shares(case)
    return lines


def _where(result: Mapping[str, Any]) -> str:
    machine = result["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    peak = ", ".join(f"{name} {value / 1e9:.0f} GF/s" for name, value in result["ceiling"].items())
    busy = _busy(result)
    quiet = "" if busy <= QUIET else f" **Preliminary: other programs kept {busy:.1f} cores busy meanwhile.**"
    changed = ", with changes" if machine["changed"] else ""
    return (
        f"{machine['machine']}; {machine['threads']} thread(s) a process; Python {machine['python']}, {versions}; "
        f"matrix product: {peak or 'not measured'}; commit {machine['commit']}{changed}; {machine['date']}; "
        f"load {machine['load']:.1f}; {result['seconds'] / 60:.1f} minutes.{quiet}"
    )


def _busy(result: Mapping[str, Any]) -> float:
    """Cores that other programs used while the row was measured."""
    found = [one for case in result["cases"] for readings in case["readings"].values() for one in readings]
    return statistics.median([one["others"] for one in found if "others" in one] or [0.0])


def _table(row: Row, case: Mapping[str, Any], ceiling: float | None) -> list[str]:
    ways = {way: readings for way, readings in case["readings"].items() if readings}
    columns = [
        name for name in row.columns if any(one.get(name) is not None for found in ways.values() for one in found)
    ]
    useful = any("flops" in one for found in ways.values() for one in found) and ceiling
    heads = [name.replace("_s", "/s").replace("_", " ") for name in columns] + (["useful"] if useful else [])
    lines = [f"| way | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for way, found in ways.items():
        cells = [_cell(name, [one[name] for one in found if one.get(name) is not None]) for name in columns]
        if useful:
            rates = [one["flops"] for one in found if "flops" in one]
            cells.append(
                f"{statistics.median(rates) / 1e9:.0f} GF/s, {statistics.median(rates) / ceiling:.0%}" if rates else ""
            )
        lines.append(f"| {way} | {' | '.join(cells)} |")
    return lines


def _cell(name: str, values: Sequence[Any]) -> str:
    if not values:
        return ""
    if isinstance(values[0], str):
        return ", ".join(dict.fromkeys(values))
    return _FORMS.get(name, _plain)(statistics.median(values))


def _plain(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


_FORMS: Mapping[str, Callable[[float], str]] = {
    "padding": lambda value: f"{value:.1%}",
    "found": lambda value: f"{value:.2%}",
    "same": lambda value: f"{value:.2%}",
    "share": lambda value: f"{value:.1%}",
    "peak": lambda value: f"{value / 2**30:.2f} GiB",
    "grown": lambda value: f"{value / 2**20:.1f} MiB",
    "wall": lambda value: f"{value:,.2f}",
    "cpu": lambda value: f"{value:,.2f}",
    "loss": lambda value: f"{value:.4f}",
    "held_out": lambda value: f"{value:.4f}",
}


def _shares(case: Mapping[str, Any]) -> list[str]:
    """Where the time goes, by the profiler."""
    profiles = {way: found["shares"] for way, found in case.get("profiles", {}).items() if found.get("shares")}
    if not profiles:
        return []
    kinds = sorted(
        {kind for shares in profiles.values() for kind in shares}, key=lambda kind: -profiles.get(OURS, {}).get(kind, 0)
    )
    lines = [
        "Where the time goes (one profiled run each):",
        "",
        f"| way | {' | '.join(kinds)} |",
        "|---" * (len(kinds) + 1) + "|",
    ]
    lines += [
        f"| {way} | {' | '.join(f'{shares.get(kind, 0):.0%}' for kind in kinds)} |" for way, shares in profiles.items()
    ]
    return [*lines, ""]
