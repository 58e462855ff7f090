"""Advice as titled tables: candidates with predicted gains, and how such advice did where the answer is known.

In: ``Advice`` and ``Ranked`` values. Out: ``Section`` values and the sentences that go with them.
"""

from __future__ import annotations

from collections.abc import Sequence

from xstilts.analysis.advice import RETRIEVAL, Advice, Ranked, measure_first
from xstilts.analysis.section import Section

# A gain below this is not worth an intermediate phase, see docs/claims.md.
WORTH = 0.5


def candidates(advice: Sequence[Advice], target: str, source: str) -> Section:
    """Candidates in order of predicted gain."""
    rows = [
        (
            one.candidate.intermediate + (" (same data)" if one.candidate.shared else ""),
            f"{one.gain:+.1f}",
            f"{one.gain - one.half:+.1f} .. {one.gain + one.half:+.1f}",
            f"{one.above(0):.2f}",
            f"{one.above(WORTH):.2f}",
            str(one.trials),
            f"{one.candidate.examples:,}",
        )
        for one in advice
    ]
    return Section(
        f"Intermediate tasks for {target} with {source} (predicted gain in points)",
        ("intermediate task", "gain", "95 %", "P(gain > 0)", f"P(gain > {WORTH})", "trials", "examples"),
        tuple(rows),
        1,
        (
            "gain: over the target phase alone, mean over the target's languages. 95 %: of a new run, all doubts "
            "together.",
            "trials: measured gains of this task that the prediction rests on; 0: from related tasks only. examples: "
            "what the intermediate phase trains on.",
            "same data: the target trains on these examples anyway, so more updates on the target may do the same.",
        ),
    )


def sentence(advice: Sequence[Advice]) -> list[str]:
    """What to do, in words."""
    new = [one for one in advice if not one.candidate.shared]
    if not new:
        return ["Nothing to choose from but the target's own data."]
    best = new[0]
    chance = best.above(WORTH)
    name = best.candidate.intermediate
    found = []
    if chance < 0.5:
        found.append(
            f"Do not bother: no task is more likely than not to gain {WORTH} points "
            f"(best: {name}, {best.gain:+.1f}, P {chance:.2f})."
        )
    else:
        sure = "" if best.above(0) >= 0.95 else f"; it may also harm (P {1 - best.above(0):.2f})"
        found.append(f"Try {name}: {best.gain:+.1f} points predicted, P(gain > {WORTH}) {chance:.2f}{sure}.")
    first = measure_first(advice)
    if first is not None:
        one, worth = first
        found.append(
            f"Measure first: {one.candidate.intermediate} ({one.candidate.examples:,} examples). To know its gain "
            f"before choosing is worth {worth:.2f} points on average."
        )
    return found


def evaluation(ranked: Sequence[Ranked]) -> Section:
    """The ways of choosing on left-out targets: means, trained targets and retrieval apart."""
    rows: list[tuple[str, ...]] = []
    breaks = set()
    for matrix in dict.fromkeys(one.matrix for one in ranked):
        for kind in ("trained", RETRIEVAL):
            part = [one for one in ranked if one.matrix == matrix and one.kind == kind]
            if not part:
                continue
            breaks.add(len(rows))
            for way in dict.fromkeys(one.way for one in part):
                lines = [one for one in part if one.way == way]
                numbers = [sum(values) / len(lines) for values in zip(*(one.numbers for one in lines), strict=True)]
                covered = [one.covered for one in lines if one.covered is not None]
                inside = f"{sum(covered) / len(covered):.0%}" if covered else ""
                rows.append((matrix, kind, str(len(lines)), way, *(f"{number:.3f}" for number in numbers), inside))
    return Section(
        "Advice on targets that were left out",
        ("gains of", "targets", "number", "way of choosing", "regret@1", "regret@3", "NDCG", "inside"),
        tuple(rows),
        4,
        (
            "Each target is left out in turn, with all targets that train on the same data (XQuAD and MLQA together), "
            "and its intermediate tasks are ranked from what is left.",
            "regret@k: by how many percent the best of the first k falls short of the best score; smaller is better. "
            "NDCG: 1 is the right order (relevance: gain less the least gain). Means over targets.",
            "inside: share of the left-out gains in the predicted 95 % intervals.",
            "best average: of the other targets, trained or retrieval. random: exact expectation over all orders. Ties "
            "(always ...) are averaged.",
            "A way is missing where fewer than three comparable trials are left. With so few targets, differences "
            "between the better ways are not established.",
        ),
        frozenset(breaks - {0}),
    )
