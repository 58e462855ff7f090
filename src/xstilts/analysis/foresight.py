"""What a planned study can find out: the smallest gain it detects, from its seeds and what is known of their spread.

In: a plan and the table of its results so far (a pilot, or nothing). Out: ``Detectable``, and its sentences.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from xstilts.analysis import gains
from xstilts.analysis.power import item_error, seeds_for, smallest_effect
from xstilts.study.evidence import Evidence
from xstilts.study.manifest import Plan

PILOT = 3  # seeds that an observed spread needs
DISCORDANT = 0.10  # of the test examples, right in one of two models only: what large test sets show (methods, 7.5)


@dataclass(frozen=True)
class Detectable:
    """``effect``: the smallest gain in standard deviations of an arm's average gain over seeds (None: one seed).
    ``deviation``: that standard deviation in points, ``source`` where it is from; None where nobody knows it.
    ``points``: the two multiplied. ``seeds_needed``: for ``of_interest`` points. ``examples``: the fewest that one
    language of a target is scored on, ``item_error`` what their choice leaves open in points, whatever the seeds.
    """

    seeds: int
    seeds_wanted: int
    power: float
    effect: float | None
    deviation: float | None
    source: str
    points: float | None
    of_interest: float
    seeds_needed: int | None
    examples: int
    item_error: float

    def lines(self) -> list[str]:
        """The sentences a plan prints."""
        if self.effect is None:
            return ["smallest gain: none can be told from chance with one seed, which shows no spread"]
        lines = [
            f"smallest gain that {self.seeds} seeds detect (paired, 5 % two-sided, power {100 * self.power:.0f} %):"
        ]
        if self.deviation is None or self.points is None:
            lines.append(
                f"  {self.effect:.2f} standard deviations of an arm's average gain over seeds; in points once "
                f"{PILOT} seeds are done, or with `deviation` in [evidence]"
            )
        else:
            lines.append(f"  {self.points:.2f} points on an average (standard deviation over seeds: {self.source})")
            if self.deviation:
                needed = f"{self.seeds_needed} seeds" if self.seeds_needed else "more seeds than anyone runs"
                lines.append(f"  a gain of {self.of_interest:g} points, the smallest of interest, needs {needed}")
        lines.append(
            f"  in one language, {self.examples:,} test examples leave a standard error of "
            f"{self.item_error:.1f} points, whatever the seeds (if {100 * DISCORDANT:.0f} % of them are right "
            "in one of two models only)"
        )
        if self.seeds < self.seeds_wanted:
            lines.append(f'  fewer than {self.seeds_wanted} seeds: verdicts will be "undecided"')
        return lines


def detectable(plan: Plan, frame: pl.DataFrame) -> Detectable | None:
    """What ``plan`` can detect, given its results so far; None where it compares nothing."""
    if not plan.cells or all(cell.baseline in (None, cell.score) for cell in plan.cells):
        return None
    evidence = Evidence.model_validate(plan.evidence)
    seeds = len({cell.seed for cell in plan.cells})
    effect = smallest_effect(seeds, evidence.power)
    deviation, source = observed(gains.averages(frame))
    if deviation is None and evidence.deviation is not None:
        deviation, source = evidence.deviation, f"{evidence.deviation:g} points, as [evidence] expects"
    needed = seeds_for(evidence.gain / deviation, evidence.power) if deviation else None
    examples = min(cell.examples for cell in plan.cells)
    return Detectable(
        seeds=seeds,
        seeds_wanted=evidence.seeds,
        power=evidence.power,
        effect=effect,
        deviation=deviation,
        source=source,
        points=None if effect is None or deviation is None else effect * deviation,
        of_interest=evidence.gain,
        seeds_needed=needed,
        examples=examples,
        item_error=item_error(max(examples, 1), DISCORDANT),
    )


def observed(lines: Sequence[gains.Summary]) -> tuple[float | None, str]:
    """The pooled standard deviation over seeds of the arms' average gains (self-pairs left out), and how it is known;
    None below three seeds.
    """
    used = [
        one.gain
        for one in lines
        if one.values["self_pairs"] == "without"
        and one.values["retrieval"] == "with"
        and one.gain.deviation is not None
        and one.gain.units >= PILOT
    ]
    if not used:
        return None, ""
    degrees = sum(one.units - 1 for one in used)
    found = math.sqrt(sum((one.units - 1) * (one.deviation or 0.0) ** 2 for one in used) / degrees)
    seeds = min(one.units for one in used)
    return found, f"{found:.2f} points, seen in {len(used)} arms with {seeds} seeds"
