"""Interleaved rounds, and what they say.

In: a case of a row. Out: readings by way, a list each, one a round; from these, ratios by round with median and spread.
Every round measures every way once, beginning with another one each time, so that what changes on the machine meets
them all. A row takes at most ``seconds``: no round begins that would end later, and fewer rounds are said.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.process import Failed, run
from benchmarks.row import OURS, Case, Places, Reading, Row

Readings = dict[str, list[Reading]]


def measured(
    row: Row, case: Case, places: Places, threads: int, seconds: float, rounds: int | None,
    note: Callable[[str], None],
) -> tuple[Readings, list[str]]:  # fmt: skip
    """Readings of every way, and what failed."""
    readings: Readings = {way: [] for way in case.ways}
    failed: list[str] = []
    begun = time.monotonic()
    longest = 0.0
    for number in range(min(case.rounds, rounds or case.rounds)):
        start = time.monotonic()
        if number and start - begun + longest > seconds:
            failed.append(f"{number} of {case.rounds} rounds: the time for this case ({seconds:.0f} s) was over")
            break
        ways = [way for way in case.ways if not (number and way in case.seldom)]
        turn = number % len(ways)
        for way in ways[turn:] + ways[:turn]:
            if any(text.startswith(f"{way}:") for text in failed):
                continue
            try:
                reading = run(row, way, {**case.work, "seed": number}, places, threads, max(400.0, 1.5 * seconds))
            except Failed as failure:
                failed.append(str(failure))
                note(f"   {failure}")
                continue
            readings[way].append(reading)
            note(f"   round {number + 1}  {way:24} {reading['wall']:8.2f} s wall  {reading['cpu']:8.2f} s cpu")
        again = [readings[way][-1]["elapsed"] for way in ways if way not in case.seldom and readings[way]]
        longest = max(longest, sum(again))
    return readings, failed


@dataclass(frozen=True)
class Ratio:
    """Of each round: the peer's measure divided by ours."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    def __str__(self) -> str:
        if len(self.values) == 1:
            return f"{self.median:.2f} (1 round)"
        return f"{self.median:.2f} ({min(self.values):.2f} to {max(self.values):.2f}, {len(self.values)} rounds)"


def ratio(readings: Readings, way: str, measure: str) -> Ratio | None:
    """How many times ours the peer's ``measure`` is; None where either was not measured."""
    pairs = list(zip(readings.get(way, []), readings.get(OURS, []), strict=False))
    values = tuple(
        float(peer[measure]) / float(own[measure]) for peer, own in pairs if peer.get(measure) and own.get(measure)
    )
    return Ratio(values) if values else None
