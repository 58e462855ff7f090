"""What is both trained on and scored, and what was left out of training for it, as sections of a report.

In: a plan, with its ``Overlap`` values. Out: ``Section`` values with counts, how the sets are related, and examples.
"""

from __future__ import annotations

from collections.abc import Sequence

from xstilts.analysis.section import Section
from xstilts.study.job import Rows, Train
from xstilts.study.manifest import Plan
from xstilts.study.overlap import Overlap, numbers_in

EXAMPLES = 3  # of each pair of sets


def overlap_section(overlaps: Sequence[Overlap]) -> Section:
    """One row a pair of sets that meet or are related; empty where none do."""
    rows = tuple(
        (
            f"{one.trained} ({', '.join(one.phases) or one.trained_split})",
            f"{one.scored} ({one.split})",
            f"{one.equal:,}",
            "?" if one.near is None else f"{one.near:,}",
            f"{one.elsewhere:,}",
            f"{one.rows:,}",
            f"{one.trained_met:,}",
        )
        for one in overlaps
    )
    return Section(
        "Trained on and scored (rows)",
        ("trained on", "scored", "equal", "near", "elsewhere", "of", "trained rows"),
        rows,
        2,
        tuple(_notes(overlaps)),
    )


def excluded_section(plan: Plan) -> Section:
    """Training rows that the study leaves out because they meet scored ones; empty where it leaves out none."""
    search = plan.of_search()  # what its trials hold out is trained on later
    used = {
        rows
        for key, job in plan.jobs.items()
        if isinstance(job, Train) and key not in search
        for rows in (*(rows for share in job.shares for rows in share.data), *_vocabulary(job))
        if rows.without
    }
    rows: dict[tuple[str, str], list[tuple[str, int, int]]] = {}
    for one in sorted(used, key=lambda one: (one.task, one.language)):
        less = len(numbers_in(one.without))
        rows.setdefault((one.task, one.split), []).append((one.language, less, one.rows + less))
    return Section(
        "Left out of training, because it is scored (rows)",
        ("trained on", "languages", "left out", "of"),
        tuple(
            (
                f"{task} ({split})",
                " ".join(code for code, _, _ in found),
                f"{sum(less for _, less, _ in found):,}",
                f"{sum(whole for _, _, whole in found):,}",
            )
            for (task, split), found in rows.items()
        ),
        2,
    )


def _vocabulary(job: Train) -> tuple[Rows, ...]:
    made = job.start.vocabulary
    return (*made.text, *made.alignment) if made else ()


def _notes(overlaps: Sequence[Overlap]) -> list[str]:
    notes = [
        "equal: scored rows with a text that is trained on, whatever case and punctuation. near: nearly such a text.",
        "elsewhere: rows whose translation into another language is trained on, or nearly. of: scored rows compared.",
    ]
    if any(one.near is None for one in overlaps):
        notes.append("?: not looked for, because it takes longer; xstilts data check --overlap does, without --exact.")
    if any(one.met for one in overlaps):
        notes.append('Training rows that meet scored ones can be left out: exclude_overlap = "equal", or "near".')
    notes += dict.fromkeys(f"related: {one.lineage}." for one in overlaps if one.lineage)
    shown: set[str] = set()  # the same rows may meet those of several tasks
    for one in overlaps:
        new = [meeting for meeting in one.meetings[:EXAMPLES] if meeting.text not in shown]
        shown |= {meeting.text for meeting in new}
        if new:
            notes.append(f"{one.trained} ({one.trained_split}) and {one.scored} ({one.split}), in {one.where}:")
            notes += [f"  {meeting.line()}" for meeting in new]
    return notes
